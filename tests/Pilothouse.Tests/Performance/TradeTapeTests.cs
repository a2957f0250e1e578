using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Performance;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Trades;

namespace Pilothouse.Tests.Performance;

/// <summary>What is answered from the trades in memory is what the database answers, byte by byte, whatever was asked and whoever changed what.</summary>
public sealed class TradeTapeTests
{
    private static readonly string[] Zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];
    private static readonly string[] Splits = ["pair", "side", "bot", "strategy", "exit_reason", "weekday", "hour"];
    private static readonly string?[] Pairs = ["SUI/USDC", "sui/usdc", "BTC/USDT", "XRPUSDT", "kPEPE/USDC:USDC", null];
    private static readonly string?[] Bots = ["a", "b", "c", "", null];
    private static readonly string?[] Modes = ["paper", "Paper", "auto", null];
    private static readonly string?[] Sides = ["BUY", "sell", "SELL", "HOLD"];
    private static readonly string?[] Words = ["grid", "Grid", "dca", null];

    /// <summary>Whether some trades settle in an asset that is no dollar, and has no price.</summary>
    private bool hasBitcoin;

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(3, "5000")]
    [InlineData(4, null)]
    [InlineData(5, null)]
    public async Task Random_questions_about_random_trades_are_answered_as_from_the_database(int seed, string? setting)
    {
        var draw = new Random(seed);
        hasBitcoin = seed == 5;
        await using var server = await TestServer.StartAsync(setting is null ? [] : [("STARTING_BALANCE", setting)]);
        var tapes = server.Services.GetRequiredService<KeptTape>();
        Signals(server);
        Insert(server, draw, seed == 4 ? 3000 : 300);
        foreach (var bot in new[] { "a", "b" })
        {
            server.Sql($"INSERT INTO bot_status(timestamp, bot_name, status, balance, mode) VALUES ('2026-01-0{draw.Next(1, 9)} 00:00:00', '{bot}', 'running', {draw.Next(300, 9000)}, {Text(seed == 2 ? "paper" : null)})");
        }

        server.Sql("INSERT INTO cash_flows(timestamp, bot_name, amount) VALUES ('2026-01-15 00:00:00', 'a', 250)");
        await tapes.PrepareAsync(withPercentages: true, TestContext.Current.CancellationToken);
        for (var round = 0; round < 12; round++)
        {
            await AskAsync(server, draw, tapes);
            Change(server, draw, round);
        }

        await AskAsync(server, draw, tapes);
    }

    /// <summary>One question in each form of answer, of the kept trades and of the database.</summary>
    private static async Task AskAsync(TestServer server, Random draw, KeptTape tapes)
    {
        var database = server.Services.GetRequiredService<Database>();
        var balances = server.Services.GetRequiredService<StartingBalances>();
        var ledger = server.Services.GetRequiredService<PerformanceLedger>();
        var units = server.Services.GetRequiredService<MoneyUnits>();
        await ledger.AnswerAsync(PerformanceView.Report, TestContext.Current.CancellationToken);
        await database.SnapshotAsync(ReadKind.Own, async session =>
        {
            // It has followed the log of changes: nothing here may read all trades again.
            var tape = await tapes.FindAsync(session);
            Assert.NotNull(tape);
            foreach (var view in Enum.GetValues<ViewKind>().Select(kind => new PerformanceView(kind, kind == ViewKind.By ? Pick(draw, Splits) : null)))
            {
                for (var i = 0; i < 3; i++)
                {
                    var filter = Filter(draw);
                    decimal? balance = draw.Next(4) == 0 ? 1000 : null;
                    var source = await balances.FindAsync(session, balance, filter.BotName, filter.Mode);
                    var closes = draw.Next(2) == 0 ? await EarlierCloses.OfAsync(session, ledger.Sums) : null;
                    var question = new WindowQuestion(
                        filter, TimeZoneInfo.FindSystemTimeZoneById(Pick(draw, Zones)!), filter.To, server.Clock.GetUtcNow(), units, view.Kind == ViewKind.Equity);
                    var expected = await AnswerAsync(new(session, null), question, view, source, closes);
                    Assert.Equal(expected, await AnswerAsync(new(session, tape), question, view, source, closes));
                }
            }

            return true;
        }, TestContext.Current.CancellationToken);
    }

    private static async ValueTask<string> AnswerAsync(
        TradeRows rows, WindowQuestion question, PerformanceView view, EquitySource source, EarlierCloses? closes) =>
        Encoding.UTF8.GetString(view.Kind is ViewKind.By or ViewKind.Distribution
            ? (await ClosedTradeReader.FoldAsync(rows, question, view)).ToJson(PerformanceCases.Basis())
            : PerformanceAnswers.ToJson(view, await ClosedTradeReader.ReadAsync(rows, question, source, closes), PerformanceCases.Basis(), source.Book));

    private static ClosedTradeFilter Filter(Random draw)
    {
        DateTimeOffset? Time() => draw.Next(2) == 0 ? null : At(draw.Next(0, 60 * 24));
        var (from, to) = (Time(), Time());
        return new(
            from, Some(Pairs)?.ToUpperInvariant(), Some(["BUY", "SELL"]), Some(["a", "b", "c"]), Some(["paper", "auto"]), to < from ? from : to, Some(Words),
            Some(["USDC", "USDT"]));

        string? Some(string?[] values) => draw.Next(3) == 0 ? Pick(draw, values) : null;
    }

    private static void Signals(TestServer server) =>
        server.Sql(
            "INSERT INTO signals(id, timestamp, trading_pair, signal_type, signal_strength, price, strategy) VALUES (1, '2026-01-01 00:00:00', 'A/B', 'BUY', 1, 1, 'grid'), (2, '2026-01-01 00:00:00', 'A/B', 'BUY', 1, 1, NULL)");

    /// <summary>What other programs do to trades that are closed.</summary>
    private void Change(TestServer server, Random draw, int round)
    {
        var id = draw.Next(1, 250);
        switch (round % 6)
        {
            case 0:
                Insert(server, draw, 25);
                break;
            case 1:
                server.Sql($"UPDATE trades SET pnl = pnl + 1, closed_at = '{Stored(At(draw.Next(0, 60 * 24)))}', pnl_percentage = 3.5 WHERE id IN ({id}, {id + 1})");
                break;
            case 2:
                server.Sql($"DELETE FROM trades WHERE id BETWEEN {id} AND {id + 5}");
                break;
            case 3:
                server.Sql($"UPDATE trades SET status = 'voided' WHERE id = {id}; UPDATE trades SET status = 'CLOSED', bot_name = 'c' WHERE id = {id + 3}");
                break;
            case 4:
                server.Sql("UPDATE signals SET strategy = CASE id WHEN 1 THEN 'dca' ELSE 'grid' END");
                break;
            default:
                server.Sql($"UPDATE trades SET status = 'closed', closed_at = '{Stored(At(draw.Next(0, 60 * 24)))}', pnl = 4.25 WHERE status = 'open'; UPDATE trades SET trading_pair = 'BTC/USDT', side = 'BUY', exit_reason = 'new' WHERE id = {id}");
                break;
        }
    }

    private void Insert(TestServer server, Random draw, int count)
    {
        var rows = Enumerable.Range(0, count).Select(_ =>
        {
            var closed = At(draw.Next(0, 60 * 24), draw.Next(2));
            var isClosed = draw.Next(12) > 0;
            var entry = Math.Round(draw.NextDouble() * 100, 4) + 0.01;
            return string.Create(CultureInfo.InvariantCulture, $"""
                ('{Stored(closed.AddSeconds(-draw.Next(0, 90_000)))}', {Text(hasBitcoin && draw.Next(9) == 0 ? "XRP/BTC" : Pick(draw, Pairs) ?? "NOPAIR")}, {Text(Pick(draw, Sides))}, {entry}, {entry + 1}, {draw.Next(1, 9)}, {Pnl()},
                {(draw.Next(3) == 0 ? "NULL" : "0.05")}, '{(isClosed ? Pick(draw, ["closed", "Closed"]) : "open")}', {(isClosed && draw.Next(20) > 0 ? $"'{Stored(closed)}'" : "NULL")},
                {Text(Pick(draw, Bots))}, {Text(Pick(draw, Modes))}, {Text(Pick(draw, Words))}, {Text(Pick(draw, ["stop", "target", null]))}, {Pick(draw, ["1", "2", "NULL"])},
                {Pick(draw, ["NULL", "2.5"])}, {Pick(draw, ["NULL", "3"])})
                """);

            string Pnl() => draw.Next(10) switch
            {
                0 => "NULL",
                1 => "0",
                2 => (draw.NextDouble() - 0.5).ToString("R", CultureInfo.InvariantCulture),
                _ => (Math.Round(draw.NextDouble() * 60, 2) - 30).ToString(CultureInfo.InvariantCulture),
            };
        });
        server.Sql($"INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, fees, status, closed_at, bot_name, mode, strategy, exit_reason, signal_id, pnl_percentage, leverage) VALUES {string.Join(",\n", rows)}");
    }

    private static string? Pick(Random draw, string?[] values) => values[draw.Next(values.Length)];

    private static DateTimeOffset At(int hour, int half = 0) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(hour).AddMilliseconds(500 * half);

    private static string Stored(DateTimeOffset time) => Timestamps.ToStored(time);

    private static string Text(string? value) => value is null ? "NULL" : $"'{value}'";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_block_gives_back_every_time_number_and_amount_as_it_was(int seed)
    {
        var draw = new Random(seed);
        decimal[] odd = [0, 0.00m, decimal.MaxValue, decimal.MinValue, 0.0000000000000000000000000001m, -1.10m, ulong.MaxValue, (decimal)ulong.MaxValue + 1];
        var trades = Enumerable.Range(0, 700).Select(_ => new TapedTrade(
            draw.NextInt64(long.MinValue / 4, long.MaxValue / 4), Ticks(), Ticks(), Amount(), Amount(), draw.Next(2) == 0 ? null : Amount(), draw.Next(), draw.Next(200)))
            .OrderBy(static trade => trade.Place).ToArray();
        var block = TapeBlock.Of(trades);
        Assert.Equal(trades, block.ToArray());
        Assert.Equal(trades.Select(static trade => trade.Pnl.ToString(CultureInfo.InvariantCulture)), block.ToArray().Select(static trade => trade.Pnl.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal((trades.Min(static trade => trade.Id), trades.Max(static trade => trade.Id), trades[0].Place, trades[^1].Place), (block.LeastId, block.MostId, block.First, block.Last));

        long Ticks() => draw.Next(5) switch
        {
            0 => 0,
            1 => DateTimeOffset.MaxValue.Ticks,
            2 => draw.NextInt64(DateTimeOffset.MaxValue.Ticks),
            3 => At(draw.Next(500)).Ticks,
            _ => At(3).AddMilliseconds(draw.Next()).Ticks,
        };

        decimal Amount() => draw.Next(3) == 0 ? odd[draw.Next(odd.Length)] : new decimal(draw.Next(), draw.Next(), draw.Next(2) * draw.Next(), draw.Next(2) == 0, (byte)draw.Next(29));
    }

    [Fact]
    public async Task Trades_that_come_late_one_by_one_are_put_in_their_places()
    {
        var words = new TapeWords();
        var tape = new TradeTape([], words, 0, wasSorted: false, hasPercentages: true);
        var draw = new Random(7);
        var rows = Enumerable.Range(1, 2500).Select(id => new TradeClosing(id, null, At(draw.Next(4000)), id, 0, "USDC", Traits: new(null, null, null))).ToList();
        foreach (var batch in rows.Chunk(1).Take(1300).Concat(rows.Skip(1300).Chunk(400)))
        {
            tape = tape.With(batch.Select(static row => row.Id).ToHashSet(), batch, tape.Position + 1);
        }

        tape = tape.With(new HashSet<long> { 5, 2500 }, [], tape.Position + 1);
        var passed = new List<long>();
        await new TradeRows(null!, tape).EachAsync(new(), TradesBeside.None, TraitsRead.None, row => passed.Add(row.Id), default);
        Assert.Equal(rows.Where(static row => row.Id is not (5 or 2500)).OrderBy(static row => row.ClosedAt).ThenBy(static row => row.Id).Select(static row => row.Id), passed);
        Assert.Equal(1300 + 3 + 1, tape.Position);
    }

    [Fact]
    public async Task The_trades_leave_the_memory_when_nobody_asks_for_an_hour_and_come_back()
    {
        await using var server = await TestServer.StartAsync();
        Signals(server);
        Insert(server, new Random(1), 50);
        var tapes = server.Services.GetRequiredService<KeptTape>();

        // The job that keeps the figures of periods would read the trades for these otherwise.
        await server.GetAsync("/api/performance");
        var before = (await server.GetAsync("/api/performance?side=BUY"))["data"]!.ToJsonString();
        Assert.True(tapes.Size > 0);
        server.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.True(tapes.Size > 0);
        server.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, tapes.Size);
        Assert.Equal(before, (await server.GetAsync("/api/performance?side=BUY"))["data"]!.ToJsonString());
        Assert.True(tapes.Size > 0);
    }

    [Fact]
    public void Exit_reasons_that_are_all_different_are_not_kept()
    {
        var words = new TapeWords();
        for (var i = 0; i <= 10_001; i++)
        {
            words.Of(new TradeClosing(i, null, At(1), 1, 0, Traits: new(null, null, null), ExitReason: "at " + i));
        }

        Assert.False(words.HasReasons);
        Assert.False(words.AreTooMany);
        Assert.Equal(10_002, words.Lists().Reasons.Length);
    }
}
