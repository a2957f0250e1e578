using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pilothouse.Checklist;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Checklist;

/// <summary>Each line of the checklist, good and bad.</summary>
public sealed class ChecklistTests
{
    private const string OneDisk = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n";

    private static Surroundings Here(TemporaryFolder folder, string mounts = OneDisk, bool? clockIsKept = true, string? python = null, DateTimeOffset? now = null) =>
        new(now ?? TimeProvider.System.GetUtcNow(), clockIsKept, python, new Mounts(mounts), folder.File(".env"));

    private static void Same(string light, Finding finding) =>
        Assert.True(light == finding.Light.ToString() && (light == "Green") == (finding.ToDo is null), finding.ToString());

    [Theory]
    [InlineData("https", "Green")]
    [InlineData("https", "Green", "FORCE_HTTPS=true", "TRUSTED_PROXIES=127.0.0.1")]
    [InlineData("https", "Red", "TRUSTED_PROXIES=127.0.0.1")]
    [InlineData("https", "Red", "MCP_SERVER_HOST=0.0.0.0", "REQUIRE_AUTH_FOR_READS=true")]
    [InlineData("address", "Green")]
    [InlineData("address", "Green", "MCP_SERVER_HOST=::1")]
    [InlineData("address", "Yellow", "MCP_SERVER_HOST=0.0.0.0", "REQUIRE_AUTH_FOR_READS=false")]
    [InlineData("address", "Yellow", "MCP_SERVER_HOST=0.0.0.0", "REQUIRE_AUTH_FOR_READS=true", "TRUSTED_PROXIES=127.0.0.1")]
    [InlineData("host-names", "Green", "ALLOWED_HOSTS=bots.example.com")]
    [InlineData("host-names", "Yellow", "ALLOWED_HOSTS=*")]
    [InlineData("host-names", "Yellow", "TRUSTED_PROXIES=127.0.0.1")]
    [InlineData("ip-allowlist", "Green")]
    [InlineData("ip-allowlist", "Green", "IP_ALLOWLIST=192.168.0.0/16,2001:db8::/48")]
    [InlineData("ip-allowlist", "Yellow", "IP_ALLOWLIST=192.168.0.0/16,64.0.0.0/4")]
    [InlineData("trusted-proxies", "Green", "TRUSTED_PROXIES=127.0.0.1")]
    [InlineData("trusted-proxies", "Yellow", "TRUSTED_PROXIES=0.0.0.0/1")]
    [InlineData("cors", "Green", "CORS_ORIGINS=http://localhost:5000,https://dashboard.example.com")]
    [InlineData("cors", "Yellow", "CORS_ORIGINS=http://dashboard.example.com")]
    [InlineData("cors", "Red", "CORS_ORIGINS=*")]
    [InlineData("rate-limits", "Green", "RATE_LIMIT_ENABLED=true")]
    [InlineData("rate-limits", "Red", "RATE_LIMIT_ENABLED=false")]
    [InlineData("environment", "Green", "FLASK_ENV=production")]
    [InlineData("environment", "Red", "FLASK_ENV=development")]
    [InlineData("environment", "Red", "ASPNETCORE_ENVIRONMENT=Development")]
    [InlineData("jwt-secret", "Green", "JWT_SECRET_KEY=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("jwt-secret", "Red", "JWT_SECRET_KEY=abcdefghijklabcdefghijklabcdefghijklabcdefghijkl")]
    [InlineData("jwt-secret", "Red", "JWT_SECRET_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")]
    [InlineData("jwt-secret", "Red", "JWT_SECRET_KEY=my-very-own-JWT-Secret-for-2026-xyz!")]
    [InlineData("backup-schedule", "Green")]
    [InlineData("backup-schedule", "Yellow", "ENABLE_AUTO_BACKUP=false")]
    [InlineData("backup-schedule", "Yellow", "MAX_BACKUPS=1")]
    [InlineData("logs", "Yellow", "LOG_LEVEL=DEBUG")]
    public void A_setting_is_judged(string name, string light, params string[] settings)
    {
        using var folder = new TemporaryFolder();
        var read = TestServer.SettingsFor(folder, [.. settings.Select(static setting => (setting.Split('=')[0], setting.Split('=', 2)[1]))]);
        var here = Here(folder);
        Finding[] all = [.. SecretChecks.Look(read, here), .. DoorChecks.Look(read), .. BackupChecks.Look(read, here, TimeProvider.System), .. FileChecks.Look(read, here)];
        Same(light, all.Single(finding => finding.Name == name));
    }

    [Theory]
    [InlineData("Green", "")]
    [InlineData("Green", "749162")]
    [InlineData("Green", "$pbkdf2-sha256$600000$c2FsdHNhbHQ=$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("Red", "123456")]
    [InlineData("Red", "987654")]
    [InlineData("Red", "890123")]
    [InlineData("Red", "777777")]
    [InlineData("Red", "121212")]
    [InlineData("Red", "274274")]
    [InlineData("Red", "448866")]
    [InlineData("Red", "379973")]
    [InlineData("Red", "123987")]
    [InlineData("Red", "246802")]
    [InlineData("Red", "955599")]
    [InlineData("Yellow", "240681")]
    [InlineData("Yellow", "062481")]
    [InlineData("Yellow", "810624")]
    [InlineData("Yellow", "198406")]
    [InlineData("Yellow", "061984")]
    public void A_PIN_that_people_choose_is_told(string light, string pin)
    {
        var finding = SecretChecks.Pin(pin);
        Same(light, finding);
        Assert.True(pin.Length == 0 || !(finding.Found + finding.ToDo).Contains(pin, StringComparison.Ordinal));
    }

    [Fact]
    public void The_PIN_that_the_first_start_makes_is_a_good_one()
    {
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 200; i++)
        {
            File.Delete(folder.File(".env"));
            Same("Green", SecretChecks.Pin(EnvFile.AddMissingSecrets(folder.File(".env"), [])!));
        }
    }

    [Theory]
    [InlineData("600", "Green")]
    [InlineData("400", "Green")]
    [InlineData("640", "Red")]
    [InlineData("604", "Red")]
    [InlineData("620", "Red")]
    public async Task The_env_file_belongs_to_its_owner_alone(string mode, string light)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File(".env"), "");
        await Tool.RunAsync("chmod", [mode, folder.File(".env")]);
        Same(light, SecretChecks.Look(TestServer.SettingsFor(folder), Here(folder)).Single(static finding => finding.Name == "env-file"));
    }

    [Theory]
    [InlineData("640", "Green")]
    [InlineData("600", "Green")]
    [InlineData("644", "Red")]
    [InlineData("660", "Red")]
    [InlineData("642", "Red")]
    public async Task The_second_file_of_settings_is_read_by_its_group_at_most(string mode, string light)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("pilothouse.env"), "SMTP_PASSWORD=x");
        await Tool.RunAsync("chmod", [mode, folder.File("pilothouse.env")]);
        var here = Here(folder) with { SettingsFile = folder.File("pilothouse.env") };
        Same(light, SecretChecks.Look(TestServer.SettingsFor(folder), here).Single(static finding => finding.Name == "settings-file"));
    }

    [Fact]
    public async Task An_env_file_of_another_user_than_the_databases_is_red()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can give files away.");
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { ".env", "trading_bot.db" })
        {
            await File.WriteAllTextAsync(folder.File(name), "");
            await Tool.RunAsync("chmod", ["600", folder.File(name)]);
        }

        await Tool.RunAsync("chown", ["4711", folder.File("trading_bot.db")]);
        Same("Red", SecretChecks.Look(TestServer.SettingsFor(folder), Here(folder)).Single(static finding => finding.Name == "env-file"));
    }

    [Theory]
    [InlineData("700", "644", "Green", "Green")]
    [InlineData("755", "640", "Green", "Green")]
    [InlineData("755", "644", "Red", "Yellow")]
    [InlineData("755", "666", "Red", "Yellow")]
    public async Task Files_that_others_can_reach_are_told(string folderMode, string fileMode, string data, string logs)
    {
        using var folder = new TemporaryFolder();
        var settings = TestServer.SettingsFor(folder);
        foreach (var path in new[] { settings.DatabasePath, Path.Combine(settings.BackupDir, "trading_bot_backup_20260101_020000.db.gz"), Path.Combine(settings.LogDir, "mcp_server-20260101.log") })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, "x");
            await Tool.RunAsync("chmod", [fileMode, path]);
        }

        await Tool.RunAsync("chmod", ["755", settings.BackupDir, settings.LogDir]);
        await Tool.RunAsync("chmod", [folderMode, folder.Path]);
        var found = FileChecks.Look(settings, Here(folder)).ToLookup(static finding => finding.Name);
        Same(data, found["data-rights"].Single());
        Same(logs, found["log-rights"].Single());
    }

    [Theory]
    [InlineData("ext4", "Green")]
    [InlineData("xfs", "Green")]
    [InlineData("fuseblk", "Green")]
    [InlineData("nfs4", "Red")]
    [InlineData("cifs", "Red")]
    [InlineData("fuse.sshfs", "Red")]
    [InlineData("tmpfs", "Red")]
    [InlineData("overlay", "Yellow")]
    public void What_holds_the_database_is_judged(string type, string light)
    {
        using var folder = new TemporaryFolder();
        var here = Here(folder, $"{OneDisk}30 21 0:40 / {folder.Path} rw,relatime shared:5 - {type} server:/share rw\n");
        Same(light, FileChecks.Look(TestServer.SettingsFor(folder), here).Single(static finding => finding.Name == "file-system"));
    }

    [Fact]
    public void Backups_belong_on_another_disk()
    {
        using var folder = new TemporaryFolder();
        var settings = TestServer.SettingsFor(folder);
        Finding Place(string mounts) => BackupChecks.Look(settings, Here(folder, mounts), TimeProvider.System).Single(static finding => finding.Name == "backup-place");
        Same("Yellow", Place(OneDisk));
        Same("Green", Place($"{OneDisk}30 21 8:17 / {settings.BackupDir} rw - ext4 /dev/sdb1 rw\n"));
        Same("Yellow", Place($"{OneDisk}30 21 8:1 /b {settings.BackupDir} rw - ext4 /dev/sda1 rw\n"));

        // A link leads to the other disk, or back.
        var link = folder.File("link");
        File.CreateSymbolicLink(link, settings.BackupDir);
        settings = TestServer.SettingsFor(folder, ("BACKUP_DIR", link));
        Same("Green", Place($"{OneDisk}30 21 8:17 / {folder.File("backups")} rw - ext4 /dev/sdb1 rw\n"));
    }

    [Theory]
    [InlineData(50, 100, 0, "Green")]
    [InlineData(9, 100, 0, "Yellow")]
    [InlineData(50, 100, 20, "Yellow")]
    [InlineData(2, 20, 0, "Green")]
    [InlineData(2, 20, 0, "Yellow", 3000)]
    [InlineData(2, 20, 0, "Red", 4000, 3000)]
    [InlineData(1, 100, 0, "Red")]
    [InlineData(50, 100, 60, "Red")]
    public void Room_is_counted_in_databases(long free, long total, long database, string light, int warning = 1024, int minimum = 100) =>
        Same(light, FileChecks.Room("the database", free << 30, total << 30, database << 30, warning, minimum));

    [Theory]
    [InlineData("3.53.3", null, "Green")]
    [InlineData("3.53.3", "3.51.3", "Green")]
    [InlineData("3.53.3", "3.40.1", "Yellow")]
    [InlineData("3.51.2", null, "Red")]
    public void A_SQLite_that_loses_commits_is_told(string own, string? python, string light) => Same(light, DatabaseChecks.Library(own, python));

    [Theory]
    [InlineData(2026, true, "Green")]
    [InlineData(2026, null, "Green")]
    [InlineData(2026, false, "Yellow")]
    [InlineData(1970, true, "Red")]
    public void The_clock_is_judged(int year, bool? kept, string light)
    {
        using var folder = new TemporaryFolder();
        Same(light, HostChecks.Look(Here(folder, clockIsKept: kept, now: new DateTimeOffset(year, 6, 1, 0, 0, 0, TimeSpan.Zero)), "").Single(static finding => finding.Name == "clock"));
    }

    [Theory]
    [InlineData("open-files", "Max open files            1024                 65536                files", "Green")]
    [InlineData("open-files", "Max open files            1024                 1024                 files", "Yellow")]
    [InlineData("core-dumps", "Max core file size        0                    unlimited            bytes", "Green")]
    [InlineData("core-dumps", "Max core file size        unlimited            unlimited            bytes", "Yellow")]
    public void Limits_of_the_process_are_judged(string name, string limits, string light)
    {
        using var folder = new TemporaryFolder();
        Same(light, HostChecks.Look(Here(folder), limits).Single(finding => finding.Name == name));
    }

    [Theory]
    [InlineData(-1, 90, "bots.example.com", "Green")]
    [InlineData(-1, 90, "*.example.com", "Green")]
    [InlineData(-1, 10, "bots.example.com", "Yellow")]
    [InlineData(-90, -1, "bots.example.com", "Red")]
    [InlineData(1, 90, "bots.example.com", "Red")]
    [InlineData(-1, 90, "other.example.com", "Red")]
    public void A_certificate_is_judged(int fromDay, int toDay, string name, string light)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(now.AddDays(fromDay), now.AddDays(toDay));
        Same(light, CertificateChecks.Judge(certificate, ["bots.example.com"], now));
    }

    [Fact]
    public async Task The_proxys_certificate_is_looked_at_where_the_proxy_is_here()
    {
        Nginx.SkipWhereMissing();
        using var folder = new TemporaryFolder();
        await using var nginx = await Nginx.StartAsync(ServerProcess.FreePort());
        var settings = TestServer.SettingsFor(folder, ("FORCE_HTTPS", "true"), ("TRUSTED_PROXIES", "127.0.0.1"), ("ALLOWED_HOSTS", Nginx.Name));
        Same("Green", (await CertificateChecks.LookAsync(settings, Here(folder), nginx.TlsPort)).Single());
        Same("Red", (await CertificateChecks.LookAsync(settings, Here(folder, now: TimeProvider.System.GetUtcNow().AddYears(1)), nginx.TlsPort)).Single());
        Same("Yellow", (await CertificateChecks.LookAsync(settings, Here(folder), ServerProcess.FreePort())).Single());
        Assert.Empty(await CertificateChecks.LookAsync(TestServer.SettingsFor(folder), Here(folder)));
    }

    [Fact]
    public async Task The_servers_own_certificate_and_its_key_are_looked_at()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights");
        using var folder = new TemporaryFolder();
        (string, string)[] files = [.. MadeCertificate.MakeGood().WriteTo(folder), ("ALLOWED_HOSTS", "localhost")];
        await Tool.RunAsync("chmod", ["600", folder.File("key.pem")]);
        Same("Green", (await CertificateChecks.LookAsync(TestServer.SettingsFor(folder, files), Here(folder))).Single());
        Same("Red", (await CertificateChecks.LookAsync(TestServer.SettingsFor(folder, [.. files, ("ALLOWED_HOSTS", "bots.example.com")]), Here(folder))).Single());
        await Tool.RunAsync("chmod", ["644", folder.File("key.pem")]);
        Assert.Contains("chmod", (await CertificateChecks.LookAsync(TestServer.SettingsFor(folder, files), Here(folder))).Single(static finding => finding.Light == Light.Red).ToDo, StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder.File("cert.pem"), "nothing");
        Assert.Contains("holds no certificate", (await CertificateChecks.LookAsync(TestServer.SettingsFor(folder, files), Here(folder))).Single().Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_keys_and_backups_of_a_database_are_judged()
    {
        // Otherwise the server would make the missed backup.
        await using var server = await TestServer.StartAsync(("ENABLE_AUTO_BACKUP", "false"));
        var settings = TestServer.SettingsFor(server.Folder);
        var here = Here(server.Folder, now: server.Clock.GetUtcNow());
        async Task<ILookup<string, Finding>> LookAsync() => (await DatabaseChecks.LookAsync(settings, here)).Concat(BackupChecks.Look(settings, here, server.Clock)).ToLookup(static finding => finding.Name);

        var good = await LookAsync();
        Same("Green", good["database"].Single());
        Same("Green", good["journal"].Single());
        Same("Green", good["times"].Single());
        Same("Yellow", good["api-keys"].Single());
        Assert.Contains("may do everything", good["api-keys"].Single().Found, StringComparison.Ordinal);

        server.Sql("UPDATE api_keys SET scopes = 'read'");
        Assert.Contains("never end", (await LookAsync())["api-keys"].Single().Found, StringComparison.Ordinal);
        server.Sql("UPDATE api_keys SET expires_at = '2030-01-01 00:00:00'");
        Same("Green", (await LookAsync())["api-keys"].Single());

        server.Sql("INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES ('2099-01-01 00:00:00', 'A/B', 'BUY', 1, 1)");
        Same("Yellow", (await LookAsync())["times"].Single());
        server.Sql("DELETE FROM schema_migrations WHERE version LIKE 'pilothouse%4%'");
        Same("Yellow", (await LookAsync())["database"].Single());

        server.Clock.Advance(TimeSpan.FromDays(3));
        Same("Red", (await LookAsync())["backup"].Single());
        new Pilothouse.Backups.BackupMaker(settings, server.Clock).Make("tests", TimeSpan.FromSeconds(5), Pilothouse.Backups.NoProgress.Instance, out _, CancellationToken.None);
        Same("Green", (await LookAsync())["backup"].Single());
    }

    /// <summary>A bot in New York, one in Tokyo, and one that says its zone, all of which wrote at the same moment.</summary>
    [Fact]
    public async Task Closes_in_the_future_or_before_their_opening_are_told_as_what_a_clock_of_local_time_does()
    {
        await using var server = await TestServer.StartAsync();
        var settings = TestServer.SettingsFor(server.Folder);
        async Task<Finding> LookAsync() =>
            (await DatabaseChecks.LookAsync(settings, Here(server.Folder, now: server.Clock.GetUtcNow())))
            .Single(static finding => finding.Name == "closes");
        void Insert(string opened, string closed, string status = "closed") => server.Sql($"""
            INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, status, closed_at)
            VALUES ('{opened}', 'A/B', 'BUY', 1, 1, '{status}', {closed})
            """);

        Insert("2026-03-02 11:00:00", "'2026-03-02 12:00:00'");
        Insert("2026-03-02T11:00:00+00:00", "'2026-03-02T21:00:00+09:00'");
        Insert("2026-03-02T20:00:00.000001+09:00", "'2026-03-02 11:00:00'");
        Insert("2026-03-02T05:59:00-05:00", "'2026-03-02T11:00:00Z'");
        Insert("2026-03-02 11:00:00", "NULL");
        Insert("2026-03-02 11:00:00", "'2026-03-02 10:00:00'", "open");
        Insert("some day", "'another day'");
        Same("Green", await LookAsync());

        Insert("2026-03-02 11:00:00", "'2026-03-02T06:30:00.123456'", "CLOSED");
        Insert("2026-03-02 11:00:00", "'2026-03-02T11:30:00+02:00'");
        Insert("2026-03-02 11:00:00", "'2026-03-02 21:00:00'");
        var found = await LookAsync();
        Same("Yellow", found);
        Assert.Equal(
            "Trades that closed in the future: 1, at most by 9 hours and 0 minutes (trade 10). "
                + "Trades that closed before they were opened: 2, at most by 4 hours and 29 minutes (trade 8).",
            found.Found);
        Assert.Contains("must write UTC", found.ToDo, StringComparison.Ordinal);
        Assert.Contains("set FOREIGN_TIME_ZONE to the zone", found.ToDo, StringComparison.Ordinal);
    }

    [Fact]
    public void The_servers_own_words_are_passed_on()
    {
        Same("Yellow", ServerChecks.Look(null).Single());
        Same("Red", ServerChecks.Look(new(7, null, [], null)).Single());
        Assert.All(ServerChecks.Look(new(7, "healthy", [new("integrity", ConditionState.Ok, "fine")], null)), static finding => Same("Green", finding));
        var bad = ServerChecks.Look(new(7, "degraded", [new("integrity", ConditionState.Failed, "a page is damaged"), new("maintenance", ConditionState.Warning, "late")], "not shown")).ToLookup(static finding => finding.Name);
        Same("Red", bad["server-integrity"].Single());
        Same("Yellow", bad["server-maintenance"].Single());
        Same("Yellow", bad["monitoring"].Single());
        Same("Red", ServerChecks.Look(new(7, "unhealthy", [], null)).First());
    }
}
