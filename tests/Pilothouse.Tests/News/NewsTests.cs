using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.News;

/// <summary>News over HTTP: one article for each URL, its expiry, and the lists of an asset. What every record has in common is tested for all tables.</summary>
public sealed class NewsTests
{
    private const string Article = """
        {"article_url":"https://news.example/1","article_title":"Up","sentiment":"Bullish","confidence":0.5,"source":"wire","assets":["btc","ETH","BTC"],
        "published_at":"2026-03-02T11:00:00Z","cache_expires_at":"2026-03-02T13:00:00Z"}
        """;

    [Fact]
    public async Task An_article_comes_back_as_it_was_sent_with_its_assets_in_capitals()
    {
        await using var server = await TestServer.StartAsync();
        WriteChecks.Same("""{"success":true,"message":"News stored successfully","news_id":1}""", await server.PostAsync("/api/news", Article));
        WriteChecks.Same("""
            {"success":true,"count":1,"data":[{"id":1,"timestamp":"2026-03-02T12:00:00+00:00","article_url":"https://news.example/1","article_title":"Up",
            "sentiment":"bullish","confidence":0.5,"cache_expires_at":"2026-03-02T13:00:00+00:00","source":"wire","published_at":"2026-03-02T11:00:00+00:00",
            "assets":["BTC","ETH"]}],"next_cursor":null}
            """, await server.GetAsync("/api/news"));
        Assert.Equal("""["BTC","ETH"]""", server.Sql("SELECT assets FROM news_cache"));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM audit_log WHERE record_table = 'news_cache'"));
    }

