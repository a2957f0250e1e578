using Pilothouse.Configuration;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Configuration;

/// <summary>DATABASE_PATH is a symbolic link or contains one: the server uses the file that it leads to.</summary>
public sealed class LinkedDatabaseTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder links = new();

    private string Database => folder.File("trading_bot.db");

    public void Dispose()
    {
        folder.Dispose();
        links.Dispose();
    }

    [Theory]
    [InlineData("the file")]
    [InlineData("its folder")]
    public async Task Two_servers_by_the_link_and_by_the_file_are_two_on_one_file(string linked)
    {
        var link = Link(linked);
        await using var server = await ServerProcess.ServeAsync(folder, ("DATABASE_PATH", link));
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("MCP_SERVER_PORT", "0"));
        Assert.Equal(1, code);
        Assert.Contains($"Another Pilothouse server uses {Database} (process {server.Id})", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the file")]
    [InlineData("its folder")]
    public async Task A_restore_by_the_link_replaces_the_file_and_keeps_the_link(string linked)
    {
        var link = Link(linked);
        foreach (var command in new[] { "migrate", "backup" })
        {
            Assert.Equal(0, (await ServerProcess.RunAsync(folder, [command], ("DATABASE_PATH", link))).Code);
        }

        await Tool.SqliteAsync(Database, "INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('A/B', 'BUY', 1, 1);");
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["backup", "restore", "--yes"], ("DATABASE_PATH", link));
        Assert.True(code == 0, error);
        Assert.Null(new FileInfo(Database).LinkTarget);
        Assert.Equal("0", await Tool.SqliteAsync(Database, "SELECT count(*) FROM signals;"));
        Assert.Equal("0", await Tool.SqliteAsync(link, "SELECT count(*) FROM signals;"));
        Assert.Single(Directory.GetFiles(folder.Path, "trading_bot.db.before_restore_*"));
        Assert.NotNull(new FileInfo(links.File("here")).LinkTarget);
        Assert.Single(Directory.GetFileSystemEntries(links.Path));
    }

    [Fact]
    public void A_path_over_no_link_stays_as_it_was_written_and_a_loop_too()
    {
        Assert.Equal("trading_bot.db", RealPath.Of("trading_bot.db"));
        Assert.Equal("./not/there.db", RealPath.Of("./not/there.db"));
        Assert.Equal(Database, RealPath.Of(Link("the file")));
        File.CreateSymbolicLink(links.File("a"), "b");
        File.CreateSymbolicLink(links.File("b"), "./a");
        Assert.Equal(links.File("a"), RealPath.Of(links.File("a")));
        File.CreateSymbolicLink(links.File("relative"), "b/../here");
        Assert.Equal(Database, RealPath.Of(links.File("relative")));
    }

    /// <returns>A path to the database, which need not be there yet.</returns>
    private string Link(string linked)
    {
        var toFile = linked == "the file";
        File.CreateSymbolicLink(links.File("here"), toFile ? Database : folder.Path);
        return toFile ? links.File("here") : links.File("here/trading_bot.db");
    }
}
