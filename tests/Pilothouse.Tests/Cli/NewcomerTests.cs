using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Cli;

/// <summary>A fresh clone in an environment without any setting of this machine: <c>.ci/newcomer</c>.</summary>
public sealed class NewcomerTests
{
    [Fact]
    public async Task A_newcomer_builds_starts_restarts_and_stops_the_server_and_nothing_keeps_the_lock()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it looks into /proc");
        var (code, output, error) = await Tool.RunAsync(Repository.PathOf(".ci", "newcomer"), []);
        Assert.True(code == 0, output + error);
        Assert.Equal(10, output.Split('\n').Count(static line => line.StartsWith("ok ", StringComparison.Ordinal)));
    }
}
