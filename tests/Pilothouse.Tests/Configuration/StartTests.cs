using Pilothouse.Configuration;
using Pilothouse.Http;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Configuration;

/// <summary>What a start makes of the environment and .env.</summary>
public sealed class StartTests
{
    private const string Secret = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task The_first_start_makes_secrets_and_says_where_they_are_without_showing_them_to_a_pipe()
    {
        using var folder = new TemporaryFolder();
        (string, string)[] nothing = [("BOT_CONTROL_PIN", ""), ("JWT_SECRET_KEY", "")];
        var (code, _, said) = await ServerProcess.RunAsync(folder, ["key", "create", "--name", "a"], nothing);
        Assert.Equal(1, code);
        Assert.Contains("There is no JWT_SECRET_KEY here", said, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));

        var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (_, output, error) = await ServerProcess.RunAsync(folder, ["serve"], [.. nothing, ("MCP_SERVER_PORT", port)]);
        taken.Stop();
        var first = await File.ReadAllTextAsync(folder.File(".env"));
        var values = EnvFile.Read(folder.File(".env"));
        Assert.DoesNotContain(values["BOT_CONTROL_PIN"], output + error, StringComparison.Ordinal);

        // Empty in the environment is not set there: .env holds, and nothing is made again.
        await using var server = await ServerProcess.ServeAsync(folder, ("BOT_CONTROL_PIN", ""), ("JWT_SECRET_KEY", ""));
        Assert.Equal(200, (await server.Client.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{values["BOT_CONTROL_PIN"]}}"}""")).Status);
        Assert.Equal(first, await File.ReadAllTextAsync(folder.File(".env")));
    }

    /// <summary>If the disk has no room for all of the lines, none is written: half a secret must not remain.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_a_full_disk_the_first_start_leaves_env_as_it_was_and_a_later_one_makes_it_whole(bool hasFile)
    {
        await using var disk = await SmallDisk.MountAsync(1);
        using var logs = new TemporaryFolder();
        (string, string)[] settings = [("BOT_CONTROL_PIN", ""), ("JWT_SECRET_KEY", ""), ("LOG_DIR", logs.Path)];
        var before = hasFile ? $"# {new string('x', 4000)}\n" : "";
        if (hasFile)
        {
            await File.WriteAllTextAsync(disk.Folder.File(".env"), before);
        }

        disk.Fill();
        var (code, _, error) = await ServerProcess.RunAsync(disk.Folder, ["serve"], [.. settings, ("MCP_SERVER_PORT", "0")]);
        Assert.Equal(1, code);
        Assert.Contains(".env cannot be written", error, StringComparison.Ordinal);
        Assert.Contains("Make room", error, StringComparison.Ordinal);
        Assert.Equal(before, File.Exists(disk.Folder.File(".env")) ? await File.ReadAllTextAsync(disk.Folder.File(".env")) : "");

        disk.Free();
        await using var server = await ServerProcess.ServeAsync(disk.Folder, settings);
        var values = EnvFile.Read(disk.Folder.File(".env"));
        Assert.Equal((6, 64, !hasFile), (values["BOT_CONTROL_PIN"].Length, values["JWT_SECRET_KEY"].Length, values.ContainsKey("CORS_ORIGINS")));
    }

    [Fact]
    public async Task The_environment_wins_over_the_file_and_with_both_secrets_in_it_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["migrate"])).Code);
        Assert.False(File.Exists(folder.File(".env")));
        await File.WriteAllTextAsync(folder.File(".env"), "BOT_CONTROL_PIN=864209\nLOG_LEVEL=LOUD\n");
        await using var server = await ServerProcess.ServeAsync(folder, ("LOG_LEVEL", "WARNING"));
        Assert.Equal(200, (await server.Client.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}"}""")).Status);
    }

    [Fact]
    public async Task What_a_start_makes_is_not_for_every_user_of_the_machine()
    {
        using var folder = new TemporaryFolder();
        await using (await ServerProcess.ServeAsync(folder, ("BOT_CONTROL_PIN", ""), ("JWT_SECRET_KEY", "")))
        {
            foreach (var name in new[] { ".env", "trading_bot.db", "trading_bot.db-wal", "logs" })
            {
                var (_, rights, _) = await Tool.RunAsync("stat", ["-c", "%a", folder.File(name)]);
                Assert.True(rights.Trim()[^1] == '0', $"{name} has the rights {rights}");
            }
        }
    }

    [Theory]
    [InlineData("production", "BOT_CONTROL_PIN", "123456", "BOT_CONTROL_PIN still has a sample value")]
    [InlineData("production", "JWT_SECRET_KEY", "your-secret-key-change-this-in-production", "JWT_SECRET_KEY still has a sample value")]
    [InlineData("development", "BOT_CONTROL_PIN", "123456", null)]
    [InlineData("development", "JWT_SECRET_KEY", "too-short", "JWT_SECRET_KEY: allowed is at least 32 bytes")]
    [InlineData("production", "MCP_SERVER_HOST", "0.0.0.0", "REQUIRE_AUTH_FOR_READS is not set")]
    [InlineData("production", "MCP_SERVER_HOST", "127.0.0.2", null)]
    [InlineData("production", "MCP_SERVER_HOST", "::1", null)]
    [InlineData("development", "MCP_SERVER_HOST", "0.0.0.0", null)]
    public void Production_refuses_what_everybody_knows_and_what_nobody_decided(string environment, string name, string value, string? sentence)
    {
        foreach (var variable in new[] { "FLASK_ENV", "ASPNETCORE_ENVIRONMENT" })
        {
            var values = new Dictionary<string, string> { ["BOT_CONTROL_PIN"] = "246801", ["JWT_SECRET_KEY"] = Secret, [variable] = environment, [name] = value };
            if (sentence is null)
            {
                Settings.Read(values);
                continue;
            }

            Assert.Contains(sentence, Assert.Throws<SettingsException>(() => Settings.Read(values)).Message, StringComparison.Ordinal);
            values["REQUIRE_AUTH_FOR_READS"] = "false";
            if (name == "MCP_SERVER_HOST")
            {
                Settings.Read(values);
            }
        }
    }

    [Fact]
    public void Every_setting_refuses_nonsense_by_its_name_and_never_shows_a_secret()
    {
        var good = new Dictionary<string, string> { ["BOT_CONTROL_PIN"] = "246801", ["JWT_SECRET_KEY"] = Secret };
        var free = new[] { "DATABASE_PATH", "BACKUP_DIR", "LOG_DIR", "ALLOWED_HOSTS", "FLASK_SECRET_KEY", "ASPNETCORE_ENVIRONMENT" };
        foreach (var fact in Settings.Read(good).Facts.Where(fact => !free.Contains(fact.Name)))
        {
            var values = new Dictionary<string, string>(good) { [fact.Name] = "n\u00f6nsense!" };
            var message = Assert.Throws<SettingsException>(() => Settings.Read(values)).Message;
            Assert.Contains(fact.Name, message, StringComparison.Ordinal);
            Assert.True(!fact.Secret || !message.Contains("nsense", StringComparison.Ordinal), message);
        }
    }

    [Fact]
    public void An_address_of_IPv6_is_served_under_its_own_name()
    {
        using var folder = new TemporaryFolder();
        var hosts = new ServedHosts(TestServer.SettingsFor(folder, ("MCP_SERVER_HOST", "2001:db8::1"), ("REQUIRE_AUTH_FOR_READS", "true")));
        Assert.True(hosts.Serves("[2001:db8::1]"));
        Assert.False(hosts.Serves("[2001:db8::2]"));
    }
}
