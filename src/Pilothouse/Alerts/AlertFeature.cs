using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Alerts;

/// <summary>The operations on alerts, which tell people what they must know.</summary>
internal sealed class AlertFeature : Feature
{
    private static readonly QueryShape ListQuery = new(
        QueryParameter.Limit(50), QueryParameter.Cursor, QueryParameter.OneOf("state", "Only in this state.", AlertState.All),
        QueryParameter.Text("topic", "Only of this topic: a word of ALERT_EVENTS."), QueryParameter.BotName, QueryParameter.From, QueryParameter.To);

    public override string Tag => "Alerts";

    public override string About => "What people were told, and whether it reached them.";

    public override IJsonTypeInfoResolver Json => AlertJson.Default;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton(static parts => parts.GetRequiredService<Settings>().Alerts);
        services.AddSingleton<AlertTargets>();
        services.AddSingleton<AlertHours>();
        services.AddSingleton<AlertOutbox>();
        services.AddSingleton<AlertPost>();
        services.AddSingleton<IPurge, AlertPurge>();
        services.AddSingleton<DailySummary>();
        services.AddSingleton<AlertFollower>();
        services.AddSingleton<IChangeFollower>(static parts => parts.GetRequiredService<AlertFollower>());
        services.AddHostedService(static parts => parts.GetRequiredService<AlertFollower>());
        services.AddSingleton<AlertSender>();
        services.AddSingleton<IWatched>(static parts => parts.GetRequiredService<AlertSender>());
        services.AddHostedService(static parts => parts.GetRequiredService<AlertSender>());
    }

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var clock = parts.GetRequiredService<TimeProvider>();
        yield return new Read<Page<Alert>>("listAlerts", "GET /api/alerts", "What people were told and whether it reached them, newest first", AlertJson.Default.PageAlert,
            static async (session, _, query) =>
            {
                var page = await AlertStore.List.PageAsync(session, query, query.Whole("limit"), AlertStore.Read);
                var alerts = new List<Alert>(page.Count);
                foreach (var alert in page.Data)
                {
                    alerts.Add(alert with { Deliveries = await AlertStore.DeliveriesAsync(session, alert.Id) });
                }

                return page with { Data = alerts };
            })
        { Query = ListQuery, Scope = Scopes.Control, PerMinute = 100 };

        yield return new Write<NoInput, AlertResent>("resendAlert", "POST /api/alerts/{id}/resend", "Send an alert once more to the targets that have taken it or given it up", AlertJson.Default.NoInput, AlertJson.Default.AlertResent,
            async (session, call, _) =>
            {
                var id = call.Id;
                var before = await AlertStore.FindAsync(session, id)
                    ?? throw Refusal.NotFound("Alert not found", string.Create(CultureInfo.InvariantCulture, $"There is no alert {id}; GET /api/alerts lists them."));
                var count = await AlertStore.ResendAsync(session, id, clock.GetUtcNow());
                return Answer.Ok(new AlertResent(true, count > 0 ? "The alert is sent once more" : "The alert is on its way already", id)) with
                {
                    Id = id,
                    Changed = count == 0 ? null : new(AlertStore.Table, id, () => JsonOf(before), async reading => JsonOf((await AlertStore.FindAsync(reading, id))!)),
                };
            })
        { Statuses = [200], Scope = Scopes.Control, PerMinute = 100 };
    }

    private static string JsonOf(Alert alert) => JsonText.OfRecord(alert, AlertJson.Default.Alert);
}
