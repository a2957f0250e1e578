using System.Globalization;
using Pilothouse.Contract;

namespace Pilothouse.Spikes;

/// <summary>The way of a spike: it is detected, then analyzed, then traded or skipped.</summary>
internal static class SpikeFlow
{
    public const int LongestReason = 500;

    public const string Detected = "detected";
    public const string Analyzed = "analyzed";
    public const string Skipped = "skipped";
    public const string Traded = "traded";

    public static readonly Choices Statuses = new(Detected, Analyzed, Skipped, Traded);

    /// <summary>What is wrong with a spike in its status, as the field and a phrase; null if nothing is.</summary>
    public static (string Field, string Problem)? ProblemOf(string? status, string? skipReason, long? tradeId) => status switch
    {
        Skipped when string.IsNullOrWhiteSpace(skipReason) => ("skip_reason", "is required where the status is skipped"),
        Traded when tradeId is null => ("trade_id", "is required where the status is traded"),
        not Traded when tradeId is not null => ("trade_id", "goes with the status traded only"),
        _ => null,
    };

    /// <summary>Refuses a step that leaves one out, goes back, or changes what was decided. The same status again is no step.</summary>
    /// <param name="id">The spike.</param>
    /// <param name="from">Its status; null, and what another program called otherwise, counts as detected.</param>
    /// <param name="to">The status that was sent, in its own spelling.</param>
    /// <exception cref="Refusal">409, which names both.</exception>
    public static void DemandStep(long id, string? from, string to)
    {
        var known = Statuses.Normal(from) ?? Detected;
        var mayGo = (known, to) switch
        {
            (Detected, Analyzed) or (Analyzed, Traded or Skipped) => true,
            _ => known == to,
        };
        if (!mayGo)
        {
            throw new Refusal(409, ErrorCodes.WrongStep, "Wrong step", string.Create(CultureInfo.InvariantCulture, $"Spike {id} is {known} and cannot become {to}. ") + known switch
            {
                Detected => "Its next step is analyzed.",
                Analyzed => "Its next step is traded or skipped.",
                _ => "That is its last step.",
            });
        }
    }
}
