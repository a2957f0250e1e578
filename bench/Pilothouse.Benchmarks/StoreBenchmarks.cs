using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Auth;
using Pilothouse.Bots;
using Pilothouse.CashFlows;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Performance;
using Pilothouse.Signals;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Sqlite;
using Pilothouse.Trades;

namespace Pilothouse.Benchmarks;

/// <summary>Measures the storage on a real file with 100,000 signals: the cost of one read, and of writes that share a commit.</summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    private static readonly Sql OneSignal = new("SELECT 1 FROM signals WHERE id = @id");

    private static readonly NewSignal Signal = new() { TradingPair = "SUI/USDC", SignalType = "BUY", SignalStrength = 5, Price = 1.234m, Rsi = 45.5, Macd = 0.0123, Vwap = 1.235 };
    private static readonly Caller Bench = new("bench", "bench", "127.0.0.1", Scopes.Write);
    private static readonly QueryShape Shape = new(QueryParameter.Limit(50), QueryParameter.Cursor, QueryParameter.Pair);
    private string folder = "";
    private SqliteDatabase database = null!;
    private PerformanceLedger ledger = null!;
    private KeptTape tapes = null!;
    private FlowBook flows = null!;
    private QueryValues fifty = null!;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        folder = Directory.CreateTempSubdirectory("pilothouse-bench-").FullName;
        var path = Path.Combine(folder, "bench.db");
        new Migrator(path, folder, TimeProvider.System, NullLogger<Migrator>.Instance).Migrate();
        database = new SqliteDatabase(path, 4, durable: true, TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
        fifty = Shape.Read(new DefaultHttpContext().Request.Query);
        for (var i = 0; i < 20; i++)
        {
            await database.WriteAsync(async session =>
            {
                for (var j = 0; j < 5000; j++)
                {
                    await SignalStore.Table.InsertAsync(session, Bench, Signal, TimeProvider.System.GetUtcNow());
                }

                return 0;
            });
        }

        var settings = Settings.Read(new Dictionary<string, string> { ["BOT_CONTROL_PIN"] = "482915", ["JWT_SECRET_KEY"] = new string('x', 40), ["STARTING_BALANCE"] = "10000" });
        flows = new FlowBook();
        tapes = new KeptTape(database, TimeProvider.System);
        ledger = new PerformanceLedger(database, tapes, new StartingBalances(settings, new BalanceReports(), flows), MoneyUnits.Usual, TimeProvider.System);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        ledger.Dispose();
        tapes.Dispose();
        flows.Dispose();
        await database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Benchmark]
    public async Task<long> Stamp() => await database.StampAsync();

    [Benchmark]
    public async Task<bool> Point_read() => await database.ReadAsync(static session => session.Prepare(OneSignal).Set("id", 77L).AnyAsync());

    [Benchmark]
    public async Task<int> Page_of_50() => (await database.ReadAsync(session => SignalStore.List.PageAsync(session, fifty, 50, SignalStore.Table.Read))).Count;

    [Benchmark]
    public async Task<int> Performance_kept() => (await ledger.AnswerAsync(PerformanceView.Report, default)).Plain.Length;

    /// <summary>One acknowledged write, with a commit and a sync of the disk of its own.</summary>
    [Benchmark]
    public async Task<long> Write_alone() => await WriteAsync();

    /// <summary>256 clients that write at the same time and share commits.</summary>
    [Benchmark(OperationsPerInvoke = 256)]
    public async Task Write_together()
    {
        var writes = new Task<long>[256];
        for (var i = 0; i < writes.Length; i++)
        {
            writes[i] = WriteAsync();
        }

        await Task.WhenAll(writes);
    }

    private Task<long> WriteAsync() => database.WriteAsync(static session => SignalStore.Table.InsertAsync(session, Bench, Signal, TimeProvider.System.GetUtcNow()));
}
