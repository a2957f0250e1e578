using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>PostgreSQL keeps the promises of every engine.</summary>
public sealed class PostgresContractTests : DatabaseContract
{
    private protected override async Task<OpenDatabase> OpenAsync()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var (database, name) = await cluster.OpenAsync();
        return new OpenDatabase(database, async () => await cluster.DropAsync(name));
    }
}
