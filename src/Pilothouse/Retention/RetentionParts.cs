using Pilothouse.Monitoring;

namespace Pilothouse.Retention;

/// <summary>Registers what keeps the database from growing without limit, and what reports its problems.</summary>
internal static class RetentionParts
{
    public static void AddRetention(this IServiceCollection services)
    {
        services.AddSingleton<IntegrityCheck>();
        services.AddSingleton<ClockGuard>();
        services.AddSingleton<NightlyMaintenance>();

        // The guard is first: it must read the last known time before anything is written.
        services.AddHostedService(static provider => provider.GetRequiredService<ClockGuard>());
        services.AddHostedService(static provider => provider.GetRequiredService<NightlyMaintenance>());
        services.AddHostedService<DamageWatch>();
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<IntegrityCheck>());
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<NightlyMaintenance>());
    }
}
