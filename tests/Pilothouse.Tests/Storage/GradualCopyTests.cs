using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Retention;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Sqlite;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>A copy of the served database is of one moment, whatever is written meanwhile, and does not hold the log.</summary>
public sealed class GradualCopyTests
{
    private static readonly Sql Megabyte = new("INSERT INTO chart_analyses(trading_pair, timeframe, ai_analysis) VALUES ('A/B', '1h', hex(randomblob(500000)))");
    private const int MostMegabytes = 3000;
    private static readonly Sql Change = new("UPDATE chart_analyses SET timeframe = '4h' WHERE id = 1");

    [Fact]
    public async Task The_log_stays_short_while_a_large_file_is_copied_under_writes()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 250);
        var target = Target(server);
        using var enough = new CancellationTokenSource();
        var writing = WriteAsync(server, enough.Token);
        var (longest, before) = (0L, 0L);
        long rows;
        using (new Timer(_ => longest = Math.Max(longest, new FileInfo(server.DatabasePath + "-wal").Length), null, 0, 5))
        {
            rows = await CopyAsync(server, target);
        }

        before = long.Parse(server.Sql("SELECT count(*) FROM chart_analyses")!, System.Globalization.CultureInfo.InvariantCulture) - 250;
        await enough.CancelAsync();
        await writing;
        Assert.True(before > 120, $"only {before} MB were written meanwhile");
        Assert.InRange(longest, 1, 100_000_000);
        await IsOfOneMomentAsync(target, rows);
    }

    [Fact]
    public async Task Other_programs_that_commit_all_the_time_do_not_keep_a_copy_from_its_end()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 60);
        using var enough = new CancellationTokenSource();
        var writing = WriteAsync(server, enough.Token);
        var bot = Task.Run(() =>
        {
            using var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={server.DatabasePath};Pooling=False");
            other.Open();
            while (!enough.IsCancellationRequested)
            {
                using var command = other.CreateCommand();
                command.CommandText = "INSERT INTO chart_analyses(trading_pair, timeframe, ai_analysis) VALUES ('C/D', '1h', 'x')";
                command.ExecuteNonQuery();
                Thread.Sleep(1);
            }
        });
        for (var turn = 0; turn < 3; turn++)
        {
            var target = Target(server);
            await IsOfOneMomentAsync(target, await CopyAsync(server, target));
        }

        await enough.CancelAsync();
        await Task.WhenAll(writing, bot);
    }

    [Fact]
    public async Task A_commit_of_another_program_in_the_middle_lets_the_copy_begin_anew()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 40);
        var target = Target(server);
        var done = false;
        var rows = await CopyAsync(server, target, new Told(part =>
        {
            if (part > 0.5 && !done)
            {
                done = true;
                server.Sql("INSERT INTO chart_analyses(trading_pair, timeframe, ai_analysis) VALUES ('C/D', '1h', 'late')");
            }
        }));
        Assert.True(done);
        Assert.Equal(41, rows);
        Assert.Equal("late", await Tool.SqliteAsync(target, "SELECT ai_analysis FROM chart_analyses WHERE trading_pair = 'C/D'"));
        await IsOfOneMomentAsync(target, rows);
    }

    [Fact]
    public async Task What_is_changed_in_pages_that_were_copied_already_is_in_the_copy()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 40);
        var target = Target(server);
        var database = server.Services.GetRequiredService<Database>();
        var done = false;
        await CopyAsync(server, target, new Told(part =>
        {
            if (part > 0.5 && !done)
            {
                done = true;
                Assert.Equal(1, database.WriteAsync(static session => session.Prepare(Change).ExecuteAsync()).GetAwaiter().GetResult());
            }
        }));
        Assert.Equal("4h|39", await Tool.SqliteAsync(target, "SELECT (SELECT timeframe FROM chart_analyses WHERE id = 1) || '|' || (SELECT count(*) FROM chart_analyses WHERE timeframe = '1h')"));
        Assert.Equal("ok", await Tool.IntegrityAsync(target));
    }

    [Fact]
    public async Task A_server_that_stops_ends_the_copy_and_leaves_its_file_whole()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 40);
        var target = Target(server);
        Task? stopping = null;
        var copying = CopyAsync(server, target, new Told(part => stopping ??= part > 0.3 ? server.StopAsync() : null));
        await Assert.ThrowsAsync<DatabaseBusyException>(() => copying.WaitAsync(TimeSpan.FromSeconds(5)));
        await stopping!;
        Assert.Equal("ok", await Tool.IntegrityAsync(server.DatabasePath));
        Assert.Equal("40", await Tool.SqliteAsync(server.DatabasePath, "SELECT count(*) FROM chart_analyses"));
    }

    [Fact]
    public async Task A_large_file_is_checked_by_a_copy_that_is_gone_afterwards()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 150);
        var copy = server.DatabasePath + "-check";
        var check = server.Services.GetRequiredService<IntegrityCheck>();
        var seen = false;
        var running = check.RunAsync(TestContext.Current.CancellationToken);
        for (; !running.IsCompleted; await Task.Delay(1, TestContext.Current.CancellationToken))
        {
            seen |= File.Exists(copy);
        }

        Assert.True(await running && seen);
        Assert.False(File.Exists(copy));

        // What a killed server left is gone after the next start.
        await server.StopAsync();
        await File.WriteAllTextAsync(copy, "half a copy", TestContext.Current.CancellationToken);
        await using var again = await TestServer.StartAsync(server.Folder, server.Clock);
        for (var tries = 0; File.Exists(copy); tries++)
        {
            Assert.True(tries < 400, "it is still there");
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Damage_in_a_large_file_is_found_and_is_that_of_the_file()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server, 70);
        await server.Services.GetRequiredService<Database>().WriteAsync(static session => session.Prepare(new Sql("INSERT INTO chart_analyses(trading_pair, timeframe, ai_analysis) VALUES ('A/B', '1h', 'needle')")).ExecuteAsync());
        await server.StopAsync();
        await Tool.SqliteAsync(server.DatabasePath, "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'signals') WHERE name = 'trades';");
        await using var again = await TestServer.StartAsync(server.Folder, server.Clock);
        var check = again.Services.GetRequiredService<IntegrityCheck>();
        Assert.False(await check.RunAsync(TestContext.Current.CancellationToken));
        Assert.True(check.FoundDamage);
        Assert.False(File.Exists(server.DatabasePath + "-check"));
    }

    private static async Task FillAsync(TestServer server, int megabytes)
    {
        var database = server.Services.GetRequiredService<Database>();
        for (var i = 0; i < megabytes; i++)
        {
            await database.WriteAsync(static session => session.Prepare(Megabyte).ExecuteAsync());
        }
    }

    private static async Task WriteAsync(TestServer server, CancellationToken stop)
    {
        var database = server.Services.GetRequiredService<Database>();
        for (var megabytes = 0; !stop.IsCancellationRequested; megabytes++)
        {
            Assert.True(megabytes < MostMegabytes, "the copy came to no end");
            await database.WriteAsync(static session => session.Prepare(Megabyte).ExecuteAsync(), CancellationToken.None);
        }
    }

    private static string Target(TestServer server)
    {
        var target = server.Folder.File($"copy-{Guid.NewGuid():N}.db");
        DurableFile.Create(target);
        return target;
    }

    /// <returns>Rows of the source at the moment of the copy.</returns>
    private static Task<long> CopyAsync(TestServer server, string target, IProgress<double>? progress = null) => PatientThread.Run(() =>
        ((SqliteDatabase)server.Services.GetRequiredService<Database>()).CopyTo(target, static source => DatabaseFacts.Read(source).Tables["chart_analyses"], progress, CancellationToken.None));

    private static async Task IsOfOneMomentAsync(string target, long rows)
    {
        Assert.Equal("ok", await Tool.IntegrityAsync(target));
        Assert.Equal($"{rows}|{rows}", await Tool.SqliteAsync(target, "SELECT count(*) || '|' || max(id) FROM chart_analyses"));
    }

    /// <summary>Told on the copying thread itself, and so between two steps.</summary>
    private sealed class Told(Action<double> tell) : IProgress<double>
    {
        public void Report(double value) => tell(value);
    }
}
