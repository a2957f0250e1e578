using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.CircuitBreaker;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>How soon a decision follows the observation that crosses the line.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class BreakerSpeedTests
{
    /// <summary>Nobody asks: the follower decides by itself. The best of five counts, because other programs share the machine.</summary>
    [Fact]
    public async Task A_decision_follows_within_100_milliseconds_of_the_commit()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        Assert.InRange(await BestAsync(server, price => server.ObserveAsync($"\"btc_price\":{price}")), 0, 100);
    }

    /// <summary>sqlite3 writes the rows, as another program does.</summary>
    [Fact, OnlyOnSqlite("another program writes the file")]
    public async Task A_decision_follows_within_350_milliseconds_of_a_commit_of_another_process()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        var best = await BestAsync(server, price => Tool.SqliteAsync(server.DatabasePath,
            $"INSERT INTO market_context(timestamp, btc_price) VALUES ('{server.Clock.GetUtcNow():yyyy-MM-dd HH:mm:ss}', {price});"));
        Assert.InRange(best, 0, 350);
        Assert.Equal(5, (await server.EventsAsync("?trigger_type=btc_dump")).Length);
    }

    [Fact]
    public async Task The_answer_is_kept_and_right_at_once_after_a_trigger()
    {
        await using var server = await TestServer.StartAsync();
        var board = server.Services.GetRequiredService<BreakerBoard>();
        await server.UntilAsync(static state => state["measures"]!.AsArray().Count == 2);
        var first = await board.AnswerAsync(null, null, TestContext.Current.CancellationToken);
        Assert.Same(first, await board.AnswerAsync(null, null, TestContext.Current.CancellationToken));

        // A commit that has nothing to do with it leaves the bytes as they are.
        await server.PostAsync("/api/signals", """{"trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":5,"price":1.5}""");
        Assert.Same(first, await board.AnswerAsync(null, null, TestContext.Current.CancellationToken));
        for (var round = 0; round < 20; round++)
        {
            await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"x"}""");
            await server.DemandAsync("triggered", false);
            await server.PostAsync("/api/circuit-breaker/clear", """{"reason":"x"}""", 200);
            await server.DemandAsync("clear", true);
        }
    }

    /// <summary>Stores prices that fall by a fifth each time, and clears with a new peak in between.</summary>
    private static async Task<double> BestAsync(TestServer server, Func<string, Task> observe)
    {
        var market = server.Services.GetRequiredService<MarketFollower>();
        var (best, price) = (double.MaxValue, 100m);
        await server.ObserveAsync("\"btc_price\":100");
        for (var round = 0; round < 5; round++)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            price *= 0.8m;
            await observe(price.ToString(CultureInfo.InvariantCulture));
            var watch = Stopwatch.StartNew();
            while (market.Judged.Open.Count == 0)
            {
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), "Nothing was decided.");
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            best = Math.Min(best, watch.Elapsed.TotalMilliseconds);
            await server.PostAsync("/api/circuit-breaker/clear", """{"reason":"x","hold":[{"trigger_type":"btc_dump","new_peak":true}]}""", 200);
            await server.DemandAsync("clear", true);
        }

        return best;
    }
}
