using System.Globalization;
using System.Text.RegularExpressions;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Deployment;

/// <summary>The shipped units, as systemd's own tools judge them.</summary>
public sealed partial class SystemdTests
{
    private const string Analyze = "/usr/bin/systemd-analyze";
    private const double HighestExposure = 2.5;

    public static TheoryData<string> Units => [.. Directory.EnumerateFiles(Repository.PathOf("deploy", "systemd"), "*.service").Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static void SkipWhereMissing() => Assert.SkipUnless(File.Exists(Analyze), "systemd-analyze is not installed (Debian: apt-get install systemd).");

    [Theory]
    [MemberData(nameof(Units))]
    public async Task A_unit_has_no_mistake(string unit)
    {
        SkipWhereMissing();
        using var folder = new TemporaryFolder();
        var copy = await CopyAsync(unit, folder);
        var (code, output, error) = await Tool.RunAsync(Analyze, ["verify", "--man=no", copy]);
        Assert.True(code == 0 && (output + error).Trim().Length == 0, $"{code}: {output}{error}");
    }

    /// <summary>Shows that the test above can fail.</summary>
    [Fact]
    public async Task A_mistake_would_be_found()
    {
        SkipWhereMissing();
        using var folder = new TemporaryFolder();
        var copy = await CopyAsync("pilothouse.service", folder);
        await File.AppendAllTextAsync(copy, "\n[Service]\nProtectSytem=strict\n");
        var (_, output, error) = await Tool.RunAsync(Analyze, ["verify", "--man=no", copy]);
        Assert.Contains("ProtectSytem", output + error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Units))]
    public async Task A_unit_exposes_little(string unit)
    {
        SkipWhereMissing();
        using var folder = new TemporaryFolder();
        var (_, output, error) = await Tool.RunAsync(Analyze, ["security", "--offline=true", "--no-pager", await CopyAsync(unit, folder)]);
        var found = Exposure().Match(output);
        Assert.True(found.Success, output + error);
        Assert.InRange(double.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture), 0.1, HighestExposure);
    }

    [Fact]
    public void Every_unit_is_closed_alike()
    {
        var closed = Units.Select(static unit => Hardening().Match(File.ReadAllText(Repository.PathOf("deploy", "systemd", (string)unit.Data))).Value).ToList();
        Assert.True(closed.Count > 1 && closed[0].Length > 500);
        Assert.Single(closed.Distinct());
    }

    [Fact]
    public async Task Users_and_folders_are_made_with_the_rights_that_bots_need()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-tmpfiles") && Environment.UserName == "root", "It needs systemd-tmpfiles, and root for the owners.");
        using var root = new TemporaryFolder();
        Directory.CreateDirectory(root.File("etc/sysusers.d"));
        Directory.CreateDirectory(root.File("etc/tmpfiles.d"));
        File.Copy(Repository.PathOf("deploy", "systemd", "pilothouse.sysusers"), root.File("etc/sysusers.d/pilothouse.conf"));
        File.Copy(Repository.PathOf("deploy", "systemd", "pilothouse.tmpfiles"), root.File("etc/tmpfiles.d/pilothouse.conf"));
        await RunAsync("systemd-sysusers", $"--root={root.Path}", "pilothouse.conf");
        await RunAsync("systemd-tmpfiles", $"--root={root.Path}", "--create", "pilothouse.conf");
        Assert.False(File.Exists(root.File("var/lib/pilothouse/data/trading_bot.db")));

        // A restore leaves the file with these rights if there was none before.
        await File.WriteAllTextAsync(root.File("var/lib/pilothouse/data/trading_bot.db"), "");
        await RunAsync("chmod", "600", root.File("var/lib/pilothouse/data/trading_bot.db"));
        await RunAsync("chown", "--reference", root.File("var/lib/pilothouse/data"), root.File("var/lib/pilothouse/data/trading_bot.db"));
        await RunAsync("systemd-tmpfiles", $"--root={root.Path}", "--create", "pilothouse.conf");
        var owner = (await File.ReadAllLinesAsync(root.File("etc/passwd"))).Single(static line => line.StartsWith("pilothouse:", StringComparison.Ordinal)).Split(':');
        Assert.Equal("/usr/sbin/nologin", owner[6]);
        foreach (var (path, mode) in new[] { ("var/lib/pilothouse", "750"), ("var/lib/pilothouse/data", "2770"), ("var/lib/pilothouse/data/trading_bot.db", "660"), ("var/log/pilothouse", "750"), ("var/backups/pilothouse", "700") })
        {
            var (_, found, _) = await Tool.RunAsync("stat", ["-c", "%a %u %g", root.File(path)]);
            Assert.Equal($"{mode} {owner[2]} {owner[3]}", found.Trim());
        }
    }

    /// <summary>With the rights that the folders and the unit's umask give, a bot of the group writes beside the server.</summary>
    [Fact]
    public async Task A_bot_of_the_group_reads_and_writes_the_file_and_nothing_else()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can be other users.");
        using var folder = new TemporaryFolder();
        var data = Directory.CreateDirectory(folder.File("data")).FullName;
        var database = Path.Combine(data, "trading_bot.db");
        await File.WriteAllTextAsync(database, "");
        await ShellAsync($"chown -R 4711:4711 {folder.Path}; chmod 750 {folder.Path}; chmod 2770 {data}; chmod 660 {database}");
        var server = $"umask 007; cd {folder.Path}; exec setpriv --reuid 4711 --regid 4711 --clear-groups ";
        var bot = "umask 022; exec setpriv --reuid 4712 --regid 4712 --groups 4711 ";
        await ShellAsync($"printf 'secret' >{folder.File(".env")}; chmod 600 {folder.File(".env")}; chown 4711 {folder.File(".env")}");
        await ShellAsync($"{server} sqlite3 {database} 'PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1)'");

        // The bot is the first to open it, so that -wal and -shm are its files, and holds it while the server writes.
        using (var holder = Tool.Start("bash", ["-c", $"{bot} sqlite3 {database}"]))
        {
            await holder.StandardInput.WriteLineAsync("INSERT INTO t VALUES (2); SELECT 'held';");
            await holder.StandardInput.FlushAsync();
            Assert.Equal("held", await holder.StandardOutput.ReadLineAsync());
            Assert.Equal("660 4712 4711", (await ShellAsync($"stat -c '%a %u %g' {database}-wal")).Trim());
            await ShellAsync($"{server} sqlite3 {database} 'INSERT INTO t VALUES (3)'");
            holder.StandardInput.Close();
            await holder.WaitForExitAsync();
        }

        Assert.Equal("3", (await ShellAsync($"{bot} sqlite3 {database} 'SELECT count(*) FROM t'")).Trim());
        await Assert.ThrowsAnyAsync<Exception>(() => ShellAsync($"{bot} cat {folder.File(".env")}"));
        await Assert.ThrowsAnyAsync<Exception>(() => ShellAsync($"{bot} touch {folder.File("other")}"));
        await Assert.ThrowsAnyAsync<Exception>(() => ShellAsync($"setpriv --reuid 4713 --regid 4713 --clear-groups cat {database}"));
    }

    private static async Task<string> ShellAsync(string script)
    {
        var (code, output, error) = await Tool.RunAsync("bash", ["-c", script]);
        Assert.True(code == 0, $"{script}: {error}");
        return output;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var (code, output, error) = await Tool.RunAsync(program, arguments);
        Assert.True(code == 0, output + error);
    }

    /// <summary>verify wants the program to be there; nothing else is changed.</summary>
    private static async Task<string> CopyAsync(string unit, TemporaryFolder folder)
    {
        var text = await File.ReadAllTextAsync(Repository.PathOf("deploy", "systemd", unit));
        Assert.Contains("ExecStart=/opt/pilothouse/pilothouse ", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder.File(unit), text.Replace("ExecStart=/opt/pilothouse/pilothouse ", "ExecStart=/bin/true ", StringComparison.Ordinal));
        return folder.File(unit);
    }

    [GeneratedRegex(@"Overall exposure level for \S+: ([\d.]+)")]
    private static partial Regex Exposure();

    [GeneratedRegex(@"^# --- What it may touch.*?(?=^\[Install\])", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Hardening();
}
