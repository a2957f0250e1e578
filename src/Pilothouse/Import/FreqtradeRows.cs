using Pilothouse.Storage;

namespace Pilothouse.Import;

/// <summary>A row of freqtrade's table <c>trades</c> (freqtrade/persistence/trade_model.py). Amounts are in the base asset, money in the stake currency.</summary>
internal sealed record FreqtradeTrade(
    long Id, string? Pair, bool IsOpen, bool IsShort, string? StakeCurrency, decimal FeeOpen, decimal FeeClose, decimal? OpenRate, decimal? CloseRate,
    decimal? Amount, decimal? CloseProfitAbs, DateTimeOffset? OpenDate, DateTimeOffset? CloseDate, decimal? StopLoss, decimal? InitialStopLoss,
    string? ExitReason, string? Strategy, string? EnterTag, string? TradingMode, decimal? Leverage, decimal? FundingFees)
{
    public bool IsFutures => "futures".Equals(TradingMode, StringComparison.OrdinalIgnoreCase);

    public bool IsMargin => "margin".Equals(TradingMode, StringComparison.OrdinalIgnoreCase);

    /// <summary>The columns of <see cref="Read"/>, each with the names that it had in freqtrade's versions, the newest first.</summary>
    public static readonly string[][] Columns =
    [
        ["id"], ["pair"], ["is_open"], ["is_short"], ["stake_currency"], ["fee_open", "fee"], ["fee_close", "fee"], ["open_rate"], ["close_rate"], ["amount"],
        ["close_profit_abs"], ["open_date"], ["close_date"], ["stop_loss"], ["initial_stop_loss"], ["exit_reason", "sell_reason"], ["strategy"],
        ["enter_tag", "buy_tag"], ["trading_mode"], ["leverage"], ["funding_fees"],
    ];

    /// <summary>Columns that freqtrade's documents name and that no trade here has a place for, or that follow from the others.</summary>
    public static readonly string[] NotNeeded =
    [
        "exchange", "base_currency", "fee_open_cost", "fee_open_currency", "fee_close_cost", "fee_close_currency", "open_rate_requested", "open_trade_value",
        "open_trade_price", "close_rate_requested", "realized_profit", "close_profit", "stake_amount", "max_stake_amount", "amount_requested", "open_order_id",
        "stop_loss_pct", "initial_stop_loss_pct", "is_stop_loss_trailing", "stoploss_order_id", "stoploss_last_update", "max_rate", "min_rate", "exit_order_status",
        "sell_order_status", "timeframe", "ticker_interval", "amount_precision", "price_precision", "precision_mode", "precision_mode_price", "contract_size",
        "liquidation_price", "isolated_liq", "interest_rate", "funding_fee_running", "record_version",
    ];

    public static FreqtradeTrade Read(Row row) => new(
        row.Id(0), row.Text(1), row.Whole(2) is 1, row.Whole(3) is 1, Word(row.Text(4)), row.Money(5) ?? 0, row.Money(6) ?? 0, row.Money(7), row.Money(8), row.Money(9),
        row.Money(10), row.Time(11), row.Time(12), row.Money(13), row.Money(14), Today(Word(row.Text(15))), Word(row.Text(16)), Word(row.Text(17)),
        row.Text(18), row.Money(19), row.Money(20));

    private static string? Word(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>The words of versions before 2022.4 as freqtrade itself brings them up to date.</summary>
    private static string? Today(string? reason) => reason switch
    {
        "sell_signal" => "exit_signal",
        "custom_sell" => "custom_exit",
        "force_sell" => "force_exit",
        "emergency_sell" => "emergency_exit",
        _ => reason,
    };
}

/// <summary>A row of freqtrade's table <c>orders</c>.</summary>
internal sealed record FreqtradeOrder(
    long Id, long TradeId, string? Side, bool IsOpen, string? Status, string? OrderId, decimal? Average, decimal? Price, decimal? StopPrice, decimal? FtPrice,
    decimal? Amount, decimal? Filled, decimal? FeeBase, DateTimeOffset? FilledDate, DateTimeOffset? UpdateDate, DateTimeOffset? OrderDate)
{
    /// <inheritdoc cref="FreqtradeTrade.Columns"/>
    public static readonly string[][] Columns =
    [
        ["id"], ["ft_trade_id"], ["ft_order_side"], ["ft_is_open"], ["status"], ["order_id"], ["average"], ["price"], ["stop_price"], ["ft_price"],
        ["amount"], ["filled"], ["ft_fee_base"], ["order_filled_date"], ["order_update_date"], ["order_date"],
    ];

    /// <inheritdoc cref="FreqtradeTrade.NotNeeded"/>
    public static readonly string[] NotNeeded =
        ["ft_pair", "ft_amount", "ft_cancel_reason", "symbol", "order_type", "side", "remaining", "cost", "funding_fee", "ft_order_tag"];

    /// <summary>What was bought or sold, after the fee that the exchange took of it; 0 while the order is open.</summary>
    public decimal Quantity => IsOpen ? 0 : (Filled ?? ("closed".Equals(Status, StringComparison.OrdinalIgnoreCase) ? Amount ?? 0 : 0)) - (FeeBase ?? 0);

    /// <summary>The price at which it was filled.</summary>
    public decimal Rate => new[] { Average, Price, StopPrice, FtPrice }.FirstOrDefault(static price => price is > 0) ?? 0;

    public DateTimeOffset? FilledAt => FilledDate ?? UpdateDate ?? OrderDate;

    public static FreqtradeOrder Read(Row row) => new(
        row.Id(0), row.Id(1), row.Text(2), row.Whole(3) is 1, row.Text(4), row.Text(5), row.Money(6), row.Money(7), row.Money(8), row.Money(9), row.Money(10),
        row.Money(11), row.Money(12), row.Time(13), row.Time(14), row.Time(15));
}
