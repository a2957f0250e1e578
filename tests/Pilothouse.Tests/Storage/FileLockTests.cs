using Pilothouse.Storage.Files;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>
/// POSIX gives up all of a process's locks on a file when the process closes any descriptor of it. A server that has lost them so keeps writing
/// while the next program that closes the file removes its log.
/// </summary>
public sealed class FileLockTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    [Fact]
    public async Task A_backup_over_HTTP_leaves_the_locks_of_the_server_as_they_are()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows who holds which lock.");
        using var folder = new TemporaryFolder();
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot", "--scopes", "read,write,control"])).Out.Trim();
        await using var server = await ServerProcess.ServeAsync(folder);
        Assert.Equal(201, (await PostAsync(server, key)).Status);
        var before = FileLocks.Of(server.Id, folder.File("trading_bot.db"));
        Assert.NotEmpty(before);

        var (status, made) = await server.Client.SendAsync("POST", "/api/backups", null, ("X-Api-Key", key));
        Assert.True(status == 201, made.ToJsonString());
        Assert.Equal(before, FileLocks.Of(server.Id, folder.File("trading_bot.db")));

        // A bot that opens, looks and closes must not take the log with it.
        Assert.Equal("1", await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT count(*) FROM signals;"));
        Assert.True(File.Exists(folder.File("trading_bot.db-wal")) && File.Exists(folder.File("trading_bot.db-shm")));
        Assert.Equal(201, (await PostAsync(server, key)).Status);
        Assert.Equal("2", await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT count(*) FROM signals;"));
        Assert.Equal(before, FileLocks.Of(server.Id, folder.File("trading_bot.db")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-wal")]
    [InlineData("-shm")]
    public async Task A_database_that_SQLite_has_open_here_is_not_opened_as_a_plain_file(string suffix)
    {
        await using var server = await TestServer.StartAsync();
        Assert.Throws<IOException>(() => PlainFile.Read(server.DatabasePath + suffix).Dispose());
        Assert.Throws<IOException>(() => PlainFile.Write(server.DatabasePath + suffix).Dispose());
        Assert.Throws<IOException>(() => DurableFile.Remove(server.DatabasePath + suffix));

        // By another name of the same file as well.
        var link = server.Folder.File("link");
        await Tool.RunAsync("ln", [server.DatabasePath + suffix, link]);
        Assert.Throws<IOException>(() => PlainFile.Read(link).Dispose());
    }

    private static Task<(int Status, System.Text.Json.Nodes.JsonObject Body)> PostAsync(ServerProcess server, string key) =>
        server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Api-Key", key));
}
