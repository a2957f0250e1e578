using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Cli;
using Pilothouse.Monitoring;
using Pilothouse.Storage.Sqlite;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Cli;

public sealed class StatusTests
{
    private static readonly string[] Closed = ["REQUIRE_AUTH_FOR_READS", "true"];

    [Fact]
    public async Task It_finds_the_running_server_wherever_it_listens_and_tells_of_it_for_programs()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder, (Closed[0], Closed[1]));
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "a", "--scopes", "write"])).Out.Trim();
        await Post("/api/bot-status", """{"bot_name":"fine","status":"running"}""");
        await Post("/api/bot-status", """{"bot_name":"ill","status":"error"}""");
        await Post("/api/signals", """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":7,"price":3.4567}""");
        await Post("/api/trades", """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":3,"quantity":1}""");
        await server.Client.SendAsync("GET", "/api/signals");
        for (var i = 0; i < 7; i++)
        {
            await server.Client.SendAsync("POST", "/api/auth/login", """{"pin":"000001"}""");
        }

        // The settings say port 3000, but the server was started with another port.
        var (code, output, error) = await ServerProcess.RunAsync(folder, ["status", "--json"], (Closed[0], Closed[1]));
        Assert.True(code == 0, output + error);
        var report = JsonNode.Parse(output)!;
        Assert.True((bool)report["ok"]! && (bool)report["running"]!);
        Assert.Equal($"http://127.0.0.1:{server.Port.ToString(CultureInfo.InvariantCulture)}", (string?)report["server"]!["address"]);
        Assert.Equal(server.Id, (int)report["server"]!["process_id"]!);
        Assert.Equal(SqliteConnection.Version, (string?)report["server"]!["sqlite"]);
        Assert.InRange((double)report["server"]!["uptime_seconds"]!, 0.01, 300);
        Assert.Contains((string?)report["health"]!["status"], (string[])["healthy", "degraded"]);
        Assert.True((double)report["requests"]!["total"]! >= 12, output);
        Assert.Equal(1, (double)report["requests"]!["without_credential"]!);
        Assert.Equal(0, (double)report["requests"]!["server_errors"]!);
        Assert.InRange((double)report["requests"]!["p50_ms"]!, 0.5, 10_000);
        Assert.Equal((0, 5, 2), ((double)report["logins"]!["right"]!, (double)report["logins"]!["wrong"]!, (double)report["logins"]!["refused"]!));
        Assert.Equal(new FileInfo(folder.File("trading_bot.db")).Length, (long)report["storage"]!["database_bytes"]!);
        Assert.True((double)report["storage"]!["writes"]! >= 4);
        Assert.Equal((1, 1, 0, 2), ((long)report["rows"]!["signals"]!, (long)report["rows"]!["open_trades"]!, (long)report["rows"]!["closed_trades"]!, (long)report["rows"]!["bot_reports"]!));
        Assert.Equal(["ill error", "fine running"], report["bots"]!.AsArray().Select(static bot => $"{bot!["name"]} {bot["status"]}"));
        Assert.All(report["bots"]!.AsArray(), static bot => Assert.InRange((double)bot!["age_seconds"]!, 0, 300));
        var findings = report["findings"]!.AsArray().Select(static finding => (string)finding!["message"]!).ToList();
        Assert.Contains(findings, static finding => finding.StartsWith("5 logins with a wrong PIN", StringComparison.Ordinal));
        Assert.Contains(findings, static finding => finding.StartsWith("The bot ill reported an error", StringComparison.Ordinal));

        // Without the scope read nothing can be shown, and the command says so.
        (code, output, _) = await ServerProcess.RunAsync(folder, ["status"]);
        Assert.Equal(1, code);
        Assert.Contains("does not show its figures to this command (401)", output, StringComparison.Ordinal);

        async Task Post(string path, string json)
        {
            var (status, body) = await server.Client.SendAsync("POST", path, json, ("X-Api-Key", key));
            Assert.True(status == 201, body.ToJsonString());
        }
    }

    [Fact]
    public async Task In_a_pipe_no_sentence_is_cut_or_coloured_and_every_part_has_its_line()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);
        var (status, body) = await server.Client.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}"}""");
        Assert.Equal(200, status);
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["backup"])).Code);
        (status, _) = await server.Client.SendAsync("POST", "/api/bot-status", $$"""{"bot_name":"{{new string('b', 95)}}\u001b[2J","status":"error"}""", ("Authorization", $"Bearer {body["token"]}"));
        Assert.Equal(201, status);

        var (code, output, error) = await ServerProcess.RunAsync(folder, ["status"]);
        Assert.True(code == 0, output + error);
        Assert.DoesNotContain('\x1b', output);
        Assert.All(output.Split('\n'), static line => Assert.Equal(line.TrimEnd(), line));
        Assert.Matches("Writes +[0-9,]+ in [0-9,]+ commits, 0 waiting", output);
        Assert.Matches("Backup +last good one 2[0-9-]+ [0-9:]+ UTC, .* s ago, [0-9.]+ KiB, 1 in the folder", output);
        Assert.Contains($"The bot {new string('b', 95)}?[2J reported an error: GET /api/bot-status?bot_name={new string('b', 95)}%1B%5B2J has its message.", output, StringComparison.Ordinal);
        Assert.Contains(folder.File("trading_bot.db"), output, StringComparison.Ordinal);
        foreach (var part in new[] { "Server", "Health", "Requests", "Latency", "Logins", "Database", "Disk", "Writes", "Rows", "Backup" })
        {
            Assert.Contains(output.Split('\n'), line => line.StartsWith(part + "  ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Where_no_server_runs_it_says_so_and_looks_at_the_files_without_changing_them()
    {
        using var folder = new TemporaryFolder();
        var (code, output, _) = await ServerProcess.RunAsync(folder, ["status"]);
        Assert.Equal(1, code);
        Assert.Contains("No server runs on this database", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));

        // After a kill, the claim file remains, with the id of a process that no longer exists.
        await using (var server = await ServerProcess.ServeAsync(folder))
        {
            await server.KillAsync();
        }

        Assert.True(File.Exists(folder.File("trading_bot.db.server")));
        var before = await File.ReadAllBytesAsync(folder.File("trading_bot.db"));
        (code, output, _) = await ServerProcess.RunAsync(folder, ["status", "--json"]);
        var report = JsonNode.Parse(output)!;
        Assert.Equal(1, code);
        Assert.False((bool)report["running"]! || (bool)report["ok"]!);
        Assert.Null(report["server"]);
        Assert.Equal(0, (long)report["rows"]!["signals"]!);
        Assert.Contains(report["findings"]!.AsArray(), static finding => ((string)finding!["message"]!).StartsWith("There is no verified backup", StringComparison.Ordinal));
        Assert.Equal(before, await File.ReadAllBytesAsync(folder.File("trading_bot.db")));

        await File.WriteAllTextAsync(folder.File("trading_bot.db"), "no database");
        (code, output, _) = await ServerProcess.RunAsync(folder, ["status"]);
        Assert.Equal(1, code);
        Assert.Contains("The database cannot be read", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bot_that_has_been_silent_is_called_silent_with_how_long()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["migrate"])).Code);
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder.File("trading_bot.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = """
                INSERT INTO bot_status(timestamp, bot_name, status) VALUES
                  (datetime('now', '-3158 days', '-5 hours'), 'ancient', 'running'),
                  (datetime('now', '-3 hours', '-10 seconds'), 'morning', 'paused'),
                  (datetime('now', '-1 minutes'), 'fine', 'running'), (datetime('now', '-1 minutes'), 'asked', 'running'), (datetime('now'), 'closing', 'paused'), (datetime('now', '-3158 days', '-5 hours'), 'retired', 'stopped'),
                  (datetime('now', '-29 days'), 'resting', 'stopped'), ('some day', 'timeless', 'running');
                INSERT INTO bot_status(timestamp, bot_name, status, expected_every_seconds) VALUES (datetime('now', '-2 hours'), 'hourly', 'running', 3600);
                INSERT INTO bot_controls(bot_name, state, emergency_close) VALUES ('asked', 'paused', NULL), ('closing', 'paused', 1)
                """;
            command.ExecuteNonQuery();
        }

        var (_, output, error) = await ServerProcess.RunAsync(folder, ["status"]);
        Assert.True(error.Length == 0, error);
        Assert.Matches(
            @"(?m)^warning +The bot ancient has been silent for 8 years and 238 days: its last report, of 20[-\d]{8} \d\d:\d\d UTC, says running\.", output);
        Assert.Matches(@"(?m)^warning +The bot morning has been silent for 3 hours and 0 minutes: its last report, .*, says paused\.", output);
        Assert.Matches(@"(?m)^note +The bot retired has been silent for 8 years and 238 days, since it reported that it stopped\.", output);
        Assert.DoesNotMatch("The bot (fine|resting|timeless|hourly)", output);
        Assert.Matches(@"(?m)ancient +.?silent \(said running\) +.?8 y 238 d ago", output);
        Assert.Matches(@"(?m)^note +The bot asked was asked to be paused, and its newest report says running\.", output);
        Assert.Matches(@"(?m)^warning +The bot closing was asked to close everything, and has not said that it is done", output);
        Assert.Matches(@"(?m)asked +.?running, asked: paused +", output);
        Assert.Matches(@"(?m)resting +.?stopped +.?29 d 0 h ago", output);
        Assert.True(output.IndexOf("warning", StringComparison.Ordinal) < output.IndexOf("\nnote", StringComparison.Ordinal), output);

        var report = JsonNode.Parse((await ServerProcess.RunAsync(folder, ["status", "--json"])).Out)!;
        Assert.Equal("note", (string?)report["findings"]!.AsArray()
            .Single(static finding => ((string)finding!["message"]!).Contains("retired", StringComparison.Ordinal))!["level"]);
    }

    [Theory]
    [InlineData(0, "0 s", "0 seconds")]
    [InlineData(59.9, "59 s", "59 seconds")]
    [InlineData(61, "1 min 1 s", "1 minute and 1 second")]
    [InlineData(3600, "1 h 0 min", "1 hour and 0 minutes")]
    [InlineData(86_400 * 364, "364 d 0 h", "364 days and 0 hours")]
    [InlineData(86_400 * 731, "2 y 1 d", "2 years and 1 day")]
    [InlineData(-5, "0 s", "0 seconds")]
    [InlineData(1e300, "29247 y 44 d", "29247 years and 44 days")]
    public void A_length_of_time_is_told_in_its_two_largest_units(double seconds, string brief, string words) =>
        Assert.Equal((brief, words), (Spans.Short(seconds), Spans.Words(seconds)));

    [Theory]
    [InlineData("http://0.0.0.0:3000", "http://127.0.0.1:3000/")]
    [InlineData("http://[::]:3000", "http://[::1]:3000/")]
    [InlineData("http://127.0.0.1:3000 https://0.0.0.0:3443", "https://127.0.0.1:3443/")]
    [InlineData("http://192.0.2.7:80", "http://192.0.2.7/")]
    public void An_address_for_all_is_asked_on_this_machine(string announced, string asked) =>
        Assert.Equal(asked, RunningServer.ToAsk(announced.Split(' '))!.ToString());

    [Fact]
    public void A_scrape_is_read_with_escapes_infinity_and_sums()
    {
        var scrape = Scrape.Parse("""
            # TYPE a counter
            a_total{x="1",y="a\"b\\c,{}d\ne"} 3
            a_total{x="2",y=""} 4.5
            plain 1e3
            empty{} 7
            h_bucket{le="0.1"} 9
            h_bucket{le="1"} 10
            h_bucket{le="+Inf"} 10
            none NaN
            broken line
            """);
        Assert.Equal(7.5, scrape.Sum("a_total"));
        Assert.Equal(3, scrape.Sum("a_total", static sample => sample.Labels["y"] == "a\"b\\c,{}d\ne"));
        Assert.Equal((1000, 7, null), (scrape.Sum("plain"), scrape.Sum("empty"), scrape.Sum("missing")));
        Assert.Equal((0.1, 1, null), (scrape.Quantile("h", 0.9), scrape.Quantile("h", 0.99), scrape.Quantile("a", 0.5)));
    }
}
