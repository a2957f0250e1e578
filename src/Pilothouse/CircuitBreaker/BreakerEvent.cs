using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.CircuitBreaker;

/// <summary>The words of <c>trigger_type</c>.</summary>
internal static class TriggerTypes
{
    public const string BtcDump = "btc_dump";
    public const string EthDump = "eth_dump";
    public const string MarketWide = "market_wide";
    public const string Drawdown = "drawdown";
    public const string DailyLoss = "daily_loss";
    public const string LosingStreak = "losing_streak";
    public const string Manual = "manual";

    public static readonly Choices All = new(
        BtcDump, EthDump, MarketWide, "liquidations", "systemic", Manual, Drawdown, DailyLoss, LosingStreak);

    /// <summary>The types of the rules: what a hold can be for.</summary>
    public static readonly Choices OfRules = new(BtcDump, EthDump, MarketWide, Drawdown, DailyLoss, LosingStreak);

    /// <summary>Whether the rule watches the market, and so may clear by itself.</summary>
    public static bool IsOfMarket(string type) => type is BtcDump or EthDump or MarketWide;
}

/// <summary>The words of <c>status</c>.</summary>
internal static class BreakerStatus
{
    public const string Triggered = "triggered";
    public const string Recovering = "recovering";
    public const string Cleared = "cleared";

    public static readonly Choices All = new(Triggered, Recovering, Cleared, "false_trigger");
}

/// <summary>
/// A stored event of the circuit breaker: from its trigger to the moment when it was cleared. What another program stored and we would not
/// accept is read as null.
/// </summary>
/// <param name="BtcDropPercent">The largest fall in percent among the windows of the rule when it triggered.</param>
/// <param name="DowntimeSeconds">From the trigger until it was cleared.</param>
/// <param name="RecoveryTimeSeconds">From the beginning of the recovery until it was cleared.</param>
/// <param name="CapitalSaved">Null unless somebody reports it.</param>
/// <param name="PositionsAffected">How many positions were open when it triggered.</param>
/// <param name="BotName">The bot that it stops; null for all.</param>
/// <param name="Mode">The mode of that bot that it stops; null for each.</param>
/// <param name="DryRun">1 if it stopped nothing, because CIRCUIT_BREAKER_DRY_RUN was set.</param>
internal sealed record BreakerEvent(
    long Id, DateTimeOffset? TriggeredAt, DateTimeOffset? ClearedAt, string? TriggerReason, string? TriggerType, string? Status,
    decimal? BtcPriceAtTrigger, decimal? EthPriceAtTrigger, double? BtcDropPercent, double? EthDropPercent, double? MarketCapDropPercent,
    [property: JsonPropertyName("liquidations_1h")] decimal? Liquidations1h, long? FearGreedIndex, JsonElement? TriggerDetails, JsonElement? MarketSnapshot, long? DowntimeSeconds,
    decimal? CapitalSaved, long? OrdersCancelled, long? PositionsAffected, long? RecoveryTimeSeconds, JsonElement? RecoveryConditionsMet,
    long? UserNotified, string? Notes, string? TriggeredBy, string? ClearedBy, string? BotName, string? Mode, long? DryRun)
{
    public const string Columns = "id, time_of(triggered_at), time_of(cleared_at), trigger_reason, trigger_type, status, "
        + "btc_price_at_trigger, eth_price_at_trigger, btc_drop_percent, eth_drop_percent, market_cap_drop_percent, liquidations_1h, "
        + "fear_greed_index, trigger_details, market_snapshot, downtime_seconds, capital_saved, orders_cancelled, positions_affected, "
        + "recovery_time_seconds, recovery_conditions_met, user_notified, notes, triggered_by, cleared_by, bot_name, mode, dry_run";

    public static BreakerEvent Read(Row row) => new(
        row.Id(0), row.Time(1), row.Time(2), row.Text(3), TriggerTypes.All.Normal(row.Text(4)), BreakerStatus.All.Normal(row.Text(5)),
        row.Money(6), row.Money(7), row.Number(8), row.Number(9), row.Number(10), row.Money(11),
        row.Whole(12), JsonText.Stored(row.Text(13)), JsonText.Stored(row.Text(14)), row.Whole(15), row.Money(16), row.Whole(17), row.Whole(18),
        row.Whole(19), JsonText.Stored(row.Text(20)), row.Whole(21), row.Text(22), row.Text(23), row.Text(24), row.Text(25), row.Text(26), row.Whole(27));
}

/// <summary>An event that is not cleared yet.</summary>
/// <param name="Id">Its id; 0 if it is decided and not stored yet.</param>
/// <param name="BotName">The bot that it stops; null for all.</param>
/// <param name="Mode">The mode that it stops; null for each.</param>
/// <param name="Recovery">How the recovery began; null if it has not.</param>
internal sealed record OpenEvent(
    long Id, string Type, string Status, DateTimeOffset TriggeredAt, string Reason, string? BotName, string? Mode, bool IsDryRun, Recovery? Recovery)
{
    public bool IsRecovering => Status == BreakerStatus.Recovering;

    /// <summary>Whether it stops a bot in a mode. A null mode of a trade is every mode.</summary>
    public bool Stops(string? bot, string? mode) => !IsDryRun && Concerns(bot, mode);

    public bool Concerns(string? bot, string? mode) =>
        BotName is null || (BotName == bot && (Mode is null || mode is null || Mode.Equals(mode, StringComparison.OrdinalIgnoreCase)));
}

/// <summary>How a recovery began. It ends well if no price falls further from these for half an hour.</summary>
internal sealed record Recovery(DateTimeOffset RecoveringSince, decimal? BtcPrice, decimal? EthPrice);
