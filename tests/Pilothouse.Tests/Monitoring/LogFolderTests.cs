using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Monitoring;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Monitoring;

/// <summary>The log or its folder is removed while the server runs.</summary>
public sealed class LogFolderTests
{
    [Fact]
    public async Task A_removed_folder_is_made_again_the_log_goes_on_and_a_condition_tells_of_it()
    {
        await using var server = await TestServer.StartAsync();
        var logs = server.Folder.File("logs");
        await server.GetAsync("/api/signals");
        await UntilAsync(() => File.Exists(Path.Combine(logs, "mcp_server.log")));
        Directory.Delete(logs, recursive: true);
        await UntilAsync(() => Look(server).State == ConditionState.Warning);
        Assert.Contains("was removed while the server ran", Look(server).Message, StringComparison.Ordinal);
        await server.GetAsync("/api/trades");
        foreach (var name in new[] { "mcp_server.log", "mcp_server_error.log" })
        {
            await UntilAsync(() => File.Exists(Path.Combine(logs, name)) && ReadAll(Path.Combine(logs, name)).Contains("The log folder was removed", StringComparison.Ordinal));
        }

        await UntilAsync(() => ReadAll(Path.Combine(logs, "mcp_server.log")).Contains("/api/trades", StringComparison.Ordinal));
        Assert.Equal("degraded", (string?)(await server.GetAsync("/health/ready"))["status"]);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_again_is_red_until_it_is_there()
    {
        await using var server = await TestServer.StartAsync();
        var logs = server.Folder.File("logs");
        Directory.Delete(logs, recursive: true);
        await File.WriteAllTextAsync(logs, "in its place", TestContext.Current.CancellationToken);
        await UntilAsync(() => Look(server).State == ConditionState.Failed);
        Assert.Contains("cannot be made again", Look(server).Message, StringComparison.Ordinal);
        Assert.Equal(200, (int)(await server.Client.GetAsync("/api/signals", TestContext.Current.CancellationToken)).StatusCode);
        File.Delete(logs);
        await UntilAsync(() => Look(server).State == ConditionState.Warning && File.Exists(Path.Combine(logs, "mcp_server.log")));
    }

    [Fact]
    public async Task A_folder_that_somebody_else_makes_again_ends_the_condition_also_if_no_line_was_logged_yet()
    {
        await using var server = await TestServer.StartAsync(("LOG_LEVEL", "ERROR"));
        var logs = server.Folder.File("logs");
        Directory.Delete(logs, recursive: true);
        await File.WriteAllTextAsync(logs, "in its place", TestContext.Current.CancellationToken);
        await UntilAsync(() => Look(server).State == ConditionState.Failed);
        File.Delete(logs);
        Directory.CreateDirectory(logs);
        await UntilAsync(() => Look(server).State == ConditionState.Warning && File.Exists(Path.Combine(logs, "mcp_server_error.log")));
    }

    [Fact]
    public async Task A_file_that_is_removed_or_moved_is_begun_anew()
    {
        await using var server = await TestServer.StartAsync();
        var logs = server.Folder.File("logs");
        await server.GetAsync("/api/signals");
        await UntilAsync(() => Directory.GetFiles(logs, "mcp_server-*").Length == 1);
        var file = Directory.GetFiles(logs, "mcp_server-*").Single();
        File.Move(file, file + ".moved");
        await UntilAsync(() => File.Exists(file));
        await server.GetAsync("/api/trades");
        await UntilAsync(() => ReadAll(file).Contains("/api/trades", StringComparison.Ordinal));
        Assert.Equal(ConditionState.Ok, Look(server).State);
    }

    private static Condition Look(TestServer server) => server.Services.GetServices<IWatched>().Select(static part => part.Look()).Single(static found => found.Name == LogHealth.Name);

    private static string ReadAll(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var watch = Stopwatch.StartNew(); !isSo(); await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), "it did not happen");
        }
    }
}
