namespace Pilothouse.Replay;

/// <summary>An exponential mean started at its first value: pandas <c>ewm(span=n, adjust=False).mean()</c>.</summary>
internal sealed class ExponentialMean(int span)
{
    // By way of the centre of mass, as pandas does, so that both round alike.
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
/// The last <paramref name="size"/> values. Figures are computed afresh from the values each time: a running sum would carry the
/// rounding of every value that ever passed through.
/// </summary>
internal sealed class RollingWindow(int size)
{
    private readonly double[] values = new double[size];
    private long count;

    public bool IsFull => count >= size;

    public void Add(double value) => values[count++ % size] = value;

    /// <summary>The mean of a full window, else null.</summary>
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

    /// <summary>The sample deviation (n − 1) of a full window, else null.</summary>
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

/// <summary>A sum that keeps what each addition rounds away (Neumaier, 1974).</summary>
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
