using Pilothouse.Configuration;
using Pilothouse.Storage.Files;

namespace Pilothouse.Checklist;

/// <summary>Checks the PIN, the secret, and the file that holds them.</summary>
internal static class SecretChecks
{
    public static IEnumerable<Finding> Look(Settings settings, Surroundings here) => [Mode(settings), Pin(settings.Pin), Secret(settings), EnvFile(settings, here), .. SettingsFile(here)];

    private static Finding Mode(Settings settings) => settings.IsProduction
        ? Finding.Green("environment", "FLASK_ENV is production.")
        : Finding.Red("environment", $"{(settings.AspNetEnvironment.Length > 0 ? $"ASPNETCORE_ENVIRONMENT is {settings.AspNetEnvironment}" : $"FLASK_ENV is {settings.Environment}")}: sample secrets would be accepted.", "Set FLASK_ENV=production.");

    internal static Finding Pin(string pin)
    {
        const string Change = "Delete the line BOT_CONTROL_PIN in .env and start the server anew: it writes a random one.";
        if (pin.Length == 0)
        {
            return Finding.Green("pin", "There is none yet; the first start writes a random one into .env.");
        }

        return PinHash.IsHash(pin) ? Finding.Green("pin", "It is stored as a hash.") : PinJudge.Judge(pin) switch
        {
            PinStrength.Trivial => Finding.Red("pin", "It is a row or a repetition of digits, among the first that anybody tries.", Change),
            PinStrength.LooksLikeADate => Finding.Yellow("pin", "It can be read as a date.", $"If it is one that somebody may know of you: {Change}"),
            _ => Finding.Green("pin", "Six digits that are neither a row nor a date."),
        };
    }

    private static Finding Secret(Settings settings)
    {
        const string Change = "Set JWT_SECRET_KEY to what `openssl rand -hex 32` prints. Every session and every API key ends by it: make new keys.";
        var secret = settings.JwtSecret;
        if (secret.Length == 0)
        {
            return Finding.Green("jwt-secret", "There is none yet; the first start writes a random one into .env.");
        }

        // 32 random hex digits have 14 different ones on average. Words and patterns of 32 characters have few different characters, or
        // repeat.
        var repeats = Enumerable.Range(1, secret.Length / 2).Any(length => secret.Select((c, i) => c == secret[i % length]).All(static same => same));
        string[] samples = ["secret", "change", "example", "password", "your-", "default"];
        return repeats || secret.Distinct().Count() < 10 ? Finding.Red("jwt-secret", "It is long, but repeats itself.", Change)
            : samples.Any(word => secret.Contains(word, StringComparison.OrdinalIgnoreCase)) ? Finding.Red("jwt-secret", "It has a word of an example in it.", Change)
            : Finding.Green("jwt-secret", "Long, and not one that everybody knows.");
    }

    private static Finding EnvFile(Settings settings, Surroundings here)
    {
        var path = here.EnvFile;
        if (!File.Exists(path) || OperatingSystem.IsWindows())
        {
            return Finding.Green("env-file", File.Exists(path) ? ".env is there." : "There is no .env; what is not in the environment has its default.");
        }

        var mode = File.GetUnixFileMode(path);
        if ((mode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
        {
            return Finding.Red("env-file", $".env has mode {Convert.ToString((int)mode, 8)}: others than its owner may {((mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0 ? "change" : "read")} the PIN and the secret.", $"chmod 600 {path}");
        }

        return FileStatus.Of(path)?.User is { } mine && FileStatus.Of(settings.DatabasePath)?.User is { } other && mine != other
            ? Finding.Red("env-file", ".env and the database belong to different users: the server can read one of them at most, unless it runs as root.", $"chown --reference={settings.DatabasePath} {path}")
            : Finding.Green("env-file", ".env can be read by its owner only.");
    }

    /// <summary>The second file of settings, which a package's administrator writes and the server's group reads.</summary>
    private static IEnumerable<Finding> SettingsFile(Surroundings here)
    {
        if (here.SettingsFile is not { } path || !File.Exists(path) || OperatingSystem.IsWindows())
        {
            yield break;
        }

        const UnixFileMode NotForOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        var mode = File.GetUnixFileMode(path);
        yield return (mode & NotForOthers) == 0
            ? Finding.Green("settings-file", "SETTINGS_FILE can be changed by its owner only, and read by its group.")
            : Finding.Red("settings-file", $"{path} has mode {Convert.ToString((int)mode, 8)}: {((mode & UnixFileMode.OtherRead) != 0 ? "everybody on this machine may read" : "others than its owner may change")} what is set there.", $"chmod 640 {path}");
    }
}
