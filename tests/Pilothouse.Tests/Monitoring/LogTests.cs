using System.Text;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Monitoring;

public sealed class LogTests
{
    private const string Signal = """{"trading_pair":"SECRET/PAIR","signal_type":"BUY","signal_strength":1,"price":1,"strategy":"body-of-mine"}""";

    [Fact]
    public async Task A_request_line_says_who_asked_what_and_how_it_went()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Request-Id", "line-1"));
        await server.Anonymous.SendAsync("GET", "/api/signals?trading_pair=hidden", null, ("X-Request-Id", "line-2"));
        await server.Anonymous.SendAsync("GET", "/no/such/path", null, ("X-Request-Id", "line-3"));
        await server.StopAsync();

        var lines = Lines(server, "mcp_server.log");
        var posted = lines.Single(static line => (string?)line["request_id"] == "line-1");
        Assert.Equal(["timestamp", "level", "message", "method", "route", "status", "duration_ms", "client", "credential", "request_id"], posted.Select(static field => field.Key));
        Assert.Equal(("POST", "/api/signals", 201, "127.0.0.1", "key:tests"), ((string?)posted["method"], (string?)posted["route"], (int)posted["status"]!, (string?)posted["client"], (string?)posted["credential"]));
        Assert.InRange((double)posted["duration_ms"]!, 0.001, 30_000);
        Assert.True(DateTimeOffset.TryParse((string?)posted["timestamp"], System.Globalization.CultureInfo.InvariantCulture, out _));
        var read = lines.Single(static line => (string?)line["request_id"] == "line-2");
        Assert.Equal(("-", 200), ((string?)read["credential"], (int)read["status"]!));
        Assert.DoesNotContain("hidden", read.ToJsonString(), StringComparison.Ordinal);
        var unknown = lines.Single(static line => (string?)line["request_id"] == "line-3");
        Assert.Equal((404, "/no/such/path", "endpoint-not-found"), ((int)unknown["status"]!, (string?)unknown["route"], (string?)unknown["code"]));
    }

    [Fact]
    public async Task A_refused_request_has_its_code_and_one_that_the_database_failed_its_reason_and_no_stack_trace()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.SendAsync("POST", "/api/signals", """{"trading_pair":"A/B"}""", ("X-Request-Id", "refused-1"));
        using (var holder = await Tool.HoldLockAsync(server.DatabasePath, 6.5))
        {
            Assert.Equal(503, (await server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Request-Id", "held-1"))).Status);
            await holder.WaitForExitAsync();
        }

        await server.StopAsync();
        Assert.Equal("missing-field", (string?)Lines(server, "mcp_server.log").Single(static line => (string?)line["request_id"] == "refused-1")["code"]);
        var errors = Lines(server, "mcp_server_error.log");
        Assert.Equal(2, errors.Count);
        Assert.StartsWith("A transaction of 1 writes failed and was rolled back; none of them was acknowledged. Another program has held", (string?)errors[0]["message"], StringComparison.Ordinal);
        Assert.Equal(("held-1", 503, "overloaded"), ((string?)errors[1]["request_id"], (int)errors[1]["status"]!, (string?)errors[1]["code"]));
        Assert.StartsWith("Another program has held the database locked", (string?)errors[1]["reason"], StringComparison.Ordinal);
        Assert.All(errors, static line => Assert.Null(line["exception"]));
    }

    [Fact]
    public async Task The_log_of_warnings_is_there_before_the_first_and_logs_are_not_for_everybody()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);
        Assert.Equal("", await File.ReadAllTextAsync(folder.File("logs/mcp_server_error.log")));
        await ServerProcess.RunAsync(folder, ["backup"]);
        await server.TerminateAsync();
        foreach (var name in new[] { "mcp_server.log", "mcp_server_error.log", "mcp_server_commands.log" })
        {
            Assert.Equal("640", (await Tool.RunAsync("stat", ["-L", "-c", "%a", folder.File("logs/" + name)])).Out.Trim());
        }
    }

    [Theory]
    [InlineData("json")]
    [InlineData("text")]
    public async Task No_log_ever_holds_a_PIN_a_token_a_key_or_a_body(string format)
    {
        await using var server = await TestServer.StartAsync(("LOG_FORMAT", format), ("LOG_LEVEL", "DEBUG"));
        var token = await server.LoginAsync();
        var key = (string)(await server.PostAsync("/api/keys", """{"name":"logged","scopes":["write"]}"""))["key"]!;
        await server.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"975311"}""");
        foreach (var header in new[] { ("Authorization", $"Bearer {token}"), ("Authorization", $"Bearer {key}"), ("X-Api-Key", key), ("Cookie", $"pilothouse_session={token}"), ("X-Api-Key", "ph_wrong-one-of-mine"), ("Authorization", "Bearer wrong.token.ofmine") })
        {
            await server.Anonymous.SendAsync("POST", "/api/signals", Signal, header, ("Idempotency-Key", "idem-of-mine"));
            await server.Anonymous.SendAsync("POST", "/api/signals", Signal + "body-of-mine", header);
        }

        server.Sql("ALTER TABLE signals RENAME TO gone");
        await server.Client.SendAsync("POST", "/api/signals", Signal);
        await server.Client.SendAsync("GET", "/api/signals?trading_pair=query-of-mine");
        await server.Anonymous.SendAsync("POST", "/api/auth/logout", null, ("Cookie", $"pilothouse_session={token}"));
        await server.StopAsync();

        string[] secrets = [TestServer.Pin, "975311", TestServer.Secret, token, token.Split('.')[2], key, "wrong-one-of-mine", "ofmine", "SECRET/PAIR", "body-of-mine", "idem-of-mine", "query-of-mine"];
        foreach (var file in Directory.GetFiles(server.Folder.File("logs")))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            Assert.All(secrets, secret => Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, $"{file} holds {secret}"));
        }
    }

    [Fact]
    public async Task Warnings_and_failures_are_in_the_error_file_and_only_they()
    {
        await using var server = await TestServer.StartAsync();
        await server.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"975311"}""");
        server.Sql("ALTER TABLE signals RENAME TO gone");
        Assert.Equal(500, (await server.Client.SendAsync("GET", "/api/signals", null, ("X-Request-Id", "broken-1"))).Status);
        await server.GetAsync("/health");
        await server.StopAsync();

        var errors = Lines(server, "mcp_server_error.log");
        Assert.All(errors, static line => Assert.Contains((string?)line["level"], new[] { "WARNING", "ERROR", "CRITICAL" }));
        Assert.Contains(errors, static line => ((string?)line["message"])!.StartsWith("Login with a wrong PIN from 127.0.0.1", StringComparison.Ordinal));
        var bug = errors.Single(static line => line["exception"] is not null);
        Assert.Equal("Request broken-1 failed because of a bug in the server", (string?)bug["message"]);
        Assert.Contains("no such table", (string?)bug["exception"], StringComparison.Ordinal);
        var all = Lines(server, "mcp_server.log");
        Assert.True(all.Count > errors.Count);
        Assert.All(errors, error => Assert.Contains(all, line => JsonNode.DeepEquals(line, error)));
    }

    [Theory]
    [InlineData("INFO", 0)]
    [InlineData("DEBUG", 4)]
    public async Task A_health_check_that_passed_and_may_I_trade_are_written_for_those_who_look_closely(string level, int expected)
    {
        await using var server = await TestServer.StartAsync(("LOG_LEVEL", level));
        foreach (var path in new[] { "/health", "/health/live", "/health/ready", "/api/circuit-breaker" })
        {
            await server.GetAsync(path);
        }

        await server.Anonymous.SendAsync("GET", "/health", null, ("Host", "evil.example"));
        await server.Anonymous.SendAsync("GET", "/api/circuit-breaker?mode=none");
        await server.StopAsync();
        var lines = Lines(server, "mcp_server.log").Where(static line => (string?)line["route"] is "/api/circuit-breaker" or "/health" or "/health/live" or "/health/ready").Select(static line => (int)line["status"]!).ToList();
        Assert.Equal((expected, 1, 1), (lines.Count(static status => status == 200), lines.Count(static status => status == 403), lines.Count(static status => status == 400)));
    }

    [Fact]
    public async Task LOG_FORMAT_text_is_for_people()
    {
        await using var server = await TestServer.StartAsync(("LOG_FORMAT", "text"));
        await server.Client.SendAsync("GET", "/api/signals", null, ("X-Request-Id", "text-1"));
        await server.StopAsync();
        var line = (await File.ReadAllLinesAsync(server.Folder.File("logs/mcp_server.log"))).Single(static line => line.Contains("text-1", StringComparison.Ordinal));
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INF GET /api/signals 200 [0-9.]+ ms 127\.0\.0\.1 key:tests text-1$", line);
    }

    [Fact]
    public async Task Nobody_writes_a_line_of_his_own_into_a_log()
    {
        await using var server = await TestServer.StartAsync(("LOG_FORMAT", "text"));
        var (status, made) = await server.Client.SendAsync("POST", "/api/keys", """{"name":"x\n2026-03-02 12:00:00.000 INF forged","scopes":["read"]}""");
        if (status == 201)
        {
            await server.Anonymous.SendAsync("GET", "/api/signals", null, ("X-Api-Key", (string)made["key"]!));
        }

        await server.StopAsync();
        Assert.DoesNotContain(await File.ReadAllLinesAsync(server.Folder.File("logs/mcp_server.log")), static line => line.StartsWith("2026-03-02 12:00:00.000 INF forged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_path_cannot_look_like_the_columns_behind_it()
    {
        await using var server = await TestServer.StartAsync(("LOG_FORMAT", "text"));
        await server.Anonymous.SendAsync("GET", "/a%20200%201%20ms%0910.0.0.1%C2%85key:x%E2%80%A8y%25/%C3%BC", null, ("X-Request-Id", "columns-1"));
        await server.StopAsync();
        var line = (await File.ReadAllLinesAsync(server.Folder.File("logs/mcp_server.log"))).Single(static line => line.Contains("columns-1", StringComparison.Ordinal));
        Assert.Contains(" INF GET /a%20200%201%20ms%0910.0.0.1%C2%85key:x%E2%80%A8y%/ü 404 ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mcp_server_log_is_the_newest_and_the_seeds_own_is_set_aside()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("logs"));
        await File.WriteAllTextAsync(folder.File("logs/mcp_server.log"), "a line of the seed\n");
        await using (var server = await TestServer.StartAsync(folder, null))
        {
            await server.Client.SendAsync("GET", "/api/signals", null, ("X-Request-Id", "first-1"));
            await using var again = await server.RestartAsync();
            await again.Client.SendAsync("GET", "/api/signals", null, ("X-Request-Id", "second-1"));
            await again.StopAsync();
            var link = new FileInfo(folder.File("logs/mcp_server.log"));
            Assert.NotNull(link.LinkTarget);
            var text = await File.ReadAllTextAsync(link.FullName);
            Assert.Contains("first-1", text, StringComparison.Ordinal);
            Assert.Contains("second-1", text, StringComparison.Ordinal);
            var aside = Assert.Single(Directory.GetFiles(folder.File("logs"), "before_pilothouse_*"));
            Assert.Equal("a line of the seed\n", await File.ReadAllTextAsync(aside));
        }
    }

    private static List<JsonObject> Lines(TestServer server, string file) =>
        [.. File.ReadAllLines(server.Folder.File($"logs/{file}")).Select(static line => JsonNode.Parse(line)!.AsObject())];
}
