using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Backups;

/// <summary>Programs that have the database open are found by the file itself, whatever name they opened it by.</summary>
public sealed class RestoreHolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Database => folder.File("trading_bot.db");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_idle_bot_on_a_hard_link_is_named()
    {
        await PrepareAsync();
        var link = folder.File("another-name.db");
        Assert.Equal(0, (await Tool.RunAsync("ln", [Database, link])).Code);
        using var bot = Tool.Start("python3", ["-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute('PRAGMA journal_mode=DELETE').fetchall(); print('idle', flush=True); sys.stdin.read()", link]);
        Assert.Equal("idle", await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["backup", "restore", "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains($"is open in process {bot.Id} (", error, StringComparison.Ordinal);
        bot.StandardInput.Close();
        await bot.WaitForExitAsync(TestContext.Current.CancellationToken);
        (code, _, error) = await ServerProcess.RunAsync(folder, ["backup", "restore", "--yes"]);
        Assert.True(code == 0, error);
    }

    /// <summary>SQLite would have to write to find out who has the file open. If it cannot, the restore must not assume that nobody has.</summary>
    [Fact]
    public async Task A_file_that_cannot_be_asked_is_not_replaced()
    {
        await PrepareAsync();
        Directory.CreateDirectory(Database + "-journal");
        await File.WriteAllTextAsync(Database + "-journal/x", "");
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["backup", "restore", "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains("open cannot be told: ", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "*restor*"));
    }

    private async Task PrepareAsync()
    {
        foreach (var command in new[] { "migrate", "backup" })
        {
            Assert.Equal(0, (await ServerProcess.RunAsync(folder, [command])).Code);
        }
    }
}
