using System.Text.Json.Nodes;
using Pilothouse.Replay;
using Pilothouse.Tests.Fixtures;
using Spectre.Console;
using static Pilothouse.Tests.Replay.SampleData;

namespace Pilothouse.Tests.Replay;

/// <summary>What the agents of the replay decide, detect and write.</summary>
public sealed class MindTests
{
    private static readonly Lazy<List<BotAction>> Actions = new(static () => Play(CandleFiles.Read([Folder])));

    [Fact]
    public void Each_agent_decides_before_each_trade_and_says_different_things()
    {
        var made = Actions.Value.OfType<DecisionsMade>().ToList();
        Assert.Equal(Actions.Value.OfType<TradeOpened>().Select(static trade => (trade.Position.Pair, trade.At)), made.Select(static one => (one.Pair, one.At)));
        Assert.All(made, static one => Assert.Equal(["trend_agent", "reversion_agent", "risk_agent"], one.Opinions.Select(static paid => paid.Opinion.Agent)));
        var opinions = made.SelectMany(static one => one.Opinions).Concat(Actions.Value.OfType<SpikeAnalyzed>().Select(static one => one.Analysis)).ToList();
        Assert.Equal(
            "reversion_agent entry buy hold sell,risk_agent risk_check approve reject,risk_agent spike skip trade,trend_agent entry buy hold sell",
            string.Join(',', opinions.GroupBy(static paid => $"{paid.Opinion.Agent} {paid.Opinion.Type}").OrderBy(static kind => kind.Key, StringComparer.Ordinal)
                .Select(static kind => $"{kind.Key} {string.Join(' ', kind.Select(static paid => paid.Opinion.Decision).Distinct().Order(StringComparer.Ordinal))}")));
        Assert.All(opinions, static paid => Assert.InRange(paid.Opinion.Confidence, 0, 1));
        Assert.All(opinions, static paid => Assert.InRange(paid.Opinion.Reasoning.Length, 20, 300));
        Assert.All(opinions, static paid => Assert.True(paid.Use.IsFromCache ? paid.Use.InputTokens == 0 : paid.Use is { InputTokens: > 0, OutputTokens: > 0, Milliseconds: > 100 }));
        Assert.Contains(opinions, static paid => paid.Use.IsFromCache);
    }

    [Fact]
    public void An_agent_that_is_against_the_side_of_a_trade_did_not_lead_to_it()
    {
        foreach (var made in Actions.Value.OfType<DecisionsMade>())
        {
            var trade = Actions.Value.OfType<TradeOpened>().Single(trade => trade.At == made.At && trade.Position.Pair == made.Pair).Position;
            Assert.All(made.Opinions, paid => Assert.Equal(
                paid.Opinion.Decision is "approve" or "reject" || paid.Opinion.Decision == (trade.IsLong ? "buy" : "sell"), paid.Opinion.LeadsToTrade));
        }
    }

