using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.News;

/// <summary>The sentiment of the news is that of tests/tools/sentiment.py, which computes it with pandas from what was posted.</summary>
public sealed class NewsSentimentTests
{
    private static readonly string[] Assets = ["BTC", "ETH", "SOL"];
    private static readonly string?[] Words = ["bullish", "bearish", "neutral", null];

    [Theory]
    [InlineData(1, "hours=24", 24, null, null)]
    [InlineData(2, "hours=24&asset=btc", 24, "BTC", null)]
    [InlineData(3, "hours=168&source=wire", 168, null, "wire")]
    [InlineData(4, "hours=1&asset=SOL&source=wire", 1, "SOL", "wire")]
    public async Task The_sentiment_is_that_of_pandas(int seed, string query, int hours, string? asset, string? source)
    {
        await using var server = await TestServer.StartAsync();
        var articles = Made(new Random(seed));
        await server.PostAsync("/api/news/batch", new JsonObject { ["items"] = articles.DeepClone() }.ToJsonString());
        var data = (await server.GetAsync($"/api/news/sentiment?{query}"))["data"]!;
        var file = server.Folder.File("asked.json");
        await File.WriteAllTextAsync(file, new JsonObject
        {
            ["now"] = server.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            ["hours"] = hours,
            ["asset"] = asset,
            ["source"] = source,
            ["articles"] = articles,
        }.ToJsonString());
        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [Repository.PathOf("tests", "tools", "sentiment.py"), file]);
        Assert.True(code == 0, output + error);
        var expected = JsonNode.Parse(output)!;
        Assert.True((long)expected["n"]! > 0);
        Assert.Equal((long)expected["n"]!, (long)data["n"]!);
        AssertSame(expected["sentiment"], data["sentiment"]);
        AssertSame(expected["weight"], data["weight"]);
        AssertSame(expected["without_confidence"], data["without_confidence"]);
        Assert.All(expected["counts"]!.AsObject(), count => AssertSame(count.Value, data[count.Key]));
        var byAsset = data["by_asset"]!.AsArray().ToDictionary(static one => (string)one!["asset"]!, static one => one!);
        Assert.Equal(expected["by_asset"]!.AsObject().Select(static one => one.Key).Order(), byAsset.Keys.Order());
        foreach (var (name, figures) in expected["by_asset"]!.AsObject())
        {
            AssertSame(figures!["n"], byAsset[name]["n"]);
            AssertSame(figures["sentiment"], byAsset[name]["sentiment"]);
        }
    }

    [Fact]
    public async Task What_cannot_be_known_is_null_with_its_reason()
    {
        await using var server = await TestServer.StartAsync();
        var none = (await server.GetAsync("/api/news/sentiment"))["data"]!;
        Assert.Null(none["sentiment"]);
        Assert.Equal("needs an article with a sentiment that has not expired", (string?)none["undefined"]!["sentiment"]);
        await server.PostAsync("/api/news", """{"article_url":"a","sentiment":"bullish","confidence":0}""");
        server.Clock.Advance(TimeSpan.FromSeconds(2));
        var unsure = (await server.GetAsync("/api/news/sentiment"))["data"]!;
        Assert.Equal((1, "needs an article whose confidence is above 0"), ((long)unsure["n"]!, (string?)unsure["undefined"]!["sentiment"]));
    }

    /// <summary>Half of the weight is gone after 12 hours, by hand: (0.8 × 1 − 1 × 0.5) ÷ (0.8 + 0.5).</summary>
    [Fact]
    public async Task Half_of_the_weight_is_gone_after_twelve_hours()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/news", """{"article_url":"a","sentiment":"bullish","confidence":0.8}""");
        await server.PostAsync("/api/news", """{"article_url":"b","sentiment":"bearish","confidence":1,"published_at":"2026-03-02T00:00:00Z"}""");
        AssertSame(0.3 / 1.3, (await server.GetAsync("/api/news/sentiment"))["data"]!["sentiment"]);
    }

    private static JsonArray Made(Random random)
    {
        var articles = new JsonArray();
        string Time(double hours) => TestServer.Start.AddSeconds(Math.Round(hours * 3600)).ToString("O", CultureInfo.InvariantCulture);
        for (var i = 0; i < 400; i++)
        {
            var age = i % 4 == 0 ? random.NextDouble() : random.NextDouble() * 60;
            articles.Add(new JsonObject
            {
                ["article_url"] = $"u{i - (i % 17 == 0 ? 1 : 0)}",
                ["timestamp"] = Time(-age / 2),
                ["published_at"] = random.Next(3) == 0 ? null : Time(-age),
                ["sentiment"] = Words[random.Next(4)],
                ["confidence"] = random.Next(5) == 0 ? null : Math.Round(random.NextDouble(), 3),
                ["cache_expires_at"] = random.Next(3) == 0 ? Time((random.NextDouble() * 4) - 2) : null,
                ["source"] = random.Next(2) == 0 ? "wire" : "other",
                ["assets"] = random.Next(4) == 0 ? null : new JsonArray([.. Assets.Where(_ => random.Next(2) == 0).Select(static one => JsonValue.Create(one))]),
            });
        }

        return articles;
    }

    private static void AssertSame(JsonNode? expected, JsonNode? actual)
    {
        if (expected is null)
        {
            Assert.Null(actual);
            return;
        }

        var (one, other) = (double.Parse(expected.ToString(), CultureInfo.InvariantCulture), double.Parse(actual!.ToString(), CultureInfo.InvariantCulture));
        Assert.True(Math.Abs(one - other) <= 1e-9 * Math.Max(1, Math.Abs(one)), $"{actual} instead of {expected}");
    }
}
