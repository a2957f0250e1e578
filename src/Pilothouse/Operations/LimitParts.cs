using Pilothouse.Configuration;
using Pilothouse.Monitoring;

namespace Pilothouse.Operations;

/// <summary>Registers what counts the limits.</summary>
internal static class LimitParts
{
    public static void AddLimits(this IServiceCollection services, Settings settings)
    {
        services.AddSingleton<CallCounter>();
        services.AddSingleton<CallLimits>();
        if (settings is not { RateLimitEnabled: true, RedisUrl: { } url })
        {
            return;
        }

        services.AddSingleton(provider => new SharedCounter(url, provider.GetRequiredService<ILogger<SharedCounter>>()));
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<SharedCounter>());
        services.AddHostedService(static provider => provider.GetRequiredService<SharedCounter>());
    }
}
