using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Prices;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Prices;

/// <summary>How prices moved from a time to each horizon.</summary>
public sealed class PriceMoveTests
{
    private static readonly bool Slow = Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1";

    /// <summary>Every price is that of tests/tools/moves.py, which reads the same rows with pandas.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Moves_are_those_of_pandas(int seed)
    {
        await using var server = await TestServer.StartAsync();
        var world = new MadeWorld(server, seed, minutesLong: 2000);
        await world.PostAsync();
        server.Clock.Advance(TimeSpan.FromSeconds(30.5));
        var random = new Random(seed);
        string[] pairs = ["BTC/USDT", "ethusdc", "SUI/USDC", "kPEPE/USDC:USDC", "ETH/BTC", "NO/SUCH"];
        List<(string Pair, DateTimeOffset At)> moments =
            [.. Enumerable.Range(0, 600).Select(i => (pairs[i % pairs.Length], TestServer.Start.AddSeconds(random.Next(60 * 3450) - (60 * 3400))))];
        var expected = (await world.ExpectedAsync("moves.py", ("moments", new JsonArray([.. moments.Select(static moment => (JsonNode)new JsonObject
        {
            ["trading_pair"] = moment.Pair,
            ["at"] = moment.At.ToString("O", CultureInfo.InvariantCulture),
        })]))))["moves"]!.AsArray();

        var moves = await FindAsync(server, moments);
        var seen = new HashSet<string>();
        for (var i = 0; i < moments.Count; i++)
        {
            var alone = await server.Services.GetRequiredService<Database>().ReadAsync(
                session => PriceMoves.FindAsync(session, moments[i].Pair, moments[i].At, server.Clock.GetUtcNow()));
            for (var h = 0; h < 3; h++)
            {
                var told = expected[i]![h]!.AsArray();
                var move = moves[(i * 3) + h];
                Assert.Equal(((double?)told[0], (double?)told[1]), (move.From, move.To));
                Assert.Equal(move, alone[h]);
                seen.Add($"{h} {move.From is null} {move.To is null}");
            }
        }

        Assert.Equal(12, seen.Count);
    }

    [Fact]
    public async Task The_last_price_counts_if_it_is_fresh_else_the_first_one_after()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals/batch", """
            {"items":[
              {"timestamp":"2026-03-02T08:00:00Z","trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":10},
              {"timestamp":"2026-03-02T09:20:00Z","trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":12},
              {"timestamp":"2026-03-02T11:00:00Z","trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":9}]}
            """);
        Assert.Equal(new PriceMove(10, null), await MoveAsync("08:00"));
        Assert.Equal(new PriceMove(10, 12), await MoveAsync("08:05"));
        Assert.Equal(new PriceMove(12, null), await MoveAsync("09:35"));
        Assert.Equal(new PriceMove(null, 9), await MoveAsync("09:45"));
        Assert.Equal(new PriceMove(9, null), await MoveAsync("11:10"));
        Assert.Equal((1, -0.25), (new PriceMove(10, 12).Direction, new PriceMove(12, 9).Change));

        // A candle says more than a signal, even where the signal is newer.
        await server.PostAsync("/api/candles", """{"trading_pair":"a/b","timeframe":"5m","open_time":"2026-03-02T07:50:00Z","open":20,"high":20,"low":20,"close":20,"volume":1}""");
        Assert.Equal(new PriceMove(20, null), await MoveAsync("08:00"));
        Assert.Equal(new PriceMove(10, 12), await MoveAsync("08:15"));

        async Task<PriceMove> MoveAsync(string clock) =>
            (await FindAsync(server, [("A/B", DateTimeOffset.Parse($"2026-03-02T{clock}:00Z", CultureInfo.InvariantCulture))]))[0];
    }

    /// <summary>1,000,000 moments with PILOTHOUSE_SLOW_TESTS=1, else 20,000 without a limit of time.</summary>
    [OnlyOnSqlite("the aim is of the file")]
    [Fact]
    public async Task A_million_moments_are_a_merge()
    {
        await using var server = await TestServer.StartAsync();
        await Tool.SqliteAsync(server.DatabasePath, """
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 129599)
            INSERT INTO candles(trading_pair, timeframe, open_time, open, high, low, close, known_at)
            SELECT 'P' || (i % 3) || '/USDT', '1m', datetime('2026-01-01', (i / 3) || ' minutes'), 5, 200, 5, 100 + (i * 37 % 101) / 10.0,
              datetime('2026-01-01', (i / 3 + 1) || ' minutes') FROM n;
            """);
        var random = new Random(1);
        var start = new DateTimeOffset(2026, 1, 1, 1, 0, 0, TimeSpan.Zero);
        List<(string Pair, DateTimeOffset At)> moments =
            [.. Enumerable.Range(0, Slow ? 1_000_000 : 20_000).Select(i => ($"P{i % 3}/USDT", start.AddSeconds(random.Next(86_400 * 28))))];
        var begun = Stopwatch.GetTimestamp();
        var moves = await FindAsync(server, moments);
        var took = Stopwatch.GetElapsedTime(begun);
        Assert.All(moves, static move => Assert.NotNull(move.Direction));
        Assert.True(!Slow || took < TimeSpan.FromSeconds(5), $"{took}");
    }

    private static async Task<PriceMove[]> FindAsync(TestServer server, IReadOnlyList<(string Pair, DateTimeOffset At)> moments) =>
        await server.Services.GetRequiredService<Database>().ReadAsync(session => PriceMoves.FindAsync(session, moments, server.Clock.GetUtcNow()));
}
