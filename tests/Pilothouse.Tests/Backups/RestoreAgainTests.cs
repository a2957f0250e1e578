using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Backups;

/// <summary>A restore was interrupted, and its files were changed afterwards: running the same command again still completes it.</summary>
public sealed class RestoreAgainTests : IDisposable
{
    private const string Stamp = "20260101_000000";

    private readonly TemporaryFolder folder = new();

    private string Database => folder.File("trading_bot.db");

    private string Marker => Database + ".restore.json";

    private string Aside => $"{Database}.before_restore_{Stamp}";

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("garbage")]
    [InlineData("garbage behind a good beginning")]
    public async Task Without_what_was_unpacked_and_with_no_database_in_its_place(string found)
    {
        var rows = await PrepareAsync();
        File.Move(Database, Aside);
        await File.WriteAllTextAsync(Marker, $$"""{"backup":"trading_bot_backup_20260101_000000.db.gz","stamp":"{{Stamp}}"}""");
        byte[]? content = found switch
        {
            "missing" => null,
            "empty" => [],
            "garbage" => new byte[8192],
            _ => [.. "SQLite format 3\0"u8, .. new byte[8192]],
        };
        if (content is not null)
        {
            await File.WriteAllBytesAsync(Database, content);
        }

        var (code, output, error) = await ServerProcess.RunAsync(folder, ["backup", "restore", "--yes"]);
        Assert.True(code == 0, error);
        Assert.Equal(rows, await RowsAsync(Database));

        // The key was revoked after the backup. Only the file that the interrupted run set aside knows that.
        Assert.Contains("stay ended (1)", error, StringComparison.Ordinal);
        Assert.Contains(Aside, output, StringComparison.Ordinal);
        Assert.Equal(rows, await RowsAsync(Aside));
        var again = Directory.GetFiles(folder.Path, "*.before_restore_*_again");
        Assert.Equal(content, again.Length == 0 ? null : await File.ReadAllBytesAsync(Assert.Single(again)));
        Assert.All(again, file => Assert.Contains(file, output, StringComparison.Ordinal));
        Assert.False(File.Exists(Marker));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task With_a_marker_that_cannot_be_read(string content)
    {
        var rows = await PrepareAsync();
        await File.WriteAllTextAsync(Marker, content);
        Assert.Equal(1, (await ServerProcess.RunAsync(folder, ["serve"], ("MCP_SERVER_PORT", "0"))).Code);
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["backup", "restore", "--yes"]);
        Assert.True(code == 0, error);
        Assert.Equal(rows, await RowsAsync(Database));
        Assert.Contains("stay ended (1)", error, StringComparison.Ordinal);
        Assert.Equal(rows, await RowsAsync(Assert.Single(Directory.GetFiles(folder.Path, "*.before_restore_2*"))));
        Assert.False(File.Exists(Marker));
    }

    /// <returns>The numbers of rows of the database and of its backup. A key was revoked after the backup.</returns>
    private async Task<string> PrepareAsync()
    {
        await SeedDatabase.CreateAsync(Database, SeedState.Migrated);
        foreach (var command in new[] { "migrate", "key create --name a", "backup", "key revoke 1" })
        {
            var (code, _, error) = await ServerProcess.RunAsync(folder, command.Split(' '));
            Assert.True(code == 0, error);
        }

        await Tool.SqliteAsync(Database, "PRAGMA journal_mode=DELETE;");
        return await RowsAsync(Database);
    }

    private static Task<string> RowsAsync(string path) => Tool.SqliteAsync(path, "SELECT count(*), sum(price) FROM signals; SELECT id, side, pnl FROM trades ORDER BY id;");
}
