using System.Diagnostics;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>Figures over 1,000,000 trades with PILOTHOUSE_SLOW_TESTS=1 on a machine that does nothing else; else over 20,000, without limits of time.</summary>
public sealed class PerformanceSpeedTests
{
    private static readonly bool Slow = Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1";

    private static readonly string[] Views =
        ["", "/equity", "/daily", "/by?by=pair", "/by?by=bot", "/by?by=side", "/by?by=strategy", "/by?by=exit_reason", "/by?by=weekday", "/by?by=hour", "/distribution"];

    private static readonly string[] Filtered =
    [
        "?trading_pair=SUI/USDC", "?side=BUY", "?bot_name=bot1", "?tz=Europe/Berlin", "/equity?trading_pair=SUI/USDC", "/daily?tz=Europe/Berlin", "/by?side=SELL",
        "?strategy=none", "?currency=USDC", "/by?by=bot&tz=Europe/Berlin", "/by?by=hour&tz=Europe/Berlin", "/by?by=exit_reason&side=BUY", "/distribution?side=BUY", "?from_date=2025-08-01", "?from_date=2025-08-01&to_date=2025-08-02", "/equity?period=monthly&bot_name=bot2",
    ];

    [OnlyOnSqlite("the aims are of the file")]
    [Fact]
    public async Task Every_view_is_fast_once_warm_and_right_after_one_more_trade()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, Slow ? 1_000_000 : 20_000);
        foreach (var view in Views)
        {
            await server.GetAsync("/api/performance" + view);
        }

        var after = new List<TimeSpan>();
        foreach (var view in Views)
        {
            await server.PostAsync("/api/trades", """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":1,"exit_price":1.1,"quantity":10,"status":"closed","bot_name":"bot1"}""");
            after.Add(await TimeAsync(server, view));
        }

        // The median of the views: another program may have the processor for a moment.
        Assert.True(!Slow || after.Order().ElementAt(after.Count / 2) < TimeSpan.FromMilliseconds(5), string.Join(' ', Views.Zip(after)));
        foreach (var query in Filtered)
        {
            await TimeAsync(server, query);
            var time = await TimeAsync(server, query);
            Assert.True(!Slow || time < TimeSpan.FromMilliseconds(500), $"{query} took {time}");
        }
    }

    private static async Task<TimeSpan> TimeAsync(TestServer server, string query)
    {
        var started = Stopwatch.GetTimestamp();
        using var response = await server.Client.GetAsync("/api/performance" + query, TestContext.Current.CancellationToken);
        var time = Stopwatch.GetElapsedTime(started);
        Assert.True(response.IsSuccessStatusCode, query);
        return time;
    }

    private static async Task FillAsync(TestServer server, int trades)
    {
        await Tool.SqliteAsync(server.DatabasePath, $"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {trades})
            INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, fees, status, closed_at, bot_name, exit_reason)
            SELECT datetime('2025-01-01', (i * 20) || ' seconds'), CASE i % 3 WHEN 0 THEN 'SUI/USDC' WHEN 1 THEN 'BTC/USDC' ELSE 'ETH/USDC' END,
              CASE i % 2 WHEN 0 THEN 'BUY' ELSE 'SELL' END, 1.0, 1.0 + (i * 37 % 101 - 45) / 100.0, 10, (i * 37 % 101 - 45) / 10.0, 0.01, 'closed',
              datetime('2025-01-01', (i * 20 + 10) || ' seconds'), 'bot' || (i % 4), 'tp' || (i % 5) FROM n;
            INSERT INTO bot_status(timestamp, bot_name, status, balance) VALUES ('2025-01-01 00:00:00', 'bot0', 'running', 100000),
              ('2025-01-01 00:00:00', 'bot1', 'running', 100000), ('2025-01-02 00:00:00', 'bot3', 'running', 100000), ('2026-02-01 00:00:00', 'bot3', 'running', 100000);
            INSERT INTO cash_flows(timestamp, bot_name, amount, asset) VALUES ('2025-03-01 00:00:00', 'bot0', 1000, 'USDC');
            """);
    }
}
