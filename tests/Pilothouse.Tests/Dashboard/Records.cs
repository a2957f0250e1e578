using System.Globalization;
using System.Text;

namespace Pilothouse.Tests.Dashboard;

/// <summary>What a server holds whose bots have traded for some hours.</summary>
internal static class Records
{
    /// <summary>Signals, trades that followed them, agents, costs, news, spikes, the market and ten hours of candles, as bots post them.</summary>
    public static async Task FillAsync(OwnersScreen screen, int trades)
    {
        var now = DateTimeOffset.UtcNow;
        string At(double minutesAgo) => now.AddMinutes(-minutesAgo).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","mode":"paper","balance":10000,"message":"Watching BTC/USD","expected_every_seconds":60}""");
        await screen.PostAsync("/api/bot-status", $$"""{"bot_name":"beta","status":"running","mode":"auto","balance":500,"expected_every_seconds":1,"timestamp":"{{At(3)}}"}""");
        await screen.PostAsync("/api/signals/batch", Items(100, index => $$"""{"trading_pair":"BTC/USD","signal_type":"{{(index % 2 == 0 ? "BUY" : "SELL")}}","signal_strength":{{(index % 2 == 0 ? 43 : -43)}},"price":{{64000 + index}},"rsi":51.5,"bot_name":"alpha","timestamp":"{{At(index * 15)}}"}"""));
        for (var from = 0; from < trades; from += 5_000)
        {
            await screen.PostAsync("/api/trades/batch", Items(Math.Min(5_000, trades - from), index => Trade(from + index)));
        }

        await screen.PostAsync("/api/trades", """{"trading_pair":"ETH/USD","side":"SELL","entry_price":1600,"quantity":1,"stop_loss":1650,"take_profit":1500,"bot_name":"alpha","mode":"paper"}""");
        await screen.PostAsync("/api/agents/decisions/batch", Items(40, index => $$"""{"agent_name":"analyst","agent_role":"analysis","decision_type":"entry","decision":"enter","confidence":0.{{50 + index}},"reasoning":"The averages point up.","execution_time_ms":1200,"trade_id":{{index + 1}},"timestamp":"{{At(300)}}"}"""));
        await screen.PostAsync("/api/cost-analytics", """{"api_name":"llm","operation_type":"analysis","estimated_cost":0.04,"model":"large","bot_name":"alpha"}""");
        await screen.PostAsync("/api/news", """{"article_url":"https://example.org/1","article_title":"A title","sentiment":"bullish","confidence":0.8,"source":"wire","assets":["BTC"]}""");
        await screen.PostAsync("/api/spikes", """{"trading_pair":"BTC/USD","spike_type":"price","direction":"dump","magnitude_percent":3.1,"timeframe_minutes":15,"price_from":100,"price_to":97,"agent_detected_by":"watch"}""");
        await screen.PostAsync("/api/market-context", """{"btc_price":64000,"btc_change_24h":-2.5,"eth_price":1600,"fear_greed_index":38,"market_trend":"bearish"}""");

        await screen.PostAsync("/api/candles/batch", Items(600, index => $$"""{"trading_pair":"BTC/USD","timeframe":"1m","open_time":"{{now.AddMinutes(index - 700):yyyy-MM-ddTHH:mm:00Z}}","open":{{64000 + (index % 7)}},"high":64010,"low":63990,"close":{{64000 + (index % 5)}},"volume":1}"""));

        // Of a hundred trades in a row, fifty win from 2 to 100, and fifty lose from 1 to 99.
        string Trade(int index) => $$"""
            {"trading_pair":"BTC/USD","side":"BUY","entry_price":64000,"quantity":1,"status":"closed","exit_price":{{64000 + (index % 2 == 0 ? 100 - (index % 100) : -(index % 100))}},"exit_reason":"signal","bot_name":"alpha","mode":"paper","stop_loss":63000,
            "signal_id":{{(index % 100) + 1}},"external_id":"t-{{index}}","timestamp":"{{At(400 + (index * 0.5))}}","closed_at":"{{At(200 + (index * 0.5))}}"}
            """;
    }

    public static string Items(int count, Func<int, string> item)
    {
        var all = new StringBuilder("{\"items\":[");
        all.AppendJoin(',', Enumerable.Range(0, count).Select(item));
        return all.Append("]}").ToString();
    }
}
