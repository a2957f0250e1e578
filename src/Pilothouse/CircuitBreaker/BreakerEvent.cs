using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Contract;

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
internal sealed record BreakerEvent
{
    public long Id { get; set; }

    public DateTimeOffset? TriggeredAt { get; set; }

    public DateTimeOffset? ClearedAt { get; set; }

    public string? TriggerReason { get; set; }

    public string? TriggerType { get; set => field = TriggerTypes.All.Normal(value); }

    public string? Status { get; set => field = BreakerStatus.All.Normal(value); }

    public decimal? BtcPriceAtTrigger { get; set; }

    public decimal? EthPriceAtTrigger { get; set; }

    /// <summary>The largest fall in percent among the windows of the rule when it triggered.</summary>
    public double? BtcDropPercent { get; set; }

    public double? EthDropPercent { get; set; }

    public double? MarketCapDropPercent { get; set; }

    [JsonPropertyName("liquidations_1h")]
    public decimal? Liquidations1h { get; set; }

    public long? FearGreedIndex { get; set; }

    public JsonElement? TriggerDetails { get; set; }

    public JsonElement? MarketSnapshot { get; set; }

    /// <summary>From the trigger until it was cleared.</summary>
    public long? DowntimeSeconds { get; set; }

    /// <summary>Null unless somebody reports it.</summary>
    public decimal? CapitalSaved { get; set; }

    public long? OrdersCancelled { get; set; }

    /// <summary>How many positions were open when it triggered.</summary>
    public long? PositionsAffected { get; set; }

    /// <summary>From the beginning of the recovery until it was cleared.</summary>
    public long? RecoveryTimeSeconds { get; set; }

    public JsonElement? RecoveryConditionsMet { get; set; }

    public long? UserNotified { get; set; }

    public string? Notes { get; set; }

    public string? TriggeredBy { get; set; }

    public string? ClearedBy { get; set; }

    /// <summary>The bot that it stops; null for all.</summary>
    public string? BotName { get; set; }

    /// <summary>The mode of that bot that it stops; null for each.</summary>
    public string? Mode { get; set; }

    /// <summary>1 if it stopped nothing, because CIRCUIT_BREAKER_DRY_RUN was set.</summary>
    public long? DryRun { get; set; }
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
