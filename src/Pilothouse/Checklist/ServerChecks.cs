using Pilothouse.Monitoring;

namespace Pilothouse.Checklist;

/// <summary>What the running server answered.</summary>
/// <param name="ProcessId">The id of its process.</param>
/// <param name="Status">The status of /health/ready; null if it did not answer.</param>
/// <param name="Checks">The checks of its answer.</param>
/// <param name="MetricsProblem">Why /metrics cannot be read; null if it can.</param>
internal sealed record AskedServer(int ProcessId, string? Status, IReadOnlyList<Condition> Checks, string? MetricsProblem);

/// <summary>Reports what the running server says about itself.</summary>
internal static class ServerChecks
{
    public static IEnumerable<Finding> Look(AskedServer? server)
    {
        if (server is null)
        {
            return [Finding.Yellow("server", "No server runs on this database, so it could not be asked.", "Start it and check again.")];
        }

        if (server.Status is null)
        {
            return [Finding.Red("server", $"Process {server.ProcessId} has the database, but does not answer.", "Its log says what it does; start it anew.")];
        }

        // Checks that this command has made itself are not repeated.
        var unwell = server.Checks.Where(static check => check.State != ConditionState.Ok && check.Name is not ("backups" or "disk"))
            .Select(static check => new Finding($"server-{check.Name}", check.State == ConditionState.Failed ? Light.Red : Light.Yellow, check.Message, "`pilothouse status` and the log say more."));
        return
        [
            server.Status is "healthy" or "degraded" ? Finding.Green("server", $"It answers ({server.Status}).") : Finding.Red("server", $"It says that it is {server.Status}.", "Its log says why."),
            server.MetricsProblem is { } problem ? Finding.Yellow("monitoring", problem, "docs/operations.md, \"Monitoring\".") : Finding.Green("monitoring", "Prometheus can read /metrics."),
            .. unwell,
        ];
    }
}
