using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>Tries what docs/upgrade.md says that a client of the seed meets.</summary>
public sealed partial class UpgradeTests
{
    /// <summary>Requests of the seed's clients that are taken as they are; a row of the document changes or adds one field.</summary>
    private static readonly Dictionary<string, string> Good = new()
    {
        ["/api/signals"] = """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":7,"price":3.4567}""",
        ["/api/trades"] = """{"trading_pair":"SUI/USDC","side":"SELL","entry_price":100,"quantity":10}""",
        ["/api/analysis"] = """{"trading_pair":"SUI/USDC","timeframe":"15m","recommendation":"BUY"}""",
        ["/api/auth/login"] = $$"""{"pin":"{{TestServer.Pin}}"}""",
    };

    [Fact]
    public async Task Every_row_of_what_a_bot_sends_is_so()
    {
        var rows = Row().Matches(await File.ReadAllTextAsync(Repository.PathOf("docs", "upgrade.md"))).ToList();
        Assert.True(rows.Count >= 30, $"{rows.Count} rows were found.");
        await using var server = await TestServer.StartAsync();
        foreach (var row in rows)
        {
            var (method, path, sent, now) = (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value, row.Groups[4].Value);
            var (status, body) = method == "GET"
                ? await server.Client.SendAsync("GET", $"{path}?{sent}")
                : await server.Client.SendAsync("POST", path, With(Good[path], sent));
            if (int.TryParse(now, out var refused))
            {
                Assert.True(status == refused, $"{row.Value} answered {status}: {body.ToJsonString()}");

                // A close without a price is refused by the name of what is missing.
                var field = sent == "\"status\":\"closed\"" ? "exit_price" : NameOf(sent);
                Assert.Contains(field, body["details"]!.AsArray().Select(static detail => (string?)detail!["field"]));
                continue;
            }

            Assert.True(status == 201, $"{row.Value} answered {status}: {body.ToJsonString()}");
            var id = (long)body.Single(static field => field.Key.EndsWith("_id", StringComparison.Ordinal)).Value!;
            var stored = (await server.GetAsync(path))["data"]!.AsArray().Single(record => (long)record!["id"]! == id)!;
            var expected = JsonNode.Parse($"{{{now}}}")!.AsObject().Single();
            Assert.True(JsonNode.DeepEquals(expected.Value, stored[expected.Key]), $"{row.Value} stored {stored[expected.Key]?.ToJsonString()}");
        }
    }

    [Fact]
    public async Task What_the_seeds_clients_send_is_taken_as_it_is()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (path, body) in Good)
        {
            var (status, answer) = await server.Client.SendAsync("POST", path, body);
            Assert.True(status is 200 or 201 && answer["ignored"] is null, $"{path} answered {status}: {answer.ToJsonString()}");
        }
    }

    /// <summary>What the page says of the file: a program of the seed that names its columns goes on, one that counts on them does not.</summary>
    [OnlyOnSqlite("another program opens the file")]
    [Fact]
    public async Task A_program_that_opens_the_file_finds_what_the_page_says()
    {
        await using var server = await TestServer.StartAsync();
        server.Clock.Advance(TimeSpan.FromMilliseconds(123));
        await server.PostAsync("/api/trades", Good["/api/trades"]);
        var (code, output, error) = await Tool.RunAsync("python3", ["-c", """
            import sqlite3, sys
            from datetime import datetime
            db = sqlite3.connect(sys.argv[1], timeout=30)
            time = db.execute("SELECT timestamp FROM trades").fetchone()[0]
            added = db.execute("INSERT INTO trades(trading_pair, side, entry_price, quantity) VALUES ('A/B', 'BUY', 1, 1)")
            db.commit()
            print(time, datetime.fromisoformat(time).isoformat(), added.lastrowid, added.rowcount, sep="|")
            try:
                db.execute("INSERT INTO correlation_data VALUES (NULL, '2025-01-01', 'A', 'B', 0.5, 7, 'weak')")
            except sqlite3.OperationalError as refused:
                print(refused)
            """, server.DatabasePath]);
        Assert.True(code == 0, error);
        Assert.StartsWith("2026-03-02 12:00:00.123|2026-03-02T12:00:00.123000|2|1", output, StringComparison.Ordinal);
        Assert.Contains("columns but 7 values were supplied", output, StringComparison.Ordinal);
    }

    private static string NameOf(string sent) => sent.Split(sent[0] == '"' ? ':' : '=')[0].Trim('"');

    /// <summary>The body with the field as it is spelled in the document, which need not be JSON.</summary>
    private static string With(string good, string field)
    {
        var body = JsonNode.Parse(good)!.AsObject();
        body.Remove(NameOf(field));
        return body.Count == 0 ? $"{{{field}}}" : $"{body.ToJsonString()[..^1]},{field}}}";
    }

    [GeneratedRegex(@"(?m)^\| `(GET|POST) (/api/[a-z/-]+)` \| `([^`]+)` \| `([^`]+)` \|")]
    private static partial Regex Row();
}
