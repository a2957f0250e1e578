using Pilothouse.Monitoring;

namespace Pilothouse.Retention;

/// <summary>What keeps the database from growing without end, and tells when it is not well.</summary>
internal static class RetentionParts
{
    public static void AddRetention(this IServiceCollection services)
    {
        services.AddSingleton<IntegrityCheck>();
        services.AddSingleton<ClockGuard>();
        services.AddSingleton<NightlyMaintenance>();

        // The guard first: it looks at what the database knows before anything is written into it.
        services.AddHostedService(static provider => provider.GetRequiredService<ClockGuard>());
        services.AddHostedService(static provider => provider.GetRequiredService<NightlyMaintenance>());
        services.AddHostedService<DamageWatch>();
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<IntegrityCheck>());
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<NightlyMaintenance>());
    }
}
