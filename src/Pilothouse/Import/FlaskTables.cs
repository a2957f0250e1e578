namespace Pilothouse.Import;

/// <summary>What a field of ours is read from in a file of the seed's Python code.</summary>
/// <param name="Name">The field.</param>
/// <param name="Kind">n for a number, w for a whole number, t for text, d for a time, x for a number or a text, b for a number that is 1 where the column is true.</param>
/// <param name="From">The names of the column, the likeliest first.</param>
internal sealed record FlaskField(string Name, char Kind, string[] From);

/// <summary>A table of the seed's Python code that has a counterpart here.</summary>
internal sealed record FlaskTable(string Name, FlaskField[] Fields)
{
    public static readonly IReadOnlyList<FlaskTable> All =
    [
        Of("signals", """
            timestamp:d trading_pair:t=symbol signal_type:t=signal,signal_type,action signal_strength:w=strength price:n rsi:n macd:n macd_signal:n
            macd_histogram:n vwap:n ema9:n=ema_9 ema21:n=ema_21 sma50:n=sma_50 bb_upper:n bb_middle:n bb_lower:n volume:n status:t strategy:t timeframe:t confidence:n model:t
            """),
        Of("trades", """
            timestamp:d trading_pair:t=symbol side:t entry_price:n exit_price:n quantity:n=quantity,amount status:t leverage:n stop_loss:n take_profit:n
            closed_at:d fees:n exit_reason:t strategy:t
            """),
        Of("bot_status", """
            timestamp:d bot_name:t status:t balance:n open_positions:w total_trades:w win_rate:n total_pnl:n message:t
            """),
        Of("market_context", """
            timestamp:d btc_price:n btc_change_24h:n eth_price:n eth_change_24h:n btc_dominance:n fear_greed_index:w market_trend:t
            btc_trend:t=btc_trend,btc_trend_strength market_regime:t volatility_level:t
            """),
        Of("chart_analyses", """
            timestamp:d trading_pair:t=symbol timeframe:t recommendation:t=ai_recommendation,recommendation confidence:x key_observations:t risk_factors:t
            ai_analysis:t=analysis_text,ai_analysis support_levels:t=support_level,support_levels resistance_levels:t=resistance_level,resistance_levels
            chart_image_path:t
            """),
        Of("correlation_data", """
            timestamp:d asset1:t asset2:t correlation_value:n=correlation_coefficient,correlation_value period_days:w
            """),
        Of("cost_analytics", """
            timestamp:d api_name:t operation_type:t=operation,operation_type estimated_cost:n=cost,estimated_cost cache_hits:b=cached model:t=model_used,model
            """),
        Of("model_checkpoints", "timestamp:d model_path:t version:t episode:w win_rate:n avg_return:n total_states:w notes:t"),
        Of("news_cache", "timestamp:d article_url:t=article_url,url article_title:t=article_title,title sentiment:t confidence:n cache_expires_at:d source:t published_at:d"),
    ];

    private static FlaskTable Of(string name, string fields) => new(name, [.. fields.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(static field =>
    {
        var parts = field.Split(':', '=');
        return new FlaskField(parts[0], parts[1][0], parts.Length > 2 ? [.. parts[2].Split(','), parts[0]] : [parts[0]]);
    })]);
}
