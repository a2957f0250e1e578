using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>
/// Computes the return of each day on which trades closed. Closes without another change of the equity in between form one return, their
/// pnl ÷ the equity before the first of them, so that nothing is lost to rounding; such returns of a day compound.
/// </summary>
internal sealed class DailyReturnSums
{
    private readonly List<(DateOnly Day, double Return)> days = [];
    private (DateOnly Day, decimal Before, decimal Pnl)? open;

    public void Add(DateOnly day, decimal before, decimal pnl)
    {
        if (open is { } run && run.Day == day)
        {
            open = run with { Pnl = run.Pnl + pnl };
            return;
        }

        Break();
        open = (day, before, pnl);
    }

    /// <summary>The equity changes now for another reason than a close: later closes are divided by another equity.</summary>
    public void Break()
    {
        if (open is not { } run)
        {
            return;
        }

        open = null;

        var index = DayList.Find(days, run.Day);
        var value = Return(run.Before, run.Pnl);
        if (index >= 0)
        {
            days[index] = (run.Day, Compound(days[index].Return, value));
        }
        else
        {
            days.Insert(~index, (run.Day, value));
        }
    }

    public double[] ToArray() => [.. ByDay().Select(static day => day.Return)];

    public List<(DateOnly Day, double Return)> ByDay()
    {
        var returns = days.ToList();
        if (open is { } run)
        {
            var index = DayList.Find(days, run.Day);
            var value = Return(run.Before, run.Pnl);
            if (index >= 0)
            {
                returns[index] = (run.Day, Compound(returns[index].Return, value));
            }
            else
            {
                returns.Insert(~index, (run.Day, value));
            }
        }

        return returns;
    }

    private static double Return(decimal before, decimal pnl) => Exact.ToDouble(pnl) / Exact.ToDouble(before);

    /// <summary>Returns (1 + a)(1 + b) − 1 without the loss of digits that adding 1 would cause.</summary>
    private static double Compound(double a, double b) => a + b + (a * b);
}
