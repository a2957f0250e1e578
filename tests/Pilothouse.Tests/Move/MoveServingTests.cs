using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Audit;
using Pilothouse.Configuration;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Move;

/// <summary>A server goes on with a moved database as if nothing had happened.</summary>
public sealed class MoveServingTests(ITestOutputHelper output)
{
    [Fact]
    [OnlyOnSqlite("It begins with a file.")]
    public async Task Figures_and_the_audit_chain_are_the_same_after_a_move_there_and_back()
    {
        await using var place = await MovingFolder.MakeAsync();
        var (figures, rows, chain) = ("", "", "");
        {
            // It is stopped and not disposed of: that would remove the folder with the file.
            var server = await TestServer.StartAsync(place.Folder, null);
            for (var i = 1; i <= 20; i++)
            {
                var price = (100 + (i * 0.07m)).ToString(CultureInfo.InvariantCulture);
                var trade = await server.PostAsync("/api/trades",
                    $$"""{"trading_pair":"A/B","side":"BUY","entry_price":{{price}},"quantity":0.3,"fees":0.01}""");
                await server.PostAsync($"/api/trades/{trade["trade_id"]}/close", """{"exit_price":101.03}""", 200);
            }

            await server.PostAsync("/api/trades/3/void", """{"reason":"a test"}""", 200);
            figures = (await server.GetAsync("/api/performance")).ToJsonString();
            rows = (await server.GetAsync("/api/trades?limit=500")).ToJsonString();
            chain = server.Sql("SELECT max(number) || ' ' || max(id) FROM audit_log")!;
            await server.StopAsync();
        }

        await place.MustMoveAsync();
        Assert.Equal(chain, await place.ServerAsync("SELECT max(number) || ' ' || max(id) FROM audit_log"));
        await using (var server = await TestServer.StartAsync(new TemporaryFolder(), null, ("DATABASE_URL", place.Url)))
        {
            Assert.Equal(figures, (await server.GetAsync("/api/performance")).ToJsonString());
            Assert.Equal(rows, (await server.GetAsync("/api/trades?limit=500")).ToJsonString());
            var findings = await server.Services.GetRequiredService<Database>()
                .SnapshotAsync(ReadKind.Own, session => new AuditCheck([new AuditKey(TestServer.Secret)]).RunAsync(session, []));
            Assert.Empty(findings.Problems);
            var next = await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1}""");
            Assert.Equal(21, (int)next["trade_id"]!);
            await server.PostAsync("/api/trades/21/void", """{"reason":"a test"}""", 200);
            await server.StopAsync();
        }

        using var home = new TemporaryFolder();
        await place.MustMoveAsync(place.Url, home.File("trading_bot.db"));
        var (code, _, error) = await ServerProcess.RunAsync(home, ["audit", "verify"], ("LOG_DIR", home.File("logs")));
        Assert.True(code == 0, error);
        await using var back = await TestServer.StartAsync(home, null);
        Assert.Equal(figures, (await back.GetAsync("/api/performance")).ToJsonString());
    }

    [Fact]
    public async Task A_million_signals_move_in_less_than_a_minute()
    {
        Assert.SkipUnless(CrashTests.Slow, "It takes minutes: PILOTHOUSE_SLOW_TESTS=1 runs it, on a machine that does nothing else.");
        await using var place = await MovingFolder.MakeAsync();
        await place.FileAsync("""
            PRAGMA synchronous=OFF;
            INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price, rsi, macd, vwap, ema9, ema21, sma50,
              bb_upper, bb_middle, bb_lower, volume, bot_name, strategy, timeframe, confidence)
            WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
            SELECT strftime('%Y-%m-%d %H:%M:%f', 1760000000 + i, 'unixepoch'), 'P' || (i % 50) || '/USDC',
              CASE i % 3 WHEN 0 THEN 'BUY' WHEN 1 THEN 'SELL' ELSE 'HOLD' END, i % 100, 3.45 + i * 0.0001, 50.1 + i % 50, 0.1 * i, 1.1 * i,
              2.2, 3.3, 4.4, 5.5, 6.6, 7.7, i * 1.5, 'bot' || (i % 5), 's' || (i % 4), '1h', 0.5 FROM n;
            """);
        await MeasureAsync("to PostgreSQL", place.Path, place.Url);
        await MeasureAsync("to a file", place.Url, place.Folder.File("back.db"));

        async Task MeasureAsync(string name, string from, string to)
        {
            var began = Stopwatch.GetTimestamp();
            string[] command = ["move", "--from", from, "--to", to];
            await using var move = ServerProcess.Begin(place.Folder, command, ("LOG_DIR", place.Folder.File("logs")));
            var (code, took) = await move.WaitForEndAsync(TimeSpan.FromMinutes(5));
            Assert.True(code == 0, move.Errors);
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A million signals {name}: {seconds:0.0} s"));
            Assert.True(took < TimeSpan.FromMinutes(1), $"{name}: {took}");
        }
    }
}
