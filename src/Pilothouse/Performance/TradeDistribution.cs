using System.Runtime.InteropServices;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>How the results of closed trades are distributed, in money and in percent of the margin.</summary>
internal sealed class TradeDistribution(EquityPlan plan) : TradeFold
{
    private readonly PerformanceFigures figures = new(plan, TimeZoneInfo.Utc);
    private readonly Histogram money = new();
    private readonly Histogram percent = new();

    public override bool NeedsConversion => figures.Currencies is { MustConvert: true };

    public override TraitsRead Traits => TraitsRead.All;

    public override byte[] ToJson(PerformanceBasis basis)
    {
        var all = figures.ToReport(PerformanceBasis.Nothing);
        var undefined = new Dictionary<string, string>();
        if (all.Undefined.TryGetValue("total_pnl", out var reason))
        {
            undefined["money"] = reason;
        }

        var report = new DistributionReport(
            all.TotalTrades, reason is null ? money.ToDistribution() : null, percent.ToDistribution(), undefined, basis with { Currency = all.Basis.Currency });
        return JsonText.Utf8(new One<DistributionReport>(true, report), PerformanceJson.Default.OneDistributionReport);
    }

    protected override void Add(in ClosedTrade trade, in TradeClosing row)
    {
        figures.Add(trade);
        money.Add(plan.Converted == Converted.None ? trade.Pnl : trade.InReporting().Pnl);
        if (row.PnlPercentage is { } part)
        {
            percent.Add(part);
        }
    }
}

/// <summary>
/// Counts values in bins of one width, 1 or 5 times a power of ten, whose bounds are multiples of it. The width is the smallest one with
/// which at most 60 bins reach from the smallest value to the largest, and not below 10⁻¹² of the largest size. It grows with the values, by
/// putting whole bins together, so the counts are those that all values at once would give.
/// </summary>
internal sealed class Histogram
{
    private const int MostBins = 60;
    private const decimal Finest = 0.0000000001m;
    private const decimal MostSteps = 1_000_000_000_000m;
    private const int MeanDigits = 15;

    private readonly Dictionary<decimal, long> bins = [];
    private decimal width = Finest;
    private bool isFive;
    private MoneySum sum;
    private long count;
    private decimal least;
    private decimal most;
    private double mean;
    private double squares;

    public void Add(decimal value)
    {
        var isFurther = count == 0 || value < least || value > most;
        (least, most) = count == 0 ? (value, value) : (Math.Min(least, value), Math.Max(most, value));
        count++;
        sum = sum.Plus(value);

        // B. P. Welford, 1962.
        var difference = Exact.ToDouble(value) - mean;
        mean += difference / count;
        squares += difference * (Exact.ToDouble(value) - mean);
        while (isFurther && (Math.Max(Math.Abs(least), Math.Abs(most)) / MostSteps > width || Index(most) - Index(least) + 1 > MostBins))
        {
            Widen();
        }

        CollectionsMarshal.GetValueRefOrAddDefault(bins, Index(value), out _)++;
    }

    public ResultDistribution ToDistribution()
    {
        if (count == 0)
        {
            return new(0, null, null, null, null, null, []);
        }

        var listed = new List<ResultBin>();
        for (var index = Index(least); index <= Index(most); index++)
        {
            listed.Add(new(Bound(index), Bound(index + 1), bins.GetValueOrDefault(index)));
        }

        return new(count, sum.Value is { } all ? Exact.ToDigits(all / count, MeanDigits) : null, count < 2 ? null : Math.Sqrt(squares / (count - 1)), least, most,
            Exact.Trim(width), listed);
    }

    private decimal Index(decimal value) => decimal.Floor(value / width);

    private decimal Bound(decimal index) => Exact.Trim(index * width);

    /// <summary>Goes from 1 to 5, and from 5 to 10, so that bins become parts of the new ones.</summary>
    private void Widen()
    {
        var times = isFive ? 2 : 5;
        (width, isFive) = (width * times, !isFive);
        var old = bins.ToList();
        bins.Clear();
        foreach (var (index, trades) in old)
        {
            var wider = decimal.Floor(index / times);
            bins[wider] = bins.GetValueOrDefault(wider) + trades;
        }
    }
}
