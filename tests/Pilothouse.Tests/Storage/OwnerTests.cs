using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>After root has run a command, the server still runs as its own user.</summary>
public sealed class OwnerTests
{
    private const string Owner = "12345:12345";

    [Fact]
    public async Task What_root_makes_belongs_to_the_owner_of_the_folder_and_of_the_database()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "only root may give a file away");
        using var folder = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        await GiveAsync(folder.Path);
        await GoodAsync("migrate");
        Assert.Equal(Owner, await OwnerAsync(path));
        Assert.Equal("0", (await Tool.RunAsync("stat", ["-c", "%a", path])).Out.Trim()[^1..]);

        // A folder in a folder, neither of them there; the copy has an owner of its own, the database's.
        File.Delete(path);
        await SeedDatabase.CreateAsync(path, SeedState.Migrated);
        await Tool.RunAsync("chown", ["12346:12346", path]);
        await GoodAsync("migrate");
        Assert.Equal(Owner, await OwnerAsync(folder.File("data")));
        Assert.Equal(Owner, await OwnerAsync(folder.File("data/backups")));
        Assert.Equal("12346:12346", await OwnerAsync(Assert.Single(Directory.GetFiles(folder.File("data/backups"), "before_migration_*.db"))));

        // The claim file belongs to the database's owner, even if root had created it before.
        await GiveAsync(path);
        await File.WriteAllTextAsync(path + ".server", "");
        await GoodAsync("backup");
        string[] logs = [folder.File("logs"), folder.File("logs/of"), folder.File("logs/of/mcp_server_commands.log")];
        foreach (var made in Directory.GetFiles(folder.File("data/backups"), "trading_bot_backup_*").Append(folder.File("data/backups/.lock")).Concat(logs))
        {
            Assert.Equal((made, Owner), (made, await OwnerAsync(made)));
        }

        await GoodAsync("backup", "restore", "--yes");
        Assert.Equal(Owner, await OwnerAsync(path));
        Assert.Equal(Owner, await OwnerAsync(path + ".server"));

        // Changing the owner does not follow a symbolic link to a file of root.
        await File.WriteAllTextAsync(folder.File("roots"), "");
        File.Delete(path + ".server");
        File.CreateSymbolicLink(path + ".server", folder.File("roots"));
        await GoodAsync("backup", "restore", "--yes");
        Assert.Equal("0:0", await OwnerAsync(folder.File("roots")));

        async Task GoodAsync(params string[] command)
        {
            (string, string)[] folders = [("BACKUP_DIR", folder.File("data/backups")), ("LOG_DIR", folder.File("logs/of"))];
            var (code, _, error) = await ServerProcess.RunAsync(folder, command, folders);
            Assert.True(code == 0, error);
        }
    }

    private static async Task GiveAsync(string path) => await Tool.RunAsync("chown", [Owner, path]);

    private static async Task<string> OwnerAsync(string path) => (await Tool.RunAsync("stat", ["-c", "%u:%g", path])).Out.Trim();
}
