using System.Diagnostics;
using System.Globalization;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Backups;

/// <summary>Bots that open the database in the middle of a restore (tests/tools/pause-at.c holds it there). Linux only.</summary>
public sealed class RestoreRaceTests : IDisposable
{
    private const string Bot = """
        import sqlite3, sys
        db = sqlite3.connect(sys.argv[1], timeout=30)
        print("open", flush=True)
        db.execute("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('BOT/X', 'BUY', 1, 1)")
        db.commit()
        print("stored", flush=True)
        sys.stdin.read()
        """;

    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder pause = new();

    private string Database => folder.File("trading_bot.db");

    public void Dispose()
    {
        folder.Dispose();
        pause.Dispose();
    }

    [Fact]
    public async Task A_bot_that_opens_the_file_after_the_last_look_ends_the_restore_and_loses_nothing()
    {
        var rows = await PrepareAsync();
        var restore = await RestoreUntilAsync($"before {Database}");
        using var bot = Tool.Start("python3", ["-c", Bot, Database]);
        Assert.Equal("open", await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        var (code, _, error) = await GoOnAsync(restore);
        Assert.Equal(1, code);
        Assert.Contains($"is open in process {bot.Id} (", error, StringComparison.Ordinal);
        Assert.Equal("stored", await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        bot.StandardInput.Close();
        await bot.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((rows + 1).ToString(CultureInfo.InvariantCulture), await CountAsync());
        Assert.Empty(Directory.GetFiles(folder.Path, "*restor*"));

        // And with the bot stopped it is done.
        (code, _, error) = await ServerProcess.RunAsync(folder, ["backup", "restore", "--yes"]);
        Assert.True(code == 0, error);
        Assert.Equal(rows.ToString(CultureInfo.InvariantCulture), await CountAsync());
    }

    [Fact]
    public async Task A_bot_that_writes_to_the_new_file_at_once_does_not_make_the_restore_fail()
    {
        var rows = await PrepareAsync();
        var restore = await RestoreUntilAsync($"after {Database}.restoring");
        using var bot = Tool.Start("python3", ["-c", Bot, Database]);
        Assert.Equal("open", await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Equal("stored", await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        var (code, _, error) = await GoOnAsync(restore);
        Assert.True(code == 0, error);
        bot.StandardInput.Close();
        await bot.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((rows + 1).ToString(CultureInfo.InvariantCulture), await CountAsync());
    }

    /// <returns>How many signals there are, in the database and in its backup.</returns>
    private async Task<int> PrepareAsync()
    {
        await SeedDatabase.CreateAsync(Database, SeedState.Migrated);
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["migrate"])).Code);
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["backup"])).Code);
        return int.Parse(await CountAsync(), CultureInfo.InvariantCulture);
    }

    private Task<string> CountAsync() => Tool.SqliteAsync(Database, "SELECT count(*) FROM signals;");

    private async Task<Task<(int Code, string Out, string Error)>> RestoreUntilAsync(string moment)
    {
        var restore = ServerProcess.RunAsync(folder, ["backup", "restore", "--yes"],
            ("LD_PRELOAD", await Tool.CompileAsync("pause-at")), ("PAUSE_AT", moment), ("PAUSE_FOLDER", pause.Path));
        for (var watch = Stopwatch.StartNew(); !File.Exists(pause.File("paused")); await Task.Delay(10, TestContext.Current.CancellationToken))
        {
            Assert.True(!restore.IsCompleted && watch.Elapsed < TimeSpan.FromSeconds(30), "The restore did not come to this moment.");
        }

        return restore;
    }

    private async Task<(int Code, string Out, string Error)> GoOnAsync(Task<(int Code, string Out, string Error)> restore)
    {
        await File.WriteAllTextAsync(pause.File("go"), "");
        return await restore;
    }
}
