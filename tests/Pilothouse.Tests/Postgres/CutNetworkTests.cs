using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Postgres;

/// <summary>The network between the server and PostgreSQL breaks while bots write.</summary>
public sealed class CutNetworkTests
{
    [Fact]
    public async Task Connections_that_are_cut_in_mid_group_lose_nothing_and_each_key_makes_one_row()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var url = await cluster.CreateDatabaseAsync();
        using var proxy = new CuttingProxy(cluster.Port);
        await using var server = await TestServer.StartAsync(("DATABASE_URL", url.Replace($":{cluster.Port}/", $":{proxy.Port}/", StringComparison.Ordinal)));
        await using var bots = new RetryingBots(16, await server.CreateKeyAsync("bots", "write"), server.Client.BaseAddress!);
        var random = new Random(7);
        var places = Enum.GetValues<Cut>();
        bool WasInDoubt() => bots.Failures.Keys.Any(static failure => failure.StartsWith("503 write-in-doubt", StringComparison.Ordinal));

        // Where a cut falls depends on how the writes share groups, so rounds go on until one has fallen between a commit and its answer.
        for (var round = 0; round < (CrashTests.Slow ? 50 : 8) || (!WasInDoubt() && round < 100); round++)
        {
            await bots.MoreAsync(100);

            // A group of these writes is some thousand bytes, and its answer some hundred.
            var place = places[round % places.Length];
            var bytes = place switch { Cut.Answer => 2_000, Cut.BeforeAnswerToCommit => 100, _ => 20_000 };
            proxy.CutAfter(random.Next(1, bytes), place);
            await bots.MoreAsync(200);
            Assert.True(proxy.HasCut, $"Round {round} has cut nothing. {bots.Told()}");
        }

        var name = url[(url.LastIndexOf('/') + 1)..];
        await bots.CompareAsync(sql => cluster.ExecuteAsync(name, sql));
        Assert.Equal(await cluster.ExecuteAsync(name, "SELECT count(*) FROM signals"), await cluster.ExecuteAsync(name, "SELECT count(*) FROM changes WHERE table_name = 'signals'"));
        Assert.True(WasInDoubt(), bots.Told());
        Assert.All(bots.Failures.Keys, static failure => Assert.Matches("^503 (overloaded|write-in-doubt|database-unavailable) .*(send|Send|again|Name)", failure));
        TestContext.Current.TestOutputHelper?.WriteLine(bots.Told());
    }
}
