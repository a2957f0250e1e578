namespace Pilothouse.Replay;

/// <summary>An exponential mean that starts at its first value: <c>ewm(span=n, adjust=False).mean()</c> of pandas.</summary>
internal sealed class ExponentialMean(int span)
{
    // Computed from the centre of mass, like pandas, so that both round in the same way.
    private readonly double weight = 1 / (1 + ((span - 1) / 2.0));
    private double? mean;

    public double Add(double value)
    {
        if (mean is not { } old)
        {
            mean = value;
        }
        else if (old != value)
        {
            var kept = 1 - weight;
            mean = ((kept * old) + (weight * value)) / (kept + weight);
        }

        return mean.Value;
    }
}

/// <summary>
/// The last <paramref name="size"/> values. Each figure is computed from all values again, because a running sum would accumulate the
/// rounding errors of all earlier values.
/// </summary>
internal sealed class RollingWindow(int size)
{
    private readonly double[] values = new double[size];
    private long count;

    public bool IsFull => count >= size;

    public void Add(double value) => values[count++ % size] = value;

    /// <summary>Returns the mean of a full window, else null.</summary>
    public double? Mean()
    {
        if (!IsFull)
        {
            return null;
        }

        var sum = new CompensatedSum();
        foreach (var value in values)
        {
            sum.Add(value);
        }

        return sum.Value / size;
    }

    /// <summary>Returns the sample deviation (n − 1) of a full window, else null.</summary>
    public double? Deviation()
    {
        if (Mean() is not { } mean)
        {
            return null;
        }

        var squares = new CompensatedSum();
        foreach (var value in values)
        {
            squares.Add((value - mean) * (value - mean));
        }

        return Math.Sqrt(squares.Value / (size - 1));
    }
}

/// <summary>A sum that also keeps the rounding error of each addition (Neumaier, 1974).</summary>
internal struct CompensatedSum
{
    private double sum;
    private double lost;

    public readonly double Value => sum + lost;

    public void Add(double value)
    {
        var next = sum + value;
        lost += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
        sum = next;
    }
}
