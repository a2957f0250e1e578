using System.Text.Json.Serialization;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Http;

/// <summary>The answer of /health.</summary>
internal sealed record Health(string Status, string Service, string Version, DateTimeOffset Timestamp, string Database);

/// <summary>The answer of /health if the database does not answer: the same fields and those of an error.</summary>
internal sealed record Unhealthy(bool Success, string Status, string Service, string Version, DateTimeOffset Timestamp, string Database, string Error, string Message, string Code);

/// <summary>Whether the server can do its work. Status is "degraded" if a check is not ok.</summary>
internal sealed record Readiness(string Status, string Service, string Version, DateTimeOffset Timestamp, string Database, IReadOnlyList<Check> Checks);

/// <summary>One <see cref="Condition"/>. Its state is ok, warning or failed.</summary>
internal sealed record Check(string Name, string State, string Message);

/// <summary>Answers whether the process is alive, and whether it can do its work.</summary>
internal static class HealthEndpoints
{
    private const string Service = "MCP Server";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var parts = routes.ServiceProvider;
        var (database, clock, logger) = (parts.GetRequiredService<Database>(), parts.GetRequiredService<TimeProvider>(), parts.GetRequiredService<ILogger<Health>>());
        IWatched[] watched = [.. parts.GetServices<IWatched>()];
        var health = routes.MapGroup("/health").WithTags("Health").Credential(CredentialUse.None);
        health.MapHandler("", Routes.Read, http => CheckAsync(http, database, clock, logger)).Named("health", "Health check").Answers<Health>().Answers<Unhealthy>(503).Refuses(403);
        health.MapHandler("/ready", Routes.Read, http => CheckReadyAsync(http, database, watched, clock, logger)).Named("healthReady", "Whether the server can do its work, and which checks are not ok").Answers<Readiness>().Answers<Unhealthy>(503).Refuses(403);
        health.MapHandler("/live", Routes.Read, http => Live(http, clock)).Named("healthLive", "Whether the process is alive").Answers<Health>().Refuses(403);
    }

    private static async Task CheckAsync(HttpContext http, Database database, TimeProvider clock, ILogger logger)
    {
        if (await DatabaseAnswersAsync(http, database, clock, logger))
        {
            await JsonAnswer.WriteAsync(http, new Health("healthy", Service, ThisVersion.Text, clock.GetUtcNow(), "connected"), HealthJson.Default.Health);
        }
    }

    /// <summary>
    /// Answers 200 as long as the database answers. A failed backup only shows as "degraded": a load balancer must not take a working
    /// server out of service for it.
    /// </summary>
    private static async Task CheckReadyAsync(HttpContext http, Database database, IWatched[] watched, TimeProvider clock, ILogger logger)
    {
        if (await DatabaseAnswersAsync(http, database, clock, logger))
        {
            Check[] checks = [.. watched.Select(static part => part.Look()).Select(static now => new Check(now.Name, Name(now.State), now.Message))];
            var status = checks.All(static check => check.State == Name(ConditionState.Ok)) ? "healthy" : "degraded";
            await JsonAnswer.WriteAsync(http, new Readiness(status, Service, ThisVersion.Text, clock.GetUtcNow(), "connected", checks), HealthJson.Default.Readiness);
        }
    }

    /// <summary>Returns true if the database answers; otherwise writes the 503 and returns false.</summary>
    private static async Task<bool> DatabaseAnswersAsync(HttpContext http, Database database, TimeProvider clock, ILogger logger)
    {
        try
        {
            await database.ProbeAsync(http.RequestAborted);
            return true;
        }
        catch (Exception error) when (!http.RequestAborted.IsCancellationRequested)
        {
            if (error is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException)
            {
                HealthLog.NoAnswer(logger, error.Message);
            }
            else
            {
                HealthLog.NoAnswer(logger, error);
            }

            http.Response.StatusCode = 503;
            await JsonAnswer.WriteAsync(http, new Unhealthy(false, "unhealthy", Service, ThisVersion.Text, clock.GetUtcNow(), "disconnected",
                "Database unavailable", "The database does not answer; the server's log says why.", ErrorCodes.DatabaseUnavailable), HealthJson.Default.Unhealthy);
            return false;
        }
    }

    private static string Name(ConditionState state) => state switch
    {
        ConditionState.Ok => "ok",
        ConditionState.Warning => "warning",
        _ => "failed",
    };

    private static Task Live(HttpContext http, TimeProvider clock) =>
        JsonAnswer.WriteAsync(http, new Health("healthy", Service, ThisVersion.Text, clock.GetUtcNow(), "unchecked"), HealthJson.Default.Health);
}

internal static partial class HealthLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The database does not answer the health check. {Reason}")]
    public static partial void NoAnswer(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The health check of the database failed because of a bug in the server")]
    public static partial void NoAnswer(ILogger logger, Exception error);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimeJson)])]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(Unhealthy))]
[JsonSerializable(typeof(Readiness))]
internal sealed partial class HealthJson : JsonSerializerContext;
