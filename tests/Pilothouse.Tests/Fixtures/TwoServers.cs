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

    /// <summary>Starts both with clocks of the same time.</summary>
    public static Task<TwoServers> StartAsync(params (string Name, string Value)[] settings) => StartAsync(TimeSpan.Zero, settings);

    /// <param name="ahead">How far the clock of the second is ahead of that of the first.</param>
    /// <param name="settings">Settings of both.</param>
    public static async Task<TwoServers> StartAsync(TimeSpan ahead, params (string Name, string Value)[] settings)
    {
        var cluster = await PostgresCluster.SharedAsync();
        var url = await cluster.CreateDatabaseAsync();
        var one = await TestServer.StartAsync(new TemporaryFolder(), new FakeTimeProvider(TestServer.Start), [("DATABASE_URL", url), .. settings]);
        var two = await TestServer.StartAsync(new TemporaryFolder(), new FakeTimeProvider(TestServer.Start + ahead), [("DATABASE_URL", url), .. settings]);
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
