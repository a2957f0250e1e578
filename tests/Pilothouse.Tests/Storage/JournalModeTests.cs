using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>A start on a file that is not in WAL mode yet, as the seed's are.</summary>
public sealed class JournalModeTests
{
    [Fact]
    public async Task Beside_a_bot_that_commits_row_after_row_a_start_waits_for_a_gap()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["migrate"])).Code);
        Assert.Equal("delete", await Tool.SqliteAsync(path, "PRAGMA journal_mode=DELETE;"));
        using var bot = Tool.Start("python3", ["-c", """
            import sqlite3, sys, threading, time
            db = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
            ended = threading.Event()
            threading.Thread(target=lambda: (sys.stdin.read(), ended.set())).start()
            print("begun", flush=True)
            rows = 0
            while not ended.is_set():
                db.execute("BEGIN IMMEDIATE")
                db.execute("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('PY/X', 'SELL', 1, 1)")
                time.sleep(0.02)
                db.execute("COMMIT")
                rows += 1
                time.sleep(0.004)
            print(rows, flush=True)
            """, path]);
        Assert.Equal("begun", await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await using (await ServerProcess.ServeAsync(folder))
        {
            Assert.Equal("wal", await Tool.SqliteAsync(path, "PRAGMA journal_mode;"));
        }

        bot.StandardInput.Close();
        var rows = await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        await bot.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(rows, await Tool.SqliteAsync(path, "SELECT count(*) FROM signals;"));
    }
}
