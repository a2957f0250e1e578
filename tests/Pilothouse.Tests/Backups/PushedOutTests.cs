using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Backups;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Backups;

/// <summary>Who may make backups must not be able to displace backups that others made.</summary>
public sealed class PushedOutTests
{
    [Fact]
    public async Task Fifty_backups_over_the_API_leave_those_of_the_schedule_and_of_the_command()
    {
        await using var server = await TestServer.StartAsync(("MAX_BACKUPS", "3"), ("ENABLE_AUTO_BACKUP", "false"));
        string[] kept = [.. Make(server, "schedule", 3), .. Make(server, "command", 3)];
        for (var i = 0; i < 50; i++)
        {
            await server.PostAsync("/api/backups", "");
        }

        var rows = (await server.GetAsync("/api/backups"))["data"]!.AsArray();
        Assert.Equal(kept.Order(StringComparer.Ordinal), rows.Where(static row => (string?)row!["made_by"] != "api").Select(static row => (string)row!["name"]!).Order(StringComparer.Ordinal));
        Assert.Equal(3, rows.Count(static row => (string?)row!["made_by"] == "api"));
        Assert.Equal(9, Directory.GetFiles(Path.Combine(server.Folder.Path, "backups"), "trading_bot_backup_*.gz").Length);
    }

    [Theory]
    [InlineData("schedule")]
    [InlineData("command")]
    [InlineData("api")]
    public async Task Each_kind_keeps_its_own_newest_and_leaves_the_others_alone(string maker)
    {
        await using var server = await TestServer.StartAsync(("MAX_BACKUPS", "2"), ("ENABLE_AUTO_BACKUP", "false"));
        var others = new[] { "schedule", "command", "api" }.Where(other => other != maker).SelectMany(other => Make(server, other, 2)).ToList();
        var made = Make(server, maker, 5);
        Assert.Equal([.. others, .. made[^2..]], Names(server));
    }

    [Fact]
    public async Task A_backup_of_the_seed_counts_as_one_of_the_schedule()
    {
        await using var server = await TestServer.StartAsync(("MAX_BACKUPS", "2"), ("ENABLE_AUTO_BACKUP", "false"));
        var folder = Path.Combine(server.Folder.Path, "backups");
        Directory.CreateDirectory(folder);
        string[] old = ["trading_bot_backup_20260201_020000.db.gz", "trading_bot_backup_20260202_020000.db.gz"];
        Array.ForEach(old, name => File.WriteAllText(Path.Combine(folder, name), "as the seed made it"));
        Make(server, "api", 4);
        Assert.Equal(old, Names(server)[..2]);
        Make(server, "schedule", 2);
        Assert.Empty(Names(server).Intersect(old));
    }

    [Fact]
    public async Task A_backup_over_the_API_does_not_stand_for_the_days_scheduled_one()
    {
        await using var server = await TestServer.StartAsync(("ENABLE_AUTO_BACKUP", "false"));
        server.Sql("UPDATE schema_migrations SET applied_at = '2026-02-01 00:00:00'");
        server.Clock.Advance(TimeSpan.FromHours(14.5));
        await server.PostAsync("/api/backups", "");
        await using var again = await server.RestartAsync(("ENABLE_AUTO_BACKUP", "true"));
        for (var tries = 0; tries < 200 && !await HasScheduledAsync(again); tries++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.True(await HasScheduledAsync(again));
    }

    private static async Task<bool> HasScheduledAsync(TestServer server) =>
        (await server.GetAsync("/api/backups"))["data"]!.AsArray().Any(static row => (string?)row!["made_by"] == "schedule" && (string?)row["made_at"] == "2026-03-03T02:30:00+00:00");

    private static List<string> Make(TestServer server, string maker, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => server.Services.GetRequiredService<BackupMaker>().Make(maker, TimeSpan.FromSeconds(10), NoProgress.Instance, out var _, CancellationToken.None).Name)];

    private static string[] Names(TestServer server) =>
        [.. server.Services.GetRequiredService<BackupFolder>().List().Select(static backup => backup.Name).Reverse()];
}
