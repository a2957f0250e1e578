using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Operations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Trades;

/// <summary>Trades and fills as CSV.</summary>
public sealed class CsvTests
{
    /// <summary>Python's csv reads the file, and finds in it what the pages of the JSON have.</summary>
    private const string Compare = """
        import csv, json, sys
        rows = list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8")))
        trades = json.load(open(sys.argv[2], encoding="utf-8"))
        assert rows[0] == list(trades[0]), (rows[0], list(trades[0]))
        assert len(rows) == len(trades) + 1, (len(rows), len(trades))
        for row, trade in zip(rows[1:], trades):
            for cell, (name, value) in zip(row, trade.items(), strict=True):
                if value is None:
                    assert cell == "", (name, cell)
                elif isinstance(value, (int, float)):
                    assert float(cell) == value, (name, cell, value)
                else:
                    assert cell == ("'" + value if value[0] in "=+-@\t\r\n" else value), (name, cell, value)
        """;

    [Fact]
    public async Task Every_row_of_the_filters_is_there_with_what_its_json_has()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 1203);
        var trades = new JsonArray();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await server.GetAsync($"/api/trades?side=BUY&limit=500{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}");
            page["data"]!.AsArray().ToList().ForEach(trade => trades.Add(trade!.DeepClone()));
            cursor = (string?)page["next_cursor"];
        }

        Assert.InRange(trades.Count, 501, 1202);
        using var answer = await server.Client.RawAsync("GET", "/api/trades?side=BUY&format=csv");
        Assert.Equal("text/csv; charset=utf-8; header=present", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("trades.csv", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        var (csv, json) = (server.Folder.File("trades.csv"), server.Folder.File("trades.json"));
        await File.WriteAllBytesAsync(csv, await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(json, trades.ToJsonString(), TestContext.Current.CancellationToken);
        await Tool.PythonAsync(Compare, csv, json);
    }

    [Fact]
    public async Task A_text_that_a_spreadsheet_would_run_is_disarmed_and_numbers_stay_numbers()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """
            {"trading_pair":"=1+1","side":"SELL","entry_price":1,"quantity":2,"status":"closed","exit_price":3,"exit_reason":"a \"quoted\", text\r\nof two lines","external_id":"-5","bot_name":"@SUM(A1)","strategy":"\tx"}
            """);
        var lines = (await TextAsync(server, "/api/trades?format=csv")).Split("\r\n", 2);
        var cells = lines[0].Split(',').Zip(lines[1].Split(',')).ToDictionary(static cell => cell.First, static cell => cell.Second);
        Assert.Equal(("'=1+1", "-4"), (cells["trading_pair"], cells["pnl"]));
        Assert.Contains(",\"a \"\"quoted\"\", text\r\nof two lines\",'-5,", lines[1], StringComparison.Ordinal);
        Assert.Contains(",'@SUM(A1),", lines[1], StringComparison.Ordinal);
        Assert.Contains(",'\tx,", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "text/csv", "text/csv")]
    [InlineData("", "TEXT/CSV;q=0.5, text/html", "text/csv")]
    [InlineData("", "application/json;q=0.5, text/csv", "text/csv")]
    [InlineData("", "application/json, text/csv;q=0.5", "application/json")]
    [InlineData("", "text/csv;q=0", "application/json")]
    [InlineData("", "*/*", "application/json")]
    [InlineData("", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json")]
    [InlineData("", "nonsense", "application/json")]
    [InlineData("?format=json", "text/csv", "application/json")]
    [InlineData("?format=CSV", "application/json", "text/csv")]
    [InlineData("?status=open", "text/csv", "text/csv")]
    public async Task The_parameter_decides_and_else_the_header(string query, string accept, string expected)
    {
        await using var server = await TestServer.StartAsync();
        using var answer = await server.Client.RawAsync("GET", "/api/trades" + query, null, ("Accept", accept));
        Assert.Equal((200, expected), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Contains("Accept", answer.Headers.Vary);
    }

    [Theory]
    [InlineData("/api/trades?format=xml", "format")]
    [InlineData("/api/trades?format=csv&limit=5", "limit")]
    [InlineData("/api/trades?format=csv&cursor=x", "cursor")]
    [InlineData("/api/trades?format=csv&from_date=soon", "from_date")]
    [InlineData("/api/trades?format=csv&format=csv", "format")]
    [InlineData("/api/signals?formats=csv", null)]
    [InlineData("/api/trades/open?format=csv", "format")]
    public async Task What_does_not_go_with_it_is_refused_in_json(string path, string? field)
    {
        await using var server = await TestServer.StartAsync();
        var (status, answer) = await server.Client.SendAsync("GET", path);
        Assert.Equal((field is null ? 200 : 400, field), (status, (string?)answer["details"]?[0]?["field"]));
    }

    [Fact]
    public async Task An_empty_list_has_its_header_and_a_HEAD_no_rows()
    {
        await using var server = await TestServer.StartAsync();
        Assert.StartsWith("id,timestamp,trading_pair,side,", await TextAsync(server, "/api/trades?format=csv"), StringComparison.Ordinal);
        await FillAsync(server, 3);
        using var head = await server.Client.RawAsync("HEAD", "/api/trades?format=csv");
        Assert.Equal((200, "text/csv", ""), ((int)head.StatusCode, head.Content.Headers.ContentType!.MediaType, await head.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Fills_come_as_csv_too()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":2}""");
        await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":12,"quantity":1,"external_id":"=x"}""");
        var lines = (await TextAsync(server, "/api/trades/1/fills?format=csv")).Split("\r\n");
        Assert.Equal((4, ""), (lines.Length, lines[3]));
        Assert.Equal((await server.GetAsync("/api/trades/1/fills"))["data"]![0]!.AsObject().Select(static field => field.Key), lines[0].Split(','));
        Assert.Contains("'=x", lines[1], StringComparison.Ordinal);
        Assert.Equal(404, (await server.Client.SendAsync("GET", "/api/trades/9/fills?format=csv")).Status);
    }

    [Fact]
    public async Task It_needs_the_right_of_a_read_and_a_free_place()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        await FillAsync(server, 1);
        Assert.Equal(401, (await server.Anonymous.SendAsync("GET", "/api/trades?format=csv")).Status);
        var exports = server.Services.GetRequiredService<RunningExports>();
        var places = Enumerable.Range(0, RunningExports.MostKnown).Select(_ => exports.Begin(Call.AtCommandLine())).ToList();
        var (status, answer) = await server.Client.SendAsync("GET", "/api/trades?format=csv");
        Assert.Equal((503, "overloaded"), (status, (string?)answer["code"]));
        places[0].Dispose();
        places[0].Dispose();
        Assert.NotEmpty(await TextAsync(server, "/api/trades?format=csv"));
        Assert.NotEmpty(await TextAsync(server, "/api/trades?format=csv"));
    }

    /// <summary>A client that goes away in the middle leaves nothing behind: its place is free at once.</summary>
    [Fact]
    public async Task A_client_that_goes_away_frees_its_place()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 12_000);
        for (var i = 0; i < RunningExports.MostKnown + 4; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/trades");
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
            using (var answer = await SendAsync(request))
            {
                Assert.Equal(200, (int)answer.StatusCode);
                await (await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)).ReadExactlyAsync(new byte[1000], TestContext.Current.CancellationToken);
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    private static async Task<string> TextAsync(TestServer server, string path)
    {
        using var answer = await server.Client.RawAsync("GET", path);
        Assert.Equal(200, (int)answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static async Task FillAsync(TestServer server, int count)
    {
        foreach (var part in Enumerable.Range(0, count).Chunk(5000))
        {
            var items = part.Select(static i => FormattableString.Invariant($$"""
                {"timestamp":"{{TestServer.Start.AddSeconds(-i):yyyy-MM-ddTHH:mm:ssZ}}","trading_pair":"{{(i % 5 == 0 ? "=cmd" : "SUI/USDC")}}","side":"{{(i % 3 == 0 ? "SELL" : "BUY")}}","entry_price":{{1.5 + (i % 7)}},"quantity":{{0.1 + i}},
                "exit_reason":"{{(i % 4 == 0 ? "-1 \\\"x\\\", 'y'" : " Ü\\nz")}}","bot_name":"{{(i % 6 == 0 ? "+b" : "b,c")}}"}
                """));
            await server.PostAsync("/api/trades/batch", $"{{\"items\":[{string.Join(',', items)}]}}");
        }
    }
}
