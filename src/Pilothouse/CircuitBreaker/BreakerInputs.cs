using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.CircuitBreaker;

/// <summary>Stops trading by hand.</summary>
internal sealed record NewBreakerTrigger : IInput<NewBreakerTrigger>
{
    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>The bot that it stops; all, if it is left out.</summary>
    public string? BotName { get; init; }

    /// <summary>auto, manual or paper: only this mode of the bot; each, if it is left out.</summary>
    public string? Mode { get; init; }

    public static readonly Choices Modes = new("auto", "manual", "paper");

    public static InputRules<NewBreakerTrigger> Rules { get; } = new InputRules<NewBreakerTrigger>()
        .Text("reason", static input => input.Reason, required: true, longest: 500)
        .Text("bot_name", static input => input.BotName, longest: 100)
        .OneOf("mode", static input => input.Mode, Modes)
        .Also("mode", static input => input.Mode is not null && input.BotName is null ? "needs the bot_name whose mode it is" : null);
}

/// <summary>Lets trading go on.</summary>
internal sealed record NewBreakerClearing : IInput<NewBreakerClearing>
{
    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Clears what stops this bot alone; what stops all bots, if it is left out.</summary>
    public string? BotName { get; init; }

    /// <summary>What shall count from now, for each measure that is still past its limit.</summary>
    public IReadOnlyList<NewHold?>? Hold { get; init; }

    private const int MostHolds = 50;

    public static InputRules<NewBreakerClearing> Rules { get; } = new InputRules<NewBreakerClearing>()
        .Text("reason", static input => input.Reason, required: true, longest: 500)
        .Text("bot_name", static input => input.BotName, longest: 100)
        .Also("hold", static input => input.Hold is null ? null
            : input.Hold.Count > MostHolds ? $"must have at most {MostHolds} entries"
            : input.Hold.Select(static (hold, i) => hold is null ? $"has at {i} no object" : hold.Problem is { } problem ? $"has at {i} {problem}" : null)
                .FirstOrDefault(static problem => problem is not null));
}

/// <summary>What counts from now for a measure that is past its limit. Exactly one of new_peak, limit and pause_minutes is sent.</summary>
internal sealed record NewHold
{
    private const int MostMinutes = 60 * 24 * 30;

    /// <summary>The rule: btc_dump, eth_dump, market_wide, drawdown, daily_loss or losing_streak.</summary>
    public string? TriggerType { get; init; }

    /// <summary>One measure of the rule, by its name; each, if it is left out.</summary>
    public string? Measure { get; init; }

    /// <summary>Auto, manual or paper: the account of the bot in this mode.</summary>
    public string? Mode { get; init; }

    /// <summary>True: falls are measured from a new peak.</summary>
    public bool? NewPeak { get; init; }

    /// <summary>This limit counts, until the measure is within the usual one again.</summary>
    public decimal? Limit { get; init; }

    /// <summary>The rule triggers nothing for so many minutes.</summary>
    public long? PauseMinutes { get; init; }

    /// <summary>Fields that do not exist.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }

    /// <summary>What is wrong, as a phrase; null if nothing is.</summary>
    [JsonIgnore]
    public string? Problem => Others is { Count: > 0 } ? $"a field {Others.Keys.First()}: known are trigger_type, measure, mode, new_peak, limit, pause_minutes"
        : TriggerTypes.OfRules.Normal(TriggerType) is null ? $"no trigger_type that is one of {TriggerTypes.OfRules}"
        : Mode is not null && NewBreakerTrigger.Modes.Normal(Mode) is null ? $"a mode that is none of {NewBreakerTrigger.Modes}"
        : (NewPeak is null ? 0 : 1) + (Limit is null ? 0 : 1) + (PauseMinutes is null ? 0 : 1) != 1 ? "not exactly one of new_peak, limit and pause_minutes"
        : NewPeak == false ? "new_peak false: send true, or leave it out"
        : Limit < 0 ? "a limit below 0"
        : PauseMinutes is < 1 or > MostMinutes ? $"pause_minutes that are not from 1 to {MostMinutes}"
        : null;

    /// <summary>Returns the hold for each measure that it is for.</summary>
    /// <exception cref="Refusal">It names a measure that there is not, or several that have nothing in common.</exception>
    public IEnumerable<Hold> ToHolds(IReadOnlyList<Measured> measures, string? bot, DateTimeOffset now)
    {
        var type = TriggerTypes.OfRules.Normal(TriggerType)!;
        var mode = NewBreakerTrigger.Modes.Normal(Mode);
        if (bot is not null && TriggerTypes.IsOfMarket(type))
        {
            throw Refusal.Invalid("hold", $"has {type}, a rule of the market, which concerns all bots: clear it without bot_name");
        }

        var meant = measures.Where(measure => measure.TriggerType == type && (Measure is null || Measure == measure.Name) && (mode is null || measure.Mode == mode)).ToList();
        if (Measure is not null && meant.Count == 0)
        {
            throw Refusal.Invalid("hold", $"has the measure {Measure}, which {type} does not have now; GET /api/circuit-breaker lists them");
        }

        if (Limit is not null && Measure is null && meant.Where(static measure => measure.IsPast).Select(static measure => measure.Unit).Distinct().Count() > 1)
        {
            throw Refusal.Invalid("hold", $"has one limit for measures of {type} that are counted differently: name the measure");
        }

        foreach (var measure in meant)
        {
            if (NewPeak == true && !measure.HasPeak)
            {
                continue;
            }

            // The measure itself is named, so that another hold for another one of the rule does not replace it.
            yield return new(type, measure.Name, bot, measure.Mode,
                NewPeak == true ? measure.At ?? now : null, NewPeak == true ? measure.TradeId : null, Limit,
                PauseMinutes is { } minutes ? now.AddMinutes(minutes) : null);
        }
    }
}

/// <summary>The answer to a trigger by hand.</summary>
internal sealed record BreakerTriggered(bool Success, string Message, long EventId) : WriteAnswer;

/// <summary>The answer to a clearing by hand.</summary>
/// <param name="EventIds">The events that were cleared; empty if nothing stopped trading.</param>
internal sealed record BreakerCleared(bool Success, string Message, IReadOnlyList<long> EventIds) : WriteAnswer;
