using System.Text.Json.Serialization;
using Pilothouse.Api;

namespace Pilothouse.Bots;

/// <summary>How a bot is doing, as it reports every so often.</summary>
internal sealed record NewBotStatus : IInput<NewBotStatus>
{
    /// <summary>When this was so; now, where it is left out.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public string? BotName { get; init; }

    /// <summary>running, stopped, error or paused.</summary>
    public string? Status { get; init; }

    /// <summary>Id of the bot's process.</summary>
    public long? Pid { get; init; }

    public decimal? Balance { get; init; }

    public long? OpenPositions { get; init; }

    public long? TotalTrades { get; init; }

    public double? WinRate { get; init; }

    public decimal? TotalPnl { get; init; }

    /// <summary>auto, manual or paper.</summary>
    public string? Mode { get; init; }

    public string? Message { get; init; }

    public static readonly Choices Statuses = new("running", "stopped", "error", "paused");

    public static readonly Choices Modes = new("auto", "manual", "paper");

    public static InputRules<NewBotStatus> Rules { get; } = new InputRules<NewBotStatus>()
        .Record(BotStore.Columns)
        .Text("bot_name", static bot => bot.BotName, required: true, longest: 100)
        .OneOf("status", static bot => bot.Status, Statuses, required: true)
        .Whole("pid", static bot => bot.Pid, least: 0)
        .Money("balance", static bot => bot.Balance)
        .Whole("open_positions", static bot => bot.OpenPositions, least: 0)
        .Whole("total_trades", static bot => bot.TotalTrades, least: 0)
        .Number("win_rate", static bot => bot.WinRate, least: 0, most: 100)
        .Money("total_pnl", static bot => bot.TotalPnl)
        .OneOf("mode", static bot => bot.Mode, Modes)
        .Text("message", static bot => bot.Message, longest: 2000)
        .Time("timestamp", static bot => bot.Timestamp);
}

/// <summary>A stored report of a bot. What another program wrote and we would not accept reads as null.</summary>
internal sealed record BotStatus(
    long Id,
    DateTimeOffset? Timestamp,
    string? BotName,
    string? Status,
    long? Pid,
    decimal? Balance,
    long? OpenPositions,
    long? TotalTrades,
    double? WinRate,
    decimal? TotalPnl,
    string? Mode,
    string? Message);

/// <summary>What a bot reported last, and when; a status that is none of ours reads as null.</summary>
internal sealed record BotState(string Name, string? Status, DateTimeOffset? ReportedAt);

/// <summary>The answer to a stored report.</summary>
internal sealed record BotStatusStored(bool Success, string Message, long StatusId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewBotStatus))]
[JsonSerializable(typeof(BotStatusStored))]
[JsonSerializable(typeof(One<BotStatus>))]
internal sealed partial class BotJson : JsonSerializerContext;
