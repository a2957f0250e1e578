using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Alerts;

/// <summary>The words of an alert's <c>state</c> and of a delivery's.</summary>
internal static class AlertState
{
    /// <summary>It gathers more of its kind, or waits for the end of the quiet hours.</summary>
    public const string Gathering = "gathering";

    /// <summary>A target has not taken it yet.</summary>
    public const string Waiting = "waiting";

    /// <summary>Every target has taken it.</summary>
    public const string Sent = "sent";

    /// <summary>A target did not take it for a day: nobody tries any more.</summary>
    public const string Dead = "dead";

    public static readonly Choices All = new(Gathering, Waiting, Sent, Dead);
}

/// <summary>What somebody should be told.</summary>
/// <param name="Topic">The word of ALERT_EVENTS that chooses it.</param>
/// <param name="Event">What happened, such as <c>bot.silent</c>.</param>
/// <param name="Text">One or more sentences.</param>
/// <param name="BotName">The bot that it is about, or null.</param>
/// <param name="Key">Names the trouble from its begin to its end, such as <c>bot:alpha</c>; null if it has no end.</param>
internal sealed record AlertNote(string Topic, string Event, string Text, string? BotName = null, string? Key = null)
{
    /// <summary>Whether it tells the end of the trouble that <see cref="Key"/> names. It is told only if the begin was.</summary>
    public bool IsResolved { get; init; }

    /// <summary>Whether it goes out at once, quiet hours or not.</summary>
    public bool IsUrgent { get; init; }
}

/// <summary>A stored alert: one, or several of its kind that came at the same time.</summary>
internal sealed record Alert
{
    public long Id { get; set; }

    public DateTimeOffset? At { get; set; }

    public string? Topic { get; set; }

    public string? Event { get; set; }

    public string? State { get; set; }

    public string? Text { get; set; }

    public string? BotName { get; set; }

    /// <summary>1 if it tells that a trouble has ended.</summary>
    public long? Resolved { get; set; }

    /// <summary>1 if it did not wait for the end of the quiet hours.</summary>
    public long? Urgent { get; set; }

    /// <summary>How many it tells of.</summary>
    public long? Count { get; set; }

    /// <summary>Until when more of its kind join it.</summary>
    public DateTimeOffset? GatherUntil { get; set; }

    public IReadOnlyList<AlertDelivery> Deliveries { get; init; } = [];
}

/// <summary>An alert on its way to one target.</summary>
/// <param name="Target">telegram, slack, discord, webhook, or email: and an address.</param>
/// <param name="State">waiting, sent or dead.</param>
/// <param name="NextAt">When it is tried next; null if it is not.</param>
/// <param name="Problem">Why the last attempt failed; null if it did not.</param>
internal sealed record AlertDelivery(
    [property: JsonIgnore] long Id, [property: JsonIgnore] long AlertId, string Target, string State, long Attempts, [property: JsonIgnore] DateTimeOffset? FirstAt,
    DateTimeOffset? NextAt, DateTimeOffset? SentAt, string? Problem);

/// <summary>The answer to an alert that is sent again.</summary>
internal sealed record AlertResent(bool Success, string Message, long AlertId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(Alert))]
[JsonSerializable(typeof(AlertResent))]
[JsonSerializable(typeof(NoInput))]
[JsonSerializable(typeof(Page<Alert>))]
internal sealed partial class AlertJson : JsonSerializerContext;
