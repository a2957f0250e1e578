namespace Pilothouse.Performance;

/// <summary>
/// Makes the points of an answer from states. Most states of a curve are still there when a trade is added, and their points, whose figures
/// in percent take long to compute, are kept for the next answer. Not thread-safe.
/// </summary>
internal sealed class EquityPoints
{
    private Dictionary<long, EquityPoint> kept = [];
    private (bool Money, bool Equity, bool Percent) known;

    /// <summary>Returns the point of each state, with null for what is not known.</summary>
    public IReadOnlyList<EquityPoint> Of(IReadOnlyList<EquityState> states, bool money, bool equity, bool percent)
    {
        if (known != (money, equity, percent))
        {
            known = (money, equity, percent);
            kept.Clear();
        }

        var points = new List<EquityPoint>(states.Count);
        var next = new Dictionary<long, EquityPoint>(states.Count);
        foreach (var state in states)
        {
            var point = kept.GetValueOrDefault(state.Number) ?? Make(state);
            points.Add(next[state.Number] = point);
        }

        kept = next;
        return points;
    }

    private EquityPoint Make(in EquityState state) => new(
        state.At, known.Equity ? state.Equity.Value : null, known.Money ? state.TotalPnl.Value : null, known.Equity ? state.Flows.Value : null,
        known.Money ? state.Drawdown : null, known.Percent ? state.Curve?.DrawdownPercent : null, known.Percent ? state.Curve?.ReturnPercent : null);
}
