using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>Registers the services that find out who calls.</summary>
internal static class AuthParts
{
    public static void AddAuth(this IServiceCollection services)
    {
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<RecentCallers>();
        services.AddSingleton<CallerDatabase>();
        services.AddSingleton<IPurge, CredentialPurge>();
        services.AddSingleton(static provider => new PinHash(provider.GetRequiredService<Settings>().Pin));
    }
}
