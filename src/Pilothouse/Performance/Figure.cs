using System.Text.Json;

namespace Pilothouse.Performance;

/// <summary>A figure, or the sentence that says why it is unknown: never both, and never NaN or infinity.</summary>
internal readonly record struct Figure<T>(T? Value, string? Reason)
    where T : struct
{
    public static implicit operator Figure<T>(T value) => new(value, null);

    public static implicit operator Figure<T>(string reason) => new(null, reason);
}

/// <summary>Why figures are missing. The sentences are part of the answer.</summary>
internal static class Reasons
{
    public const string NoTrades = "needs a closed trade";
    public const string TwoTrades = "needs two closed trades";
    public const string NoLoss = "needs a losing trade";
    public const string NoStartingBalance = "needs a starting balance";
    public const string NoBalanceInMode = "needs a balance that a bot reported in this mode";
    public const string StartingBalanceNotPositive = "needs a starting balance above 0";
    public const string TwoDays = "needs two days with a starting balance";
    public const string EquityNotPositive = "equity fell to 0 or below";
    public const string NoDeviation = "all values are equal, so their deviation is 0";
    public const string NoLosingDay = "no day ended with a loss";
    public const string NoDrawdown = "equity never fell below an earlier peak";
    public const string PeakIsStart = "the peak was the start, before the first trade closed";
    public const string TooLarge = "the sum is too large to state exactly";
    public const string GrowthTooLarge = "too large to state: growth this fast over so few days does not scale to a year";
}

/// <summary>Records figures in money, or the one reason why all of them are unknown.</summary>
internal readonly record struct MoneyFigures(UndefinedFigures Undefined, string? WhyNone)
{
    public T? Note<T>(string property, Figure<T> figure)
        where T : struct =>
        Undefined.Note(property, WhyNone is null ? figure : new Figure<T>(null, WhyNone));
}

/// <summary>Collects the reasons of one report by the JSON names of its fields.</summary>
internal sealed class UndefinedFigures
{
    /// <summary>The reason for each field that is null, by its JSON name; empty if every figure is known.</summary>
    public Dictionary<string, string> ByField { get; } = [];

    /// <summary>Returns the value of the figure. If it has none, the reason is recorded under the JSON name of the property.</summary>
    public T? Note<T>(string property, Figure<T> figure)
        where T : struct
    {
        if (figure.Reason is { } reason)
        {
            ByField.Add(JsonNamingPolicy.SnakeCaseLower.ConvertName(property), reason);
        }

        return figure.Value;
    }
}
