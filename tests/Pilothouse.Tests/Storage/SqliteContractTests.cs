using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>SQLite keeps the promises of every engine.</summary>
public sealed class SqliteContractTests : DatabaseContract
{
    private protected override Task<OpenDatabase> OpenAsync()
    {
        var folder = new TemporaryFolder();
        var settings = TestServer.SettingsFor(folder);
        DatabaseEngine.Migrate(settings, TimeProvider.System, NullLoggerFactory.Instance);
        return Task.FromResult(new OpenDatabase(DatabaseEngine.Open(settings, TimeProvider.System, NullLoggerFactory.Instance), () =>
        {
            folder.Dispose();
            return default;
        }));
    }
}
