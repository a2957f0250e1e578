using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Bots;

/// <summary>How a bot is doing, as it reports every so often.</summary>
internal record NewBotStatus : IInput<NewBotStatus>
{
    /// <summary>When this was so; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public string? BotName { get; set; }

    /// <summary>running, stopped, error or paused.</summary>
    public string? Status { get; set; }

    /// <summary>Id of the bot's process.</summary>
    public long? Pid { get; set; }

    public decimal? Balance { get; set; }

    public long? OpenPositions { get; set; }

    public long? TotalTrades { get; set; }

    public double? WinRate { get; set; }

    public decimal? TotalPnl { get; set; }

    /// <summary>auto, manual or paper.</summary>
    public string? Mode { get; set; }

    public string? Message { get; set; }

    /// <summary>How often the bot means to report, in seconds. After three missed reports it counts as silent.</summary>
    public long? ExpectedEverySeconds { get; set; }

    /// <summary>The control that the bot has heard: the control_seq of the last answer.</summary>
    public long? ControlSeq { get; set; }

    public static readonly Choices Statuses = new("running", "stopped", "error", "paused");

    public static readonly Choices Modes = new("auto", "manual", "paper");

    public static InputRules<NewBotStatus> Rules => BotStore.Rules;
}

/// <summary>A stored report of a bot. A value of another program that the API would not accept is read as null.</summary>
internal sealed record BotStatus : NewBotStatus
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }
}

/// <summary>The last report of a bot. An unknown status is read as null.</summary>
internal sealed record BotState(string Name, string? Status, DateTimeOffset? ReportedAt);

/// <summary>The answer to a stored report.</summary>
/// <param name="Control">What is asked of the bot now.</param>
internal sealed record BotStatusStored(bool Success, string Message, long StatusId, BotOrders Control) : WriteAnswer;

/// <summary>The answer to a batch of reports.</summary>
/// <param name="Controls">What is asked now of each bot that is in the batch.</param>
internal sealed record BotStatusesStored(bool Success, string Message, int Count, int StoredBefore, IReadOnlyList<long> Ids, IReadOnlyList<BotOrders> Controls)
    : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewBotStatus))]
[JsonSerializable(typeof(BatchOf<NewBotStatus>))]
[JsonSerializable(typeof(BotStatusStored))]
[JsonSerializable(typeof(BotStatusesStored))]
[JsonSerializable(typeof(One<BotStatus>))]
[JsonSerializable(typeof(Page<BotStatus>))]
[JsonSerializable(typeof(NewBotControl))]
[JsonSerializable(typeof(BotControlAsked))]
[JsonSerializable(typeof(BotControlAck))]
[JsonSerializable(typeof(BotControlHeard))]
[JsonSerializable(typeof(BotControlRow))]
[JsonSerializable(typeof(BotPresence))]
[JsonSerializable(typeof(One<BotControlView>))]
internal sealed partial class BotJson : JsonSerializerContext;
