using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>A DATABASE_PATH that cannot be used is refused by its name, with the reason and the way out; nothing is made beside it.</summary>
public sealed class DatabasePlaceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("file:x.db")]
    [InlineData("FILE:x.db?mode=memory")]
    [InlineData("file:///x.db")]
    [InlineData("sqlite:///trading_bot.db")]
    [InlineData("sqlite:x.db")]
    [InlineData(":memory:")]
    [InlineData("|DataDirectory|x.db")]
    public async Task A_URI_is_refused(string path) =>
        await RefusedAsync(path, "no URI");

    [Theory]
    [InlineData("no/such/trading_bot.db", "does not exist. Make it")]
    [InlineData(".", "is a folder")]
    [InlineData("/dev/null", "is a device")]
    [InlineData("a-file/trading_bot.db", "is a file and no folder")]
    [InlineData("a-circle/trading_bot.db", "lead in a circle")]
    public async Task A_place_that_is_none_is_refused(string path, string reason)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it asks the kernel");
        await File.WriteAllTextAsync(folder.File("a-file"), "", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(folder.File("a-circle"), folder.File("a-circle"));
        await RefusedAsync(path, reason);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(250)]
    public async Task A_name_that_is_too_long_is_refused(int length) => await RefusedAsync(new string('a', length), "too long");

    [Theory]
    [InlineData("what?.db")]
    [InlineData("50%25 of #1.db")]
    [InlineData("a b;c='d'.db")]
    [InlineData("sub:file:x.db")]
    public async Task An_odd_name_is_one_file_for_every_part_of_the_server(string name)
    {
        await using (var server = await ServerProcess.ServeAsync(folder, ("DATABASE_PATH", name), ("BACKUP_DIR", "backups")))
        {
            Assert.Equal(200, (await server.Client.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}"}""")).Status);
            Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["backup"], ("DATABASE_PATH", name), ("BACKUP_DIR", "backups"))).Code);
            await server.TerminateAsync();
        }

        Assert.Equal([name, name + ".server"], Directory.GetFiles(folder.Path).Select(static file => Path.GetFileName(file)).Where(static file => file != ".env").Order(StringComparer.Ordinal));
        Assert.NotEqual("0", await Tool.SqliteAsync(folder.File(name), "SELECT count(*) FROM schema_migrations;"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_system_that_is_mounted_read_only_is_called_that_and_not_another_server(bool hasBeenServed)
    {
        await using var disk = await SmallDisk.MountAsync(8);
        var database = disk.Folder.File("trading_bot.db");
        if (hasBeenServed)
        {
            await using var server = await ServerProcess.ServeAsync(folder, ("DATABASE_PATH", database));
            await server.TerminateAsync();
        }

        Assert.Equal(0, (await Tool.RunAsync("mount", ["-o", "remount,ro", disk.Path])).Code);
        foreach (var command in new[] { "serve", "migrate" })
        {
            var (code, _, error) = await ServerProcess.RunAsync(folder, [command], ("DATABASE_PATH", database), ("MCP_SERVER_PORT", "0"));
            if (command == "serve" || !hasBeenServed)
            {
                Assert.Equal(1, code);
                Assert.Contains($"DATABASE_PATH={database}: ", error, StringComparison.Ordinal);
                Assert.Contains("mounted read-only", error, StringComparison.Ordinal);
            }

            Assert.DoesNotContain("nother", error.Replace("on another", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        await Tool.RunAsync("mount", ["-o", "remount,rw", disk.Path]);
    }

    private async Task RefusedAsync(string path, string reason)
    {
        string[] before = [.. Directory.GetFileSystemEntries(folder.Path)];
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("DATABASE_PATH", path), ("MCP_SERVER_PORT", "0"));
        Assert.True(code == 1, error);
        Assert.StartsWith("DATABASE_PATH", error.Replace("The settings are wrong:", "", StringComparison.Ordinal).TrimStart(), StringComparison.Ordinal);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.DoesNotContain("Another", error, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFileSystemEntries(folder.Path).Where(static entry => !entry.EndsWith("logs", StringComparison.Ordinal)));
    }
}
