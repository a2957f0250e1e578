using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pilothouse.Contract;
using Pilothouse.Signals;
using Pilothouse.Storage;

namespace Pilothouse.Webhooks;

/// <summary>An alert of a chart, as its message says it.</summary>
/// <param name="Price">As it was written.</param>
/// <param name="Strength">From -100 to 100; a sale is negative.</param>
/// <param name="Time">The moment of the alert; null if the message does not say it.</param>
/// <param name="Bar">When its bar began; null if the message does not say it.</param>
/// <param name="Id">A text that no other alert has; null if the message has none.</param>
internal sealed record TradingViewAlert(
    string Pair, string Action, decimal Price, long Strength, DateTimeOffset? Time, DateTimeOffset? Bar, ChartInterval? Interval, string? Timeframe, string? Strategy, string? Id)
{
    /// <summary>The words that charts write where they have no value.</summary>
    private static readonly string[] NoValue = ["", "null", "none", "nan", "n/a", "na"];

    /// <summary>Within this time an alert of the same content is the same one, where neither its time nor its bar is known.</summary>
    public static readonly TimeSpan Repetition = TimeSpan.FromMinutes(1);

    /// <summary>When the signal was given; null for the moment in which the message came.</summary>
    public DateTimeOffset? GivenAt(DateTimeOffset now) => Time ?? (BarEnd is { } end ? end < now ? end : now : null);

    /// <summary>How old it is; null if it does not tell. One that says only its bar is as old as the end of that bar.</summary>
    public TimeSpan? AgeAt(DateTimeOffset now) => now - (Time ?? BarEnd ?? Bar);

    /// <summary>
    /// What tells that it is the same alert: its id; else its content within its bar, or at its time. Null where the message tells none of
    /// these: then its content within <see cref="Repetition"/> does.
    /// </summary>
    public (MessageIdentity Identity, DateTimeOffset? Since) Identity(DateTimeOffset now)
    {
        var content = Hash(string.Create(CultureInfo.InvariantCulture, $"{Pair}\n{Action}\n{Price}\n{Strength}\n{Timeframe}\n{Strategy}"));
        var moment = Bar ?? (Time is { } time && Interval is { } interval ? BeginOf(time, interval.Length) : Time);
        return Id is { } id ? (new("id:" + Hash(id), content), null)
            : moment is { } known ? (new($"at:{Timestamps.ToStored(known)}:{content}", content), null)
            : (new("near:" + content, content), now - Repetition);
    }

    /// <summary>The body of the signal that it becomes.</summary>
    public byte[] ToSignal(DateTimeOffset now) => new RecordBody()
        .Add("trading_pair", Pair).Add("signal_type", Action).Add("signal_strength", (decimal)Strength).Add("price", Price)
        .Add("timestamp", GivenAt(now)).Add("strategy", Strategy).Add("timeframe", Timeframe).Done();

    /// <summary>Reads an alert.</summary>
    /// <param name="places">What the message says, by the names of the placeholders.</param>
    /// <param name="terms">The terms of the webhook.</param>
    /// <exception cref="Refusal">It names each placeholder that is missing or cannot be read.</exception>
    public static TradingViewAlert Of(Dictionary<string, string> places, StoredTerms terms)
    {
        var errors = new List<FieldError>();
        string? Value(string place)
        {
            var value = places.GetValueOrDefault(place);
            if (value?.Contains("{{", StringComparison.Ordinal) == true)
            {
                errors.Add(new(place, $"is still {PrintableText.Name(value)}: this alert has no value for that placeholder"));
                return null;
            }

            return value is null || NoValue.Contains(value.ToLowerInvariant()) ? null : value;
        }

        var (symbol, exchange, sent, amount) = (Value(AlertPlaces.Pair), Value(AlertPlaces.Exchange), Value(AlertPlaces.Action), Value(AlertPlaces.Price));
        foreach (var (place, _) in new[] { (AlertPlaces.Pair, symbol), (AlertPlaces.Action, sent), (AlertPlaces.Price, amount) }.Where(static needed => needed.Item2 is null))
        {
            if (!errors.Exists(error => error.Field == place))
            {
                errors.Add(new(place, terms.Template is null
                    ? $"is missing: no field of the message is {AlertPlaces.NamesOf(place, terms.FieldNames)}" : "is missing in the message"));
            }
        }

        string? pair = null;
        if (symbol is not null && PairNames.Find(symbol, exchange, terms.Pairs) is var (found, problem))
        {
            pair = found;
            AddIf(errors, AlertPlaces.Pair, problem);
        }

        var action = sent is null ? null : NewSignal.Types.Find(sent);
        AddIf(errors, AlertPlaces.Action, sent is null || action is not null ? null : $"is {PrintableText.Name(sent)}, and must be buy, sell, hold, long or short");
        var price = Number(errors, AlertPlaces.Price, amount);
        var interval = Value(AlertPlaces.Interval) is not { } bars ? null
            : ChartInterval.Read(bars) ?? Wrong<ChartInterval>(errors, AlertPlaces.Interval, bars, "an interval such as 15, 240 or 1D");
        var alert = new TradingViewAlert(
            pair ?? "", action ?? "", price ?? 0, Strong(errors, Value(AlertPlaces.Strength), action, terms), Moment(errors, AlertPlaces.Time, Value(AlertPlaces.Time)),
            Moment(errors, AlertPlaces.Bar, Value(AlertPlaces.Bar)), interval, interval?.Timeframe ?? terms.Timeframe, Value(AlertPlaces.Strategy) ?? terms.Strategy, Value(AlertPlaces.Id));
        return errors.Count == 0 ? alert : throw Refusal.Invalid(errors);
    }

    private DateTimeOffset? BarEnd => Bar is { } begin && Interval is { } interval ? begin + interval.Length : null;

    private static DateTimeOffset BeginOf(DateTimeOffset time, TimeSpan length) => new(time.UtcTicks - (time.UtcTicks % length.Ticks), TimeSpan.Zero);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];

    private static void AddIf(List<FieldError> errors, string place, string? problem)
    {
        if (problem is not null)
        {
            errors.Add(new(place, problem));
        }
    }

    private static T? Wrong<T>(List<FieldError> errors, string place, string value, string what)
    {
        errors.Add(new(place, $"is {PrintableText.Name(value)}, and must be {what}"));
        return default;
    }

    private static decimal? Number(List<FieldError> errors, string place, string? text) =>
        text is null ? null
        : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : Wrong<decimal?>(errors, place, text, "a number with a point, such as 65123.5");

    private static DateTimeOffset? Moment(List<FieldError> errors, string place, string? text) =>
        text is null ? null
        : Timestamps.TryParse(text, out var time) && time.Year is > 1999 and < 2100 ? time
        : decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && EpochTime.Find(number) is { } moment ? moment
        : Wrong<DateTimeOffset?>(errors, place, text, "a time such as 2026-03-02T12:00:00Z");

    /// <summary>The strength with the sign of the action: a message may say how strong a sale is without one.</summary>
    private static long Strong(List<FieldError> errors, string? text, string? action, StoredTerms terms)
    {
        var number = Number(errors, AlertPlaces.Strength, text) ?? (action == "HOLD" ? 0 : terms.Strength ?? WebhookTerms.StandardStrength);
        if (number is < -100 or > 100 || decimal.Truncate(number) != number || (action == "BUY" && number < 0))
        {
            errors.Add(new(AlertPlaces.Strength, $"is {PrintableText.Name(text ?? "")}, and must be a whole number up to 100{(action == "BUY" ? ", not below 0 for a buy" : "")}"));
            return 0;
        }

        return (long)(action == "SELL" && number > 0 ? -number : number);
    }
}
