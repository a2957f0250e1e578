using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Retention;

/// <summary>What keeps the file from growing without end, and tells when it is not well.</summary>
internal static class RetentionParts
{
    public static void AddRetention(this IServiceCollection services)
    {
        services.AddSingleton(static provider => new IntegrityCheck(DatabaseOf(provider), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<IntegrityCheck>>()));
        services.AddSingleton(static provider => new ClockGuard(DatabaseOf(provider), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ClockGuard>>()));
        services.AddSingleton(static provider => new NightlyMaintenance(
            DatabaseOf(provider), provider.GetRequiredService<IntegrityCheck>(), provider.GetRequiredService<ClockGuard>(), provider.GetRequiredService<AuditLog>(), provider.GetRequiredService<Settings>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<NightlyMaintenance>>()));

        // The guard first: it looks at what the database knows before anything is written into it.
        services.AddHostedService(static provider => provider.GetRequiredService<ClockGuard>());
        services.AddHostedService(static provider => provider.GetRequiredService<NightlyMaintenance>());
        services.AddHostedService(static provider => new DamageWatch(DatabaseOf(provider), provider.GetRequiredService<IntegrityCheck>(), provider.GetRequiredService<ILogger<DamageWatch>>()));
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<IntegrityCheck>());
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<NightlyMaintenance>());
    }

    /// <summary>What is looked after here is a SQLite file; another engine looks after itself.</summary>
    private static SqliteDatabase DatabaseOf(IServiceProvider provider) => (SqliteDatabase)provider.GetRequiredService<Database>();
}
