using System.Security.Cryptography;
using System.Text;

namespace Pilothouse.Configuration;

/// <summary>
/// Reads the <c>.env</c> file by the rules of python-dotenv (export, quotes, comments, the last line wins), as existing files follow them.
/// </summary>
internal static class EnvFile
{
    private const string Mine = "Written by Pilothouse at its first start. Keep this file secret.";

    /// <summary>Returns the values of the file; none if it does not exist.</summary>
    /// <exception cref="SettingsException">The file exists but cannot be read.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        var values = new Dictionary<string, string>();
        if (!File.Exists(path))
        {
            return values;
        }

        try
        {
            foreach (var line in File.ReadLines(path))
            {
                if (Parse(line) is var (name, value))
                {
                    values[name] = value;
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"{Path.GetFullPath(path)} cannot be read: {error.Message} Start as the user that owns it."]);
        }

        return values;
    }

    /// <summary>
    /// Returns the values of <c>.env</c> and of a file beside it, such as the one that the Debian package keeps in /etc. Neither wins over the
    /// other: whoever changes one of two values would not see that the other one counts.
    /// </summary>
    /// <param name="path">The path of <c>.env</c>, which need not exist.</param>
    /// <param name="beside">The path of the other file, which must exist; null or empty for none.</param>
    /// <exception cref="SettingsException">A file cannot be read, or both set one name to different values.</exception>
    public static Dictionary<string, string> ReadBoth(string path, string? beside)
    {
        var values = Read(path);
        if (beside is not { Length: > 0 })
        {
            return values;
        }

        if (!File.Exists(beside))
        {
            throw new SettingsException([$"SETTINGS_FILE={beside}: there is no such file, or this user may not look there."]);
        }

        var problems = new List<string>();
        foreach (var (name, value) in Read(beside).Where(static entry => entry.Value.Length > 0))
        {
            if (values.TryGetValue(name, out var other) && other.Length > 0 && other != value)
            {
                problems.Add($"{name} has one value in {Path.GetFullPath(path)} and another one in {beside}. Remove one of the two lines.");
            }

            values[name] = value;
        }

        return problems.Count == 0 ? values : throw new SettingsException(problems);
    }

    /// <summary>
    /// Makes sure that there are a PIN and a secret. A missing one is made at random and written to the file, whose other lines stay as
    /// they are.
    /// </summary>
    /// <returns>The PIN, if this call made it.</returns>
    public static string? AddMissingSecrets(string path, Dictionary<string, string> values)
    {
        var lines = new List<string>();
        string? pin = null;
        if (IsMissing(values, "BOT_CONTROL_PIN"))
        {
            pin = RandomPin();
            lines.Add($"BOT_CONTROL_PIN={pin}");
        }

        if (IsMissing(values, "JWT_SECRET_KEY"))
        {
            lines.Add($"JWT_SECRET_KEY={Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}");
        }

        if (lines.Count == 0)
        {
            return null;
        }

        var isNew = new FileInfo(path) is not { Exists: true, Length: > 0 };
        if (isNew && IsMissing(values, "CORS_ORIGINS"))
        {
            lines.Add("CORS_ORIGINS=http://localhost:5000");
        }

        Append(path, lines, isNew);
        lines.ForEach(line => values[line[..line.IndexOf('=', StringComparison.Ordinal)]] = line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        return pin;
    }

    /// <summary>Returns the name and the value of a line; null for a comment, an empty line and a line without a value.</summary>
    internal static (string Name, string Value)? Parse(string line)
    {
        var text = line.Trim();
        if (text.StartsWith("export ", StringComparison.Ordinal))
        {
            text = text[7..].TrimStart();
        }

        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || text[0] == '#')
        {
            return null;
        }

        return (text[..equals].TrimEnd(), Value(text[(equals + 1)..]));
    }

    private static string Value(string text)
    {
        var trimmed = text.TrimStart();
        if (trimmed.Length > 1 && trimmed[0] is '"' or '\'' && Quoted(trimmed) is { } quoted)
        {
            return quoted;
        }

        // A # begins a comment only after white space; elsewhere, also at the beginning, it is part of the value.
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '#' && char.IsWhiteSpace(text[i - 1]))
            {
                return text[..i].Trim();
            }
        }

        return text.Trim();
    }

    /// <summary>
    /// Returns the text inside the quotes, in which a backslash escapes a quote or a backslash; null if the closing quote is missing.
    /// </summary>
    private static string? Quoted(string text)
    {
        var value = new StringBuilder();
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == text[0])
            {
                return value.ToString();
            }

            if (text[i] == '\\' && i + 1 < text.Length && (text[i + 1] is '\\' or '\'' || (text[0] == '"' && text[i + 1] is '"' or 'n' or 'r' or 't')))
            {
                i++;
                value.Append(text[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', var c => c });
            }
            else
            {
                value.Append(text[i]);
            }
        }

        return null;
    }

    private static bool IsMissing(Dictionary<string, string> values, string name) => !values.TryGetValue(name, out var value) || value.Trim().Length == 0;

    /// <summary>Returns six random digits that are not among the PINs that people guess first.</summary>
    private static string RandomPin()
    {
        string pin;
        do
        {
            pin = RandomNumberGenerator.GetInt32(1_000_000).ToString("D6", System.Globalization.CultureInfo.InvariantCulture);
        }
        while (PinJudge.Judge(pin) != PinStrength.Good);
        return pin;
    }

    /// <summary>
    /// Writes all of the text, or cuts the file back: a full disk must not leave half a secret behind. The stream must not be buffered, as
    /// it would write the rest again before the file is cut.
    /// </summary>
    private static void WriteWholly(FileStream file, byte[] text)
    {
        var before = file.Length;
        try
        {
            file.Write(text);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            file.SetLength(before);
            throw;
        }
    }

    private static void Append(string path, List<string> lines, bool isNew)
    {
        var text = new StringBuilder();
        if (!isNew && !EndsWithNewLine(path))
        {
            text.Append('\n');
        }

        text.Append("# ").Append(Mine).Append('\n').AppendJoin('\n', lines).Append('\n');
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, BufferSize = 0 };
        if (isNew && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using var file = new FileStream(path, options);
            if (!OperatingSystem.IsWindows())
            {
                // A copy of .env.example can be read by everybody, and now secrets are written into it.
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            WriteWholly(file, Encoding.UTF8.GetBytes(text.ToString()));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException(
                [$"{Path.GetFullPath(path)} cannot be written: {error.Message} Make room, and the folder writable, for the first start, or set BOT_CONTROL_PIN and JWT_SECRET_KEY in the environment."]);
        }
    }

    private static bool EndsWithNewLine(string path)
    {
        using var file = File.OpenRead(path);
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() == '\n';
    }
}
