using System.Text;
using BenchmarkDotNet.Attributes;
using Pilothouse.Contract;
using Pilothouse.Performance;
using Pilothouse.Signals;
using Pilothouse.Storage;

namespace Pilothouse.Benchmarks;

/// <summary>Measures the conversion of values, which every request needs.</summary>
[MemoryDiagnoser]
public class ValueBenchmarks
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":5,"price":1.234,"rsi":45.5,"macd":0.0123,"vwap":1.235}""");
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Benchmark]
    public object Read_and_check_a_signal() => InputReader.Parse(Body, SignalJson.Default.NewSignal, Now, out _);

    [Benchmark]
    public double Decimal_to_double() => Exact.ToDouble(123456789.12345679m);

    [Benchmark]
    public decimal? Double_to_decimal() => Exact.ToDecimal(123456789.12345679);

    [Benchmark]
    public bool Parse_a_stored_time() => Timestamps.TryParse("2026-03-02 12:00:00.125", out _);

    [Benchmark(OperationsPerInvoke = 1000)]
    public object Add_1000_trades_to_the_figures()
    {
        var figures = new PerformanceFigures(10_000, TimeZoneInfo.Utc);
        for (var i = 0; i < 1000; i++)
        {
            figures.Add(new ClosedTrade(i, Now, Now.AddMinutes(i), (i % 7) - 3, 0.1m));
        }

        return figures;
    }
}
