using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Tests.Storage;

/// <summary>What every engine promises (the comments of <see cref="Database"/>). Each engine has a class of its own that opens one.</summary>
public abstract class DatabaseContract
{
    private static readonly Sql InsertSignal = new("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES (@pair, 'BUY', 1, 1) RETURNING id");
    private static readonly Sql InsertNothing = new("INSERT INTO signals(trading_pair) VALUES (NULL)");
    private static readonly Sql CountSignals = new("SELECT count(*) FROM signals WHERE trading_pair = @pair");
    private static readonly Sql InsertBudget = new("INSERT INTO login_budgets(client, window_ends, attempts) VALUES (@client, @ends, 0)");
    private static readonly Sql FindBudget = new("SELECT attempts FROM login_budgets WHERE client = @client");
    private static readonly Sql SetBudget = new("UPDATE login_budgets SET attempts = @attempts WHERE client = @client");
    private static readonly Sql Positions = new("SELECT seq, row_id FROM changes ORDER BY seq");
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, 123, TimeSpan.Zero);

    /// <summary>Opens a database of its own, which is empty.</summary>
    private protected abstract Task<OpenDatabase> OpenAsync();

    [Fact]
    public async Task What_is_stored_is_read_back_as_it_was()
    {
        await using var open = await OpenAsync();
        var insert = new Sql("""
            INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price, rsi, bot_name, confidence)
            VALUES (@time, @pair, 'BUY', @strength, @price, @rsi, @bot, @confidence) RETURNING id
            """);
        var select = new Sql("SELECT id, timestamp, trading_pair, signal_strength, price, rsi, bot_name, confidence FROM signals WHERE id = @id");
        var id = await open.Database.WriteAsync(session => session.Prepare(insert)
            .Set("time", (DateTimeOffset?)Noon).Set("pair", "币安人生/USDT:USDT").Set("strength", (long?)-42).Set("price", (decimal?)123456789.123456m)
            .Set("rsi", (double?)0.1).Set("bot", (string?)null).Set("confidence", (double?)1e-300).InsertAsync());
        var row = await open.Database.ReadAsync(session => session.Prepare(select).Set("id", (long?)id).FirstAsync(static row =>
            (row.Id(0), row.Time(1), row.Text(2), row.Whole(3), row.Money(4), row.Number(5), row.Text(6), row.Number(7))));
        Assert.Equal((id, Noon, "币安人生/USDT:USDT", -42L, 123456789.123456m, 0.1, null, 1e-300), row);
        Assert.Equal("2026-03-02 12:00:00.123", await open.Database.ReadAsync(session => session.Prepare(select).Set("id", (long?)id).FirstAsync(static row => row.Text(1))));
    }

    /// <summary>An engine may keep words that it has read.</summary>
    [Fact]
    public async Task Words_are_read_as_texts_are_however_many_there_are_and_however_alike()
    {
        await using var open = await OpenAsync();
        string[] words = ["", "a", "é", "\u5e01\u5b89", "x", .. Enumerable.Range(0, 2000).Select(static i => $"w{i}"), .. Enumerable.Range(0, 300).Select(static i => $"begins alike, {i} ends alike too"),
            .. Enumerable.Range(60, 8).Select(static i => new string('l', i))];
        var insert = new Sql("INSERT INTO signals(trading_pair, signal_type, signal_strength, price, strategy, bot_name) VALUES (@word, 'BUY', 1, 1, @word, @other) RETURNING id");
        await open.Database.WriteAsync(async session =>
        {
            for (var i = 0; i < words.Length; i++)
            {
                await session.Prepare(insert).Set("word", words[i]).Set("other", i % 3 == 0 ? null : words[^(i + 1)]).InsertAsync();
            }

            return true;
        });
        var select = new Sql("SELECT trading_pair, strategy, bot_name FROM signals ORDER BY id");
        for (var round = 0; round < 2; round++)
        {
            var read = await open.Database.ReadAsync(session => session.Prepare(select).ListAsync(static row => (row.Word(0), row.Word(1), row.Word(2), row.Text(0), row.Text(1), row.Text(2))));
            Assert.Equal(words, read.Select(static row => row.Item1));
            Assert.All(read, static row => Assert.Equal((row.Item4, row.Item5, row.Item6), (row.Item1, row.Item2, row.Item3)));
        }
    }

    /// <summary>The hashes of the audit log are over this text.</summary>
    [Theory]
    [InlineData(0, "2026-03-02 12:00:00")]
    [InlineData(7, "2026-03-02 12:00:00.007")]
    [InlineData(100, "2026-03-02 12:00:00.100")]
    [InlineData(760, "2026-03-02 12:00:00.760")]
    public async Task A_time_is_read_as_the_same_text_on_each_engine(int milliseconds, string expected)
    {
        await using var open = await OpenAsync();
        var insert = new Sql("INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES (@time, 'A/B', 'BUY', 1, 1) RETURNING id");
        var select = new Sql("SELECT timestamp FROM signals");
        var time = new DateTimeOffset(2026, 3, 2, 12, 0, 0, milliseconds, TimeSpan.Zero);
        await open.Database.WriteAsync(session => session.Prepare(insert).Set("time", (DateTimeOffset?)time).InsertAsync());
        Assert.Equal(expected, await open.Database.ReadAsync(session => session.Prepare(select).FirstAsync(static row => row.Text(0))));
    }

    /// <summary>An engine may send statements that are begun together as one.</summary>
    [Fact]
    public async Task Rows_that_one_write_begins_to_store_together_keep_their_values_their_order_and_their_ids()
    {
        await using var open = await OpenAsync();
        var insert = new Sql(
            "INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price, rsi, bot_name) VALUES (@time, @pair, @type, @strength, @price, @rsi, @bot) RETURNING id");
        var select = new Sql("SELECT id, timestamp, trading_pair, signal_strength, price, rsi, bot_name FROM signals ORDER BY id");
        var ids = await open.Database.WriteAsync(async session =>
        {
            var begun = Enumerable.Range(0, 50).Select(i => session.Prepare(insert).Set("time", i % 3 == 0 ? null : (DateTimeOffset?)Noon.AddMinutes(i)).Set("pair", $"A'{i}\\,{{}}\"/B")
                .Set("type", "BUY").Set("strength", (long?)i).Set("price", i + 0.1234567890123m).Set("rsi", i % 2 == 0 ? null : i / 7.0).Set("bot", i % 5 == 0 ? null : "NULL").InsertAsync().AsTask()).ToList();
            return await Task.WhenAll(begun);
        });
        var rows = await open.Database.ReadAsync(session => session.Prepare(select).ListAsync(static row => (row.Id(0), row.Time(1), row.Text(2), row.Whole(3), row.Money(4), row.Number(5), row.Text(6))));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (ids[i], i % 3 == 0 ? null : (DateTimeOffset?)Noon.AddMinutes(i), (string?)$"A'{i}\\,{{}}\"/B",
            (long?)i, (decimal?)(i + 0.1234567890123m), i % 2 == 0 ? null : (double?)(i / 7.0), i % 5 == 0 ? null : "NULL")), rows);
        Assert.Equal(Enumerable.Range(1, 50).Select(static i => (long)i), ids);
        Assert.Equal(ids, await open.Database.ReadAsync(session => session.Prepare(Positions).ListAsync(static row => row.Id(1))));
    }

    [Fact]
    public async Task A_parameter_that_was_not_set_is_null()
    {
        await using var open = await OpenAsync();
        var named = new Sql("SELECT count(*) FROM signals WHERE (@pair IS NULL OR upper(trading_pair) = @pair)");
        await StoreAsync(open.Database, "A/B");
        Assert.Equal(1, await open.Database.ReadAsync(session => session.Prepare(named).FirstAsync(static row => row.Whole(0))));
        Assert.Equal(0, await open.Database.ReadAsync(session => session.Prepare(named).Set("pair", "C/D").FirstAsync(static row => row.Whole(0))));
    }

    [Fact]
    public async Task Times_sort_by_their_key_and_one_that_is_missing_sorts_before_all()
    {
        await using var open = await OpenAsync();
        var insert = new Sql("INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, closed_at) VALUES (@time, 'A/B', 'BUY', 1, 1, @closed) RETURNING id");
        foreach (var hours in new[] { 2, 0, 1 })
        {
            await open.Database.WriteAsync(session => session.Prepare(insert).Set("time", (DateTimeOffset?)Noon.AddHours(hours))
                .Set("closed", hours == 1 ? null : (DateTimeOffset?)Noon.AddHours(hours)).InsertAsync());
        }

        var keys = new Sql("SELECT id, time_key(closed_at) FROM trades ORDER BY time_key(closed_at), id");
        var rows = await open.Database.ReadAsync(session => session.Prepare(keys).ListAsync(static row => (row.Id(0), row.Text(1))));
        Assert.Equal([(3, ""), (2, "2026-03-02 12:00:00.123"), (1, "2026-03-02 14:00:00.123")], rows);

        var after = new Sql("SELECT id FROM trades WHERE (time_key(closed_at), id) > (@key, @id) ORDER BY time_key(closed_at), id");
        foreach (var (i, row) in rows.Index())
        {
            Assert.Equal(rows.Skip(i + 1).Select(static later => later.Item1), await open.Database.ReadAsync(session =>
                session.Prepare(after).SetKey("key", row.Item2).Set("id", (long?)row.Item1).ListAsync(static found => found.Id(0))));
        }
    }

    [Fact]
    public async Task Text_sorts_by_its_characters_numbers()
    {
        await using var open = await OpenAsync();
        foreach (var pair in new[] { "b", "B", "a", "_", "é", "A" })
        {
            await StoreAsync(open.Database, pair);
        }

        var sorted = new Sql("SELECT trading_pair FROM signals ORDER BY trading_pair");
        Assert.Equal(["A", "B", "_", "a", "b", "é"], await open.Database.ReadAsync(session => session.Prepare(sorted).ListAsync(static row => row.Text(0)!)));
    }

    [Fact]
    public async Task Of_many_writes_at_once_the_bad_ones_fail_alone()
    {
        await using var open = await OpenAsync();
        Func<Session, ValueTask<long>>[] kinds =
        [
            static session => session.Prepare(InsertSignal).Set("pair", "good").InsertAsync(),
            static async session => await session.Prepare(InsertSignal).Set("pair", "half").InsertAsync() + await session.Prepare(InsertNothing).ExecuteAsync(),
            static async session =>
            {
                await session.Prepare(InsertSignal).Set("pair", "thrown").InsertAsync();
                throw new InvalidDataException("thrown by the work");
            },
            static async session => await CountAsync(session, "good") >= 0 ? throw new InvalidDataException("refused before it changed anything") : 0,
        ];
        var writes = Enumerable.Range(0, 80).Select(i => open.Database.WriteAsync(kinds[i % 4])).ToList();
        await EndAsync(writes);
        Assert.Equal(20, writes.Count(static write => write.IsCompletedSuccessfully));
        Assert.All(writes.Index(), static write => Assert.Equal(write.Index % 4 == 0, write.Item.IsCompletedSuccessfully));
        Assert.Equal((20, 0, 0), (await CountAsync(open.Database, "good"), await CountAsync(open.Database, "half"), await CountAsync(open.Database, "thrown")));
    }

    [Fact]
    public async Task What_a_write_has_read_still_holds_when_it_writes()
    {
        await using var open = await OpenAsync();
        await open.Database.WriteAsync(static session => session.Prepare(InsertBudget).Set("client", "one").Set("ends", (DateTimeOffset?)Noon).ExecuteAsync());
        static async ValueTask<long> CountUpAsync(Session session)
        {
            var attempts = await session.Prepare(FindBudget).Set("client", "one").FirstAsync(static row => row.Whole(0));
            await session.Prepare(SetBudget).Set("attempts", attempts + 1).Set("client", "one").ChangeAsync();
            return attempts!.Value;
        }

        var writes = Enumerable.Range(0, 500).Select(i => open.Database.WriteAsync<long>(i % 5 == 0
            ? static session => session.Prepare(InsertSignal).Set("pair", "between").InsertAsync()
            : CountUpAsync)).ToList();
        await Task.WhenAll(writes);
        Assert.Equal(400, await open.Database.ReadAsync(static session => session.Prepare(FindBudget).Set("client", "one").FirstAsync(static row => row.Whole(0))));
        Assert.Equal(Enumerable.Range(0, 400).Select(static i => (long)i), writes.Index().Where(static write => write.Index % 5 != 0).Select(static write => write.Item.Result).Order());
    }

    [Fact]
    public async Task The_changes_are_in_the_order_of_the_commits()
    {
        await using var open = await OpenAsync();
        var seen = new List<(long Position, long Row)>();
        using var end = new CancellationTokenSource();
        var following = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                seen.AddRange((await open.Database.ReadAsync(session => ChangeLog.AfterAsync(session, seen.Count == 0 ? 0 : seen[^1].Position, 100)))
                    .Select(static change => (change.Sequence, change.RowId)));
            }
        });
        await Parallel.ForAsync(0, 400, async (_, _) => await StoreAsync(open.Database, "A/B"));
        await end.CancelAsync();
        await following;
        var all = await open.Database.ReadAsync(static session => session.Prepare(Positions).ListAsync(static row => (row.Id(0), row.Id(1))));
        Assert.Equal(400, all.Count);
        Assert.Equal(all.Take(seen.Count), seen);
    }

    [Fact]
    public async Task The_stamp_changes_with_each_commit_and_only_then()
    {
        await using var open = await OpenAsync();
        var before = await open.Database.StampAsync();
        Assert.Equal(before, await open.Database.StampAsync());
        for (var i = 0; i < 20; i++)
        {
            await StoreAsync(open.Database, "A/B");
            var after = await open.Database.StampAsync();
            Assert.NotEqual(before, after);
            before = after;
        }
    }

    [Fact]
    public async Task A_snapshot_does_not_see_what_is_committed_meanwhile()
    {
        await using var open = await OpenAsync();
        await StoreAsync(open.Database, "A/B");
        var counts = await open.Database.SnapshotAsync(ReadKind.Own, async session =>
        {
            var first = await CountAsync(session, "A/B");
            await StoreAsync(open.Database, "A/B");
            return (first, await CountAsync(session, "A/B"));
        });
        Assert.Equal((1, 1), counts);
        Assert.Equal(2, await CountAsync(open.Database, "A/B"));
    }

    [Fact]
    public async Task What_the_writes_of_a_commit_share_is_finished_once_and_stored_with_them()
    {
        await using var open = await OpenAsync();
        var writes = Enumerable.Range(0, 100).Select(_ => open.Database.WriteAsync(async session =>
        {
            var id = await session.Prepare(InsertSignal).Set("pair", "A/B").InsertAsync();
            session.Commit.Of(static () => new Tally()).Count++;
            return id;
        })).ToList();
        await Task.WhenAll(writes);
        var sum = new Sql("SELECT sum(signal_strength), count(*) FROM signals WHERE trading_pair = 'tally'");
        var (total, rows) = await open.Database.ReadAsync(session => session.Prepare(sum).FirstAsync(static row => (row.Whole(0), row.Whole(1))));
        Assert.Equal(100, total);
        Assert.InRange(rows!.Value, 1, 99);
    }

    [Fact]
    public async Task What_the_writes_of_a_commit_ask_for_at_once_is_read_once_and_all_go_on_with_it()
    {
        await using var open = await OpenAsync();
        var reads = 0;
        var writes = Enumerable.Range(0, 100).Select(i => open.Database.WriteAsync(async session =>
        {
            var shared = session.Commit.Of(static () => new Look());
            await shared.Work.RunAsync(async () =>
            {
                reads++;
                await CountAsync(session, "A/B");
            });
            await session.Prepare(InsertSignal).Set("pair", "first").InsertAsync();
            return await session.Prepare(InsertSignal).Set("pair", "second").InsertAsync();
        })).ToList();
        await Task.WhenAll(writes);
        Assert.InRange(reads, 1, 99);
        Assert.Equal((100, 100), (await CountAsync(open.Database, "first"), await CountAsync(open.Database, "second")));
    }

    [Fact]
    public async Task Rows_that_retention_removes_are_not_logged_while_others_write()
    {
        await using var open = await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await StoreAsync(open.Database, i % 2 == 0 ? "kept" : "old");
        }

        var delete = new Sql("DELETE FROM signals WHERE id = @id");
        var writes = Enumerable.Range(1, 20).Select(id => open.Database.WriteAsync<int>(session => id % 2 == 0
            ? ChangeLog.WithoutAsync(session, "test", () => session.Prepare(delete).Set("id", (long?)id).ExecuteAsync())
            : session.Prepare(delete).Set("id", (long?)id).ExecuteAsync())).ToList();
        await Task.WhenAll(writes);
        var removed = await open.Database.ReadAsync(static session => ChangeLog.AfterAsync(session, 20, 100));
        Assert.Equal(Enumerable.Range(0, 10).Select(static i => (long)((2 * i) + 1)), removed.Select(static change => change.RowId).Order());
    }

    private static Task<long> StoreAsync(Database database, string pair) => database.WriteAsync(session => session.Prepare(InsertSignal).Set("pair", pair).InsertAsync());

    private static async Task<long> CountAsync(Database database, string pair) => await database.ReadAsync(session => CountAsync(session, pair));

    private static async ValueTask<long> CountAsync(Session session, string pair) => await session.Prepare(CountSignals).Set("pair", pair).FirstAsync(static row => row.Id(0));

    private static Task EndAsync(IEnumerable<Task> writes) => Task.WhenAll(writes.Select(static write => write.ContinueWith(static _ => { }, TaskScheduler.Default)));

    /// <summary>Counts the writes of a commit, and stores the number at its end.</summary>
    private sealed class Tally : CommitState
    {
        private static readonly Sql Insert = new("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('tally', 'BUY', @count, 1)");

        public long Count { get; set; }

        public override async ValueTask FinishAsync(Session session) => await session.Prepare(Insert).Set("count", (long?)Count).ChangeAsync();
    }

    /// <summary>Something that the writes of a commit need once.</summary>
    private sealed class Look : CommitState
    {
        public SharedWork Work { get; } = new();
    }

    /// <summary>A database and what must be removed behind it.</summary>
    private protected sealed class OpenDatabase(Database database, Func<ValueTask> remove) : IAsyncDisposable
    {
        public Database Database => database;

        public async ValueTask DisposeAsync()
        {
            await database.DisposeAsync();
            await remove();
        }
    }
}
