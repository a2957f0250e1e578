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

    public static readonly Choices Statuses = new("running", "stopped", "error", "paused");

    public static readonly Choices Modes = new("auto", "manual", "paper");

    public static InputRules<NewBotStatus> Rules => BotStore.Table.Rules;
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
internal sealed record BotStatusStored(bool Success, string Message, long StatusId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewBotStatus))]
[JsonSerializable(typeof(BatchOf<NewBotStatus>))]
[JsonSerializable(typeof(BotStatusStored))]
[JsonSerializable(typeof(One<BotStatus>))]
internal sealed partial class BotJson : JsonSerializerContext;
