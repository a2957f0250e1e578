using Microsoft.Extensions.Time.Testing;

namespace Pilothouse.Tests.Fixtures;

/// <summary>Two servers in this process on one database.</summary>
internal sealed class TwoServers : IAsyncDisposable
{
    private readonly PostgresCluster cluster;
    private readonly string name;

    private TwoServers(PostgresCluster cluster, string name, TestServer one, TestServer two) => (this.cluster, this.name, One, Two) = (cluster, name, one, two);

    public TestServer One { get; }

    public TestServer Two { get; }

    /// <param name="ahead">How far the clock of the second is ahead of that of the first.</param>
    public static async Task<TwoServers> StartAsync(TimeSpan ahead = default)
    {
        var cluster = await PostgresCluster.SharedAsync();
        var url = await cluster.CreateDatabaseAsync();
        var one = await TestServer.StartAsync(new TemporaryFolder(), new FakeTimeProvider(TestServer.Start), ("DATABASE_URL", url));
        var two = await TestServer.StartAsync(new TemporaryFolder(), new FakeTimeProvider(TestServer.Start + ahead), ("DATABASE_URL", url));
        return new(cluster, url[(url.LastIndexOf('/') + 1)..], one, two);
    }

    public Task<string?> SqlAsync(string sql) => cluster.ExecuteAsync(name, sql);

    public async ValueTask DisposeAsync()
    {
        await One.DisposeAsync();
        await Two.DisposeAsync();
        await cluster.DropAsync(name);
    }
}
