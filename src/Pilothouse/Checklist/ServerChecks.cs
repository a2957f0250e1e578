using Pilothouse.Monitoring;

namespace Pilothouse.Checklist;

/// <summary>What the running server said when it was asked.</summary>
/// <param name="ProcessId">Its process.</param>
/// <param name="Status">Of /health/ready; null where it did not answer.</param>
/// <param name="Checks">What it says is unwell.</param>
/// <param name="MetricsProblem">Why /metrics cannot be read; null where it can.</param>
internal sealed record AskedServer(int ProcessId, string? Status, IReadOnlyList<Condition> Checks, string? MetricsProblem);

/// <summary>The running server's own words.</summary>
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

        // What this command looked at itself is not said twice.
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
