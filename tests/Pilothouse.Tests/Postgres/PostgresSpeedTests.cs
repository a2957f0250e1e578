using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Postgres;

/// <summary>How fast writes on PostgreSQL are, with its disk flushed. The figures are in docs/benchmarks.md.</summary>
public sealed class PostgresSpeedTests
{
    private const string Columns = "trading_pair, signal_type, signal_strength, price, rsi, macd, bot_name, timeframe, confidence";
    private static readonly Sql Insert = new($"INSERT INTO signals({Columns}) VALUES (@pair, @type, @strength, @price, @rsi, @macd, @bot, @timeframe, @confidence) RETURNING id");
    private static readonly TimeSpan Run = TimeSpan.FromSeconds(8);

    /// <summary>
    /// The same row, stored by each of 128 callers on its own by one of 32 pooled connections, as a simple server would do it. That way
    /// loses updates where a write reads first.
    /// </summary>
    [Fact]
    public async Task The_shared_transaction_of_the_writers_is_faster_than_a_transaction_for_each()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1", "It measures for half a minute: set PILOTHOUSE_SLOW_TESTS=1.");
        await using var cluster = await PostgresCluster.StartAsync();
        var (database, name) = await cluster.OpenAsync();
        await using var closing = database;
        var settings = new NpgsqlConnectionStringBuilder(cluster.TextOf(name)) { Pooling = true, MaxPoolSize = 32, MaxAutoPrepare = 20, AutoPrepareMinUsages = 2 };
        await using var pool = NpgsqlDataSource.Create(settings.ConnectionString);
        foreach (var callers in new[] { 32, 128 })
        {
            var alone = await MeasureAsync(callers, () => AloneAsync(pool));
            var shared = await MeasureAsync(callers, () => SharedAsync(database));
            TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{callers} callers: a transaction for each {alone:0}/s, shared {shared:0}/s, {shared / alone:0.00} times"));
            Assert.True(callers < 128 || shared > 1.5 * alone, string.Create(CultureInfo.InvariantCulture, $"shared {shared:0}/s, alone {alone:0}/s"));
        }
    }

    private static async Task<double> MeasureAsync(int callers, Func<Task> write)
    {
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => write()));
        var (began, done) = (Stopwatch.GetTimestamp(), 0L);
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(began) < Run)
            {
                await write();
                Interlocked.Increment(ref done);
            }
        })));
        return done / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static Task<long> SharedAsync(Database database) => database.WriteAsync(static session => session.Prepare(Insert)
        .Set("pair", "BTC/USDT").Set("type", "BUY").Set("strength", (long?)5).Set("price", (decimal?)1.5m).Set("rsi", (double?)41.5).Set("macd", (double?)1.25)
        .Set("bot", "rl_trading_bot").Set("timeframe", "1h").Set("confidence", (double?)0.75).InsertAsync());

    private static async Task AloneAsync(NpgsqlDataSource pool)
    {
        await using var command = pool.CreateCommand($"INSERT INTO signals({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id");
        foreach (var value in new object[] { "BTC/USDT", "BUY", 5L, 1.5m, 41.5, 1.25, "rl_trading_bot", "1h", 0.75 })
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await command.ExecuteScalarAsync();
    }
}
