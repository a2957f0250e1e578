using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Performance;

namespace Pilothouse.CircuitBreaker;

/// <summary>Whose money: a bot in a mode, where its reports name modes; both null for all together.</summary>
internal readonly record struct MoneyScope(string? BotName, string? Mode)
{
    public static readonly MoneyScope All = new(null, null);

    public static MoneyScope Of(Account account) =>
        new(account.Bot.Length == 0 ? null : account.Bot, account.Mode.Length == 0 ? null : account.Mode);
}

/// <summary>The measures of the curves beside their limits.</summary>
internal sealed partial class MoneyCurves
{
    /// <summary>Returns the measures of everybody that the settings turn on.</summary>
    public IEnumerable<Measured> Measures(BreakerSettings settings, IReadOnlyList<Hold> holds, DateTimeOffset now) =>
        curves.Keys.SelectMany(scope => Measures(scope, settings, holds, now));

    public IEnumerable<Measured> Measures(MoneyScope scope, BreakerSettings settings, IReadOnlyList<Hold> holds, DateTimeOffset now)
    {
        var curve = curves[scope];
        foreach (var (type, value, standard) in new[]
        {
            (TriggerTypes.Drawdown, curve.Drawdown, settings.Drawdown),
            (TriggerTypes.DailyLoss, curve.DailyLoss, settings.DailyLoss),
            (TriggerTypes.LosingStreak, (decimal?)curve.LosingStreak, settings.LosingStreak),
        })
        {
            if (standard is not { } usual)
            {
                continue;
            }

            var hold = holds.Where(hold => hold.IsFor(type, type, scope.BotName, scope.Mode)).LastOrDefault();
            var limit = hold?.Limit ?? usual;

            // Another day has not lost anything yet.
            var isOver = type == TriggerTypes.DailyLoss && curve.Day != DateOnly.FromDateTime(now.UtcDateTime);
            yield return new(type, type, isOver && value is not null ? 0 : value, limit,
                !isOver && !(hold?.PausedUntil > now) && curve.IsPast(type, limit), isOver || !curve.IsPast(type, usual), Sentence(type, scope, value, limit))
            { BotName = scope.BotName, Mode = scope.Mode, At = last?.ClosedAt, TradeId = last?.Id, WhyUnknown = value is null ? curve.WhyUnknown(money.Reporting) : null };
        }
    }

    private static string Sentence(string type, MoneyScope scope, decimal? value, decimal limit)
    {
        var whose = scope.BotName is null ? "All accounts together" : scope.Mode is null ? $"The bot {scope.BotName}" : $"The bot {scope.BotName} ({scope.Mode})";
        return type switch
        {
            TriggerTypes.Drawdown => $"{whose} lost {Measured.Text(value ?? 0)} % from the peak of the equity; the limit is {Measured.Text(limit)} %.",
            TriggerTypes.DailyLoss => $"{whose} lost {Measured.Text(value ?? 0)} % of the equity of the day's beginning; the limit is {Measured.Text(limit)} %.",
            _ => string.Create(CultureInfo.InvariantCulture, $"{whose} lost {value} trades in a row; the limit is {Measured.Text(limit)}."),
        };
    }
}
