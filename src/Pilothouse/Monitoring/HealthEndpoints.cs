using System.Reflection;
using System.Text.Json.Serialization;
using Pilothouse.Api;
using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>The seed's health answer.</summary>
internal sealed record Health(string Status, string Service, string Version, DateTimeOffset Timestamp, string Database);

/// <summary>The same where the database does not answer, with the fields of a failure.</summary>
internal sealed record Unhealthy(bool Success, string Status, string Service, string Version, DateTimeOffset Timestamp, string Database, string Error, string Message, string Code);

/// <summary>Whether the server lives, and whether it can do its work.</summary>
internal static class HealthEndpoints
{
    private const string Service = "MCP Server";
    private static readonly Sql Ping = new("SELECT 1");

    public static string Version { get; } =
        typeof(HealthEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("Health");
        health.MapMethods("", Http.Read, CheckAsync).Named("health", "Health check").Answers<Health>().Answers<Unhealthy>(503).Refuses(403);
        health.MapMethods("/ready", Http.Read, CheckAsync).Named("healthReady", "Whether it can do its work").Answers<Health>().Answers<Unhealthy>(503).Refuses(403);
        health.MapMethods("/live", Http.Read, Live).Named("healthLive", "Whether the process lives").Answers<Health>().Refuses(403);
    }

    private static async Task CheckAsync(HttpContext http, Database database, TimeProvider clock, ILogger<Health> logger)
    {
        try
        {
            await database.ReadAsync(static session => session.Prepare(Ping).AnyAsync(), http.RequestAborted);
        }
        catch (Exception error) when (!http.RequestAborted.IsCancellationRequested)
        {
            HealthLog.NoAnswer(logger, error);
            http.Response.StatusCode = 503;
            await JsonAnswer.WriteAsync(http, new Unhealthy(false, "unhealthy", Service, Version, clock.GetUtcNow(), "disconnected",
                "Database unavailable", "The database does not answer; the server's log says why.", ErrorCodes.DatabaseUnavailable), HealthJson.Default.Unhealthy);
            return;
        }

        await JsonAnswer.WriteAsync(http, new Health("healthy", Service, Version, clock.GetUtcNow(), "connected"), HealthJson.Default.Health);
    }

    private static Task Live(HttpContext http, TimeProvider clock) =>
        JsonAnswer.WriteAsync(http, new Health("healthy", Service, Version, clock.GetUtcNow(), "unchecked"), HealthJson.Default.Health);
}

internal static partial class HealthLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The database does not answer the health check")]
    public static partial void NoAnswer(ILogger logger, Exception error);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimeJson)])]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(Unhealthy))]
internal sealed partial class HealthJson : JsonSerializerContext;
