using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Bots;

/// <summary>What somebody asks of a bot. A field that is left out stays as it was asked before.</summary>
internal sealed record NewBotControl : IInput<NewBotControl>
{
    /// <summary>running, paused (it opens nothing) or stopped (it ends).</summary>
    public string? State { get; init; }

    /// <summary>auto, manual or paper.</summary>
    public string? Mode { get; init; }

    /// <summary>True: close every open trade at once. The bot pauses too, unless a state is asked for. False takes it back.</summary>
    public bool? EmergencyClose { get; init; }

    /// <summary>What a bot that is stopped does with its open trades: close, or leave them (if this is left out).</summary>
    public string? OpenTrades { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    public static InputRules<NewBotControl> Rules { get; } = new InputRules<NewBotControl>()
        .OneOf("state", static control => control.State, BotControl.States)
        .OneOf("mode", static control => control.Mode, NewBotStatus.Modes)
        .OneOf("open_trades", static control => control.OpenTrades, BotControl.OpenTrades)
        .Text("reason", static control => control.Reason, longest: 500)
        .Also("state", static control => control is { State: null, Mode: null, EmergencyClose: null } ? "is needed where neither mode nor emergency_close is sent" : null)
        .Also("open_trades", static control => control.OpenTrades is not null && BotControl.States.Find(control.State ?? "") != BotControl.Stopped
            ? "goes with the state stopped only" : null);
}

/// <summary>What a bot says of a control.</summary>
internal sealed record BotControlAck : IInput<BotControlAck>
{
    /// <summary>Which control it has heard.</summary>
    public long? ControlSeq { get; init; }

    /// <summary>Whether it has done what was asked.</summary>
    public bool? Done { get; init; }

    public static InputRules<BotControlAck> Rules { get; } = new InputRules<BotControlAck>()
        .Whole("control_seq", static ack => ack.ControlSeq, least: 1, required: true);
}

/// <summary>The words of controls.</summary>
internal static class BotControl
{
    /// <summary>The name that addresses all bots.</summary>
    public const string AllBots = "*";

    public const string Running = "running";
    public const string Paused = "paused";
    public const string Stopped = "stopped";
    public const string Leave = "leave";

    public static readonly Choices States = new(Running, Paused, Stopped);

    public static readonly Choices OpenTrades = new("close", Leave);
}

/// <summary>What is asked of a bot now, from all controls of it and of all bots. The newest word on each field holds.</summary>
/// <param name="ControlSeq">The newest control; null if nothing was ever asked.</param>
/// <param name="State">running (also where nothing was asked), paused or stopped.</param>
/// <param name="Mode">auto, manual or paper; null if nobody asked for one.</param>
/// <param name="EmergencyClose">Whether it must close every open trade at once. False again when it has said that this is done.</param>
/// <param name="OpenTrades">close or leave, where the state is stopped; else null.</param>
/// <param name="Reason">The reason of the newest control.</param>
/// <param name="AskedAt">When the newest control was asked.</param>
/// <param name="AskedBy">Who asked: <c>pin</c>, or <c>key:</c> and the id of the key.</param>
internal record BotOrders(
    string BotName, long? ControlSeq, string State, string? Mode, bool EmergencyClose, string? OpenTrades, string? Reason, DateTimeOffset? AskedAt, string? AskedBy)
{
    /// <summary>What holds for a bot of which nothing was ever asked.</summary>
    public static BotOrders Nothing(string botName) => new(botName, null, BotControl.Running, null, false, null, null, null, null);
}

/// <summary>One control as it was asked.</summary>
/// <param name="BotName">The bot; * for all bots.</param>
/// <param name="AskedByName">The name of the API key.</param>
/// <param name="HeardAt">When the bot said that it has heard this or a later one.</param>
/// <param name="DoneAt">When the bot said that it has done this or a later one.</param>
internal sealed record BotControlRow(
    long ControlSeq, string BotName, DateTimeOffset? AskedAt, string? AskedBy, string? AskedByName, string? State, string? Mode, bool? EmergencyClose,
    string? OpenTrades, string? Reason, DateTimeOffset? HeardAt = null, DateTimeOffset? DoneAt = null);

/// <summary>Who asked for one field, when and why, and what the bot has said of it.</summary>
internal sealed record BotControlPart(
    long ControlSeq, DateTimeOffset? AskedAt, string? AskedBy, string? AskedByName, string? Reason, DateTimeOffset? HeardAt, DateTimeOffset? DoneAt)
{
    public static BotControlPart? Of(BotControlRow? row) =>
        row is null ? null : new(row.ControlSeq, row.AskedAt, row.AskedBy, row.AskedByName, row.Reason, row.HeardAt, row.DoneAt);
}

/// <summary>The controls that hold, one for each field; null for a field that nobody asked for.</summary>
internal sealed record BotControlParts(BotControlPart? State, BotControlPart? Mode, BotControlPart? EmergencyClose);

/// <summary>What a bot has said of the controls.</summary>
/// <param name="ControlSeq">The newest control that it has named.</param>
internal sealed record BotControlSaid(string BotName, long ControlSeq, DateTimeOffset? HeardAt, DateTimeOffset? DoneAt);

/// <summary>What was asked of a bot, and what it has heard: two things.</summary>
internal sealed record BotControlView : BotOrders
{
    public BotControlView(BotOrders orders)
        : base(orders)
    {
    }

    /// <summary>How far the newest control has come: asked, heard or done; null if there is none, and for all bots together.</summary>
    [JsonPropertyOrder(1)]
    public string? Progress { get; init; }

    /// <summary>When the bot heard the newest control.</summary>
    [JsonPropertyOrder(1)]
    public DateTimeOffset? HeardAt { get; init; }

    /// <summary>When the bot had done it.</summary>
    [JsonPropertyOrder(1)]
    public DateTimeOffset? DoneAt { get; init; }

    /// <summary>Who asked for each field.</summary>
    [JsonPropertyOrder(1)]
    public required BotControlParts Asked { get; init; }

    /// <summary>The newest control that the bot has named; for * that of each bot which has named the newest one or a later one.</summary>
    [JsonPropertyOrder(1)]
    public required IReadOnlyList<BotControlSaid> Said { get; init; }

    /// <summary>The controls as they were asked, the newest first.</summary>
    [JsonPropertyOrder(1)]
    public required IReadOnlyList<BotControlRow> Controls { get; init; }
}

/// <summary>The answer to a control.</summary>
/// <param name="Control">What is asked of the bot now.</param>
/// <param name="Warnings">What the caller should know, in sentences; empty if there is nothing.</param>
internal sealed record BotControlAsked(bool Success, string Message, long ControlSeq, BotOrders Control, IReadOnlyList<string> Warnings) : WriteAnswer;

/// <summary>The answer to a bot that has heard or done a control.</summary>
/// <param name="Control">What is asked of the bot now.</param>
internal sealed record BotControlHeard(bool Success, string Message, long ControlSeq, BotOrders Control) : WriteAnswer;