    [Fact]
    public async Task An_article_with_the_same_URL_takes_the_place_of_the_stored_one_and_is_one_event()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Anonymous);
        await server.PostAsync("/api/news", Article);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        var again = await server.PostAsync("/api/news", """{"article_url":"https://news.example/1","sentiment":"bearish","assets":["SOL"]}""");
        Assert.Equal(1, (long)again["news_id"]!);
        var events = await stream.NextAsync(2);
        Assert.Equal(["news.recorded", "news.changed"], events.Select(static one => one.Name));
        var article = (await server.GetAsync("/api/news"))["data"]!.AsArray().Single()!;
        Assert.Equal(article.ToJsonString(), events[1].Data.ToJsonString());
        Assert.Equal(("bearish", null, """["SOL"]"""), ((string?)article["sentiment"], article["article_title"], article["assets"]!.ToJsonString()));
        Assert.Equal((0, 1), (await CountAsync(server, "asset=BTC"), await CountAsync(server, "asset=sol")));

        var batch = await server.PostAsync("/api/news/batch", """{"items":[{"article_url":"https://news.example/1","assets":["BTC"]},{"article_url":"https://news.example/2","assets":["BTC"]}]}""");
        Assert.Equal((2, 1), ((int)batch["count"]!, (long)batch["ids"]![0]!));
        Assert.Equal((2, 0), (await CountAsync(server, "asset=BTC"), await CountAsync(server, "asset=SOL")));
    }

    [Fact]
    public async Task An_expired_article_is_in_no_list_and_in_no_sentiment_from_its_moment_on()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/news", Article);
        await server.PostAsync("/api/news", """{"article_url":"https://news.example/2","sentiment":"bearish","assets":["BTC"]}""");
        server.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal((2, 2, 1), (await CountAsync(server, ""), await CountAsync(server, "asset=BTC"), await CountAsync(server, "sentiment=bullish")));
        Assert.Equal(2, (long)(await server.GetAsync("/api/news/sentiment"))["data"]!["n"]!);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((1, 1, 0), (await CountAsync(server, ""), await CountAsync(server, "asset=BTC"), await CountAsync(server, "sentiment=bullish")));
        Assert.Equal((1, -1), ((long)(await server.GetAsync("/api/news/sentiment"))["data"]!["n"]!, (double)(await server.GetAsync("/api/news/sentiment"))["data"]!["sentiment"]!));
        Assert.Equal(1, (await server.Client.RawAsync("GET", "/api/news?format=csv")) is var csv ? (await csv.Content.ReadAsStringAsync()).Count(static one => one == '\n') - 1 : 0);
    }

    [Theory]
    [InlineData("{}", "article_url", "is required")]
    [InlineData("""{"article_url":" "}""", "article_url", "must not be empty")]
    [InlineData("""{"article_url":"x","sentiment":"good"}""", "sentiment", "must be one of bullish, bearish, neutral")]
    [InlineData("""{"article_url":"x","confidence":1.01}""", "confidence", "must be from 0 to 1")]
    [InlineData("""{"article_url":"x","assets":"BTC"}""", "assets", "must be a list of assets")]
    [InlineData("""{"article_url":"x","assets":[1]}""", "assets", "must be a list of assets, each a text such as BTC")]
    [InlineData("""{"article_url":"x","assets":["123456789012345678901"]}""", "assets", "must be a list of assets of 1 to 20 printable characters, such as BTC")]
    [InlineData("""{"article_url":"x","published_at":"2026-03-02T12:06:00Z"}""", "published_at", "must not be more than 5 minutes in the future")]
    [InlineData("""{"article_url":"x","asset":["BTC"]}""", "asset", "is not a field here; the right name is assets")]
    public async Task A_wrong_article_is_refused_by_the_name_of_its_field(string body, string field, string message)
    {
        await using var server = await TestServer.StartAsync();
        var (status, refusal) = await server.Client.SendAsync("POST", "/api/news", body);
        Assert.Equal((400, field, message), (status, (string?)refusal["details"]![0]!["field"], (string?)refusal["details"]![0]!["message"]));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM news_cache"));
    }

    [Fact]
    public async Task A_URL_is_bounded_in_bytes_and_the_longest_can_be_stored()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/news", $$"""{"article_url":"{{new string('x', 2000)}}"}""");
        var (status, refusal) = await server.Client.SendAsync("POST", "/api/news", $$"""{"article_url":"{{new string('ä', 1001)}}"}""");
        Assert.Equal((400, "must be at most 2000 bytes long in UTF-8"), (status, (string?)refusal["details"]![0]!["message"]));
    }

    [Fact]
    public async Task Pages_of_an_asset_are_in_order_without_a_gap_or_a_double()
    {
        await using var server = await TestServer.StartAsync();
        var items = new JsonArray();
        for (var i = 0; i < 300; i++)
        {
            items.Add(new JsonObject
            {
                ["article_url"] = $"u{i}",
                ["timestamp"] = TestServer.Start.AddMinutes(-(i / 3)).ToString("O", CultureInfo.InvariantCulture),
                ["sentiment"] = i % 2 == 0 ? "bullish" : "neutral",
                ["assets"] = new JsonArray(i % 5 == 0 ? "ETH" : "BTC", "ALL"),
            });
        }

        await server.PostAsync("/api/news/batch", new JsonObject { ["items"] = items }.ToJsonString());
        foreach (var (filter, expected) in new (string, Func<int, bool>)[]
            { ("asset=all", static _ => true), ("asset=ETH", static i => i % 5 == 0), ("asset=BTC&sentiment=neutral", static i => i % 5 != 0 && i % 2 == 1) })
        {
            var seen = new List<long>();
            string? cursor = null;
            do
            {
                var page = await server.GetAsync($"/api/news?{filter}&limit=7{(cursor is null ? "" : $"&cursor={cursor}")}");
                seen.AddRange(page["data"]!.AsArray().Select(static one => (long)one!["id"]!));
                cursor = (string?)page["next_cursor"];
            }
            while (cursor is not null);
            Assert.Equal(Enumerable.Range(0, 300).Where(expected).OrderBy(static i => i / 3).ThenByDescending(static i => i).Select(static i => i + 1L), seen);
        }
    }

    [OnlyOnSqlite("another program writes the file")]
    [Fact]
    public async Task What_a_Python_bot_writes_and_replaces_is_served()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/news", """{"article_url":"a","sentiment":"neutral","assets":["BTC"]}""");
        await Tool.SqliteAsync(server.DatabasePath, """
            INSERT OR REPLACE INTO news_cache(article_url, sentiment, confidence, cache_expires_at) VALUES ('a', 'BULLISH', 'high', '2999-01-01T00:00:00');
            INSERT INTO news_cache(article_url, sentiment, timestamp) VALUES ('b', 'odd', 'no time');
            UPDATE news_cache SET assets = 'no list' WHERE article_url = 'b';
            """);
        var articles = (await server.GetAsync("/api/news"))["data"]!.AsArray();
        var byUrl = articles.ToDictionary(static one => (string)one!["article_url"]!, static one => one!);
        Assert.Equal((null, null, "no list"), (byUrl["a"]["confidence"], byUrl["b"]["timestamp"], (string?)byUrl["b"]["assets"]));
        Assert.Equal(("bullish", null), (((string?)byUrl["a"]["sentiment"])!.ToLowerInvariant(), byUrl["a"]["assets"]));
        Assert.Equal(0, await CountAsync(server, "asset=BTC"));
        Assert.Equal(1, await CountAsync(server, "sentiment=bullish"));
        await Tool.SqliteAsync(server.DatabasePath, "DELETE FROM news_cache");
        Assert.Equal("0", server.Sql("SELECT count(*) FROM news_assets WHERE id > 1"));
    }

    private static async Task<int> CountAsync(TestServer server, string query) => (int)(await server.GetAsync($"/api/news?{query}"))["count"]!;
}