    [Fact]
    public void Each_spike_is_detected_analyzed_and_then_traded_within_five_minutes_or_skipped_with_a_reason()
    {
        var spikes = Actions.Value.OfType<SpikeDetected>().Select(static one => one.Spike).ToList();
        Assert.InRange(spikes.Count, 60, 400);
        Assert.Equal(spikes, Actions.Value.OfType<SpikeAnalyzed>().Select(static one => one.Spike));
        var settled = Actions.Value.OfType<SpikeSettled>().ToDictionary(static one => one.Spike);
        Assert.Equal(spikes.ToHashSet(), settled.Keys.ToHashSet());
        var opened = Actions.Value.OfType<TradeOpened>().ToLookup(static trade => (trade.Position.Pair, trade.At), static trade => trade.Position.IsLong);
        var traded = settled.Values.Where(static one => one.SkipReason is null).ToList();
        Assert.NotEmpty(traded);
        Assert.All(traded, one =>
        {
            Assert.Equal(one.Spike.IsPump, Assert.Single(opened[(one.Spike.Pair, one.At)]));
            Assert.InRange(one.At - one.Spike.At, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        });
        Assert.Equal(
            ["No signal came its way within five minutes.", "The bot is long already.", "The bot is short already.", "risk_agent"],
            settled.Values.Select(static one => one.SkipReason?.Split(':')[0]).OfType<string>().Where(static why => !why.StartsWith("The replay", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>Minutes of 100 with a volume of 10; then one that another price, another volume or a gap makes a spike, or not.</summary>
    [Theory]
    [InlineData(100.74, 10, 1, "")]
    [InlineData(100.75, 10, 1, "price pump 0.75 5")]
    [InlineData(99.25, 10, 1, "price dump -0.75 5")]
    [InlineData(100.75, 10, 2, "")]
    [InlineData(100.2, 49.9, 1, "")]
    [InlineData(100.2, 50, 1, "volume pump 0.2 1")]
    [InlineData(99, 50, 1, "price dump -1 5,volume dump -1 1")]
    public void A_spike_needs_its_move_its_volume_and_all_its_minutes(double close, double volume, int minutesLater, string expected)
    {
        var watch = new SpikeWatch();
        for (var minute = 0; minute < 60; minute++)
        {
            Assert.Empty(watch.Add(Flat(minute, 100, 10)));
        }

        var (last, low, high) = ((decimal)close, Math.Min(100, (decimal)close), Math.Max(100, (decimal)close));
        var seen = watch.Add(Candle(59 + minutesLater, 100, high, low, last, (decimal)volume));
        Assert.Equal(expected, string.Join(',', seen.Select(static spike => FormattableString.Invariant(
            $"{spike.Type} {(spike.IsPump ? "pump" : "dump")} {spike.MagnitudePercent} {spike.Minutes}"))));
        Assert.All(seen, spike => Assert.InRange(spike.LatencyMs, 0, 60_000));

        // Seen once, it is not reported again for 15 minutes.
        var next = watch.Add(Candle(60 + minutesLater, last, last + 2, last - 2, last * 1.015m, 500));
        Assert.DoesNotContain(next, spike => seen.Any(before => before.Type == spike.Type));
    }

    [Fact]
    public void News_say_what_the_candles_did_and_who_wrote_them()
    {
        var articles = Actions.Value.OfType<ArticleWritten>().ToList();
        Assert.InRange(articles.Count, 20, 120);
        Assert.All(articles, static one => Assert.EndsWith("(written by pilothouse replay from its candles)", one.Title, StringComparison.Ordinal));
        Assert.Equal(["BTC", "ETH", "LTC"], articles.SelectMany(static one => one.Assets).Distinct().Order(StringComparer.Ordinal));
        Assert.All(articles.Where(static one => one.Assets.Count == 1), static one => Assert.Equal(one.Title.Contains(" rose ", StringComparison.Ordinal) ? "bullish" : "bearish", one.Sentiment));
        Assert.Equal(articles.Count, articles.Select(static one => one.Name).Distinct().Count());
        Assert.Contains("BTC fell 1.0 % in an hour", Write(100, 99), StringComparison.Ordinal);
        Assert.Equal("", Write(100, 99.1m));

        static string Write(decimal from, decimal to)
        {
            var market = new MarketMemory();
            market.Add(Flat(-1, from));
            market.Add(Flat(59, to));
            return string.Join(',', new Newsroom(new ModelMeter()).At(Start.AddHours(1), market).Select(static one => one.Title));
        }
    }

    [Fact]
    public void Asked_the_same_within_an_hour_an_agent_has_its_answer_and_its_instructions_are_cheaper_for_five_minutes()
    {
        var meter = new ModelMeter();
        var opinion = new Opinion("a", "r", "entry", "hold", false, 0.5, new string('x', 40), new() { ["rsi"] = 50 }, []);
        ModelUse Ask(int minute, double rsi) => meter.Ask("BTC/USD", Start.AddMinutes(minute), opinion with { Inputs = new() { ["rsi"] = rsi } }).Use;
        var (first, warm, cold) = (Ask(0, 50), Ask(4, 55), Ask(9, 60));
        Assert.Equal((0, 320, 10), (first.CachedTokens, first.InputTokens - warm.InputTokens, first.OutputTokens));
        Assert.Equal((320, 0), (warm.CachedTokens, cold.CachedTokens));
        Assert.True(Ask(59, 50).IsFromCache);
        Assert.False(Ask(60, 50).IsFromCache);
    }

    [Fact]
    public async Task Decisions_and_spikes_are_sent_and_what_became_of_them_is_a_change_of_each()
    {
        await using var server = await FakeServer.StartAsync();
        await ReplayAsync(server);
        var (steps, links) = (server.Changes.Where(static change => change.Path.StartsWith("/api/spikes/", StringComparison.Ordinal)).ToList(),
            server.Changes.Where(static change => change.Path.StartsWith("/api/agents/decisions/", StringComparison.Ordinal)).ToList());
        var ways = steps.GroupBy(static step => step.Path).Select(static way => string.Join(' ', way.Select(static step => (string?)JsonNode.Parse(step.Body)!["status"]))).ToList();
        Assert.Equal(server.Requests.Count(static request => request.Path == "/api/spikes"), ways.Count);
        Assert.Equal(["analyzed skipped", "analyzed traded"], ways.Distinct().Order(StringComparer.Ordinal));
        var signals = server.Changes.Where(static change => change.Path.StartsWith("/api/signals/", StringComparison.Ordinal)).ToList();
        Assert.Equal(server.Changes.Count, steps.Count + links.Count + signals.Count);
        Assert.Equal(server.Requests.Count(static request => request.Path == "/api/trades"), signals.Count);
        Assert.All(signals, static signal => Assert.Equal("""{"status":"executed"}""", signal.Body));
        Assert.Equal("indicator-score-1", (string?)JsonNode.Parse(server.Requests.Single(static request => request.Path == "/api/models").Body)!["version"]);
        Assert.All(links, static link => Assert.Equal(["trade_id"], JsonNode.Parse(link.Body)!.AsObject().Select(static field => field.Key)));

        // The server makes the costs: no use has one, and each names its decision or is of the news.
        var uses = server.Requests.Where(static request => request.Path == "/api/cost-analytics/batch").SelectMany(static request => JsonNode.Parse(request.Body)!["items"]!.AsArray()).ToList();
        Assert.All(uses, static use => Assert.Null(use!["estimated_cost"]));
        Assert.All(uses, static use => Assert.Equal((string?)use!["operation_type"] == "news_summary", use["decision_id"] is null));
        Assert.Equal(["replay-small", "replay-large"], server.Prices.Select(static price => (string?)JsonNode.Parse(price.Body)!["model"]));

        // Run again, it finds the prices, and those of its owner stay.
        await ReplayAsync(server);
        Assert.Equal(2, server.Prices.Count);
    }

    /// <summary>A second run repeats the steps of spikes, which are at their end already.</summary>
    [Fact]
    public async Task Prices_of_the_owner_stay_and_a_run_that_is_repeated_changes_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/model-prices", """{"model":"replay-small","valid_from":"2017-01-01T00:00:00Z","input_per_million":3,"output_per_million":5}""");
        using var http = server.ClientWithKey(await server.CreateKeyAsync("replay", "read", "write"));
        await ReplayAsync(server.Client.BaseAddress!, http);
        string State() => string.Join('|', server.Sql("SELECT group_concat(status || coalesce(trade_id, '')) FROM spike_events"), server.Sql("SELECT group_concat(coalesce(trade_id, '-')) FROM agent_decisions"),
            server.Sql("SELECT count(*) FROM changes"));
        var before = State();
        await ReplayAsync(server.Client.BaseAddress!, http);
        Assert.Equal(before, State());
        Assert.Equal(["replay-large 1.25", "replay-small 3"], (await server.GetAsync("/api/model-prices"))["data"]!.AsArray()
            .Select(static price => $"{price!["model"]} {price["input_per_million"]}").Order(StringComparer.Ordinal));
    }

    private static async Task ReplayAsync(FakeServer server)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        await ReplayAsync(server.Address, http);
    }

    private static async Task ReplayAsync(Uri server, HttpClient http)
    {
        var settings = new ReplaySettings(server, "ph_test", [Folder], null, "replay_bot", AsRecorded: true);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        await new ReplaySession(settings, http, TimeProvider.System, console).RunAsync(TestContext.Current.CancellationToken);
    }
}
