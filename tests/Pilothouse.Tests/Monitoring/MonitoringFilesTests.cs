using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pilothouse.Cli;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Monitoring;

/// <summary>Holds docs/monitoring.md, the dashboard and the alerts to what a server really shows, and has a real Prometheus read them.</summary>
public sealed partial class MonitoringFilesTests
{
    [Fact]
    public async Task Every_metric_is_documented_with_its_type_and_no_other()
    {
        var real = TypeLine().Matches(await TextOfBothEnginesAsync()).Select(static line => $"{line.Groups[1].Value} {line.Groups[2].Value}").Distinct().ToList();
        var documented = MetricRow().Matches(Read("docs", "monitoring.md")).Select(static row => $"{row.Groups[1].Value} {row.Groups[2].Value}").ToList();
        Assert.NotEmpty(real);
        Assert.Equal(real.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    /// <summary>
    /// The metrics of a server on each engine. The lag of a standby is added: it takes two PostgreSQL servers to see it
    /// (<see cref="Postgres.PostgresStandbyTests"/>).
    /// </summary>
    private static async Task<string> TextOfBothEnginesAsync()
    {
        var cluster = await PostgresCluster.SharedAsync();
        await using var file = await TestServer.StartAsync(("COST_BUDGET_MONTHLY", "50"));
        await using var shared = await TestServer.StartAsync(("COST_BUDGET_MONTHLY", "50"), ("DATABASE_URL", await cluster.CreateDatabaseAsync()));
        var texts = new[] { await TextAsync(file), await TextAsync(shared) };
        Assert.DoesNotContain("pilothouse_db_standbys", texts[0], StringComparison.Ordinal);
        return string.Join('\n', texts) + "\n# TYPE pilothouse_db_replication_lag_seconds gauge\npilothouse_db_replication_lag_seconds 1\n";
    }

    [Theory]
    [InlineData("deploy/grafana/pilothouse.json")]
    [InlineData("deploy/prometheus/alerts.yml")]
    public async Task Dashboard_and_alerts_ask_only_for_metrics_and_labels_that_exist(string file)
    {
        var samples = Scrape.Parse(await TextOfBothEnginesAsync()).Samples;
        var text = Read(file.Split('/'));
        var names = MetricName().Matches(text).Select(static name => name.Value).Distinct().ToList();
        Assert.NotEmpty(names);
        Assert.Empty(names.Except(samples.Select(static sample => sample.Name)));

        foreach (Match use in Selector().Matches(text.Replace("\\\"", "\"", StringComparison.Ordinal)))
        {
            var (name, asked) = (use.Groups[1].Value, LabelName().Matches(use.Groups[2].Value).Select(static label => label.Groups[1].Value).ToList());
            var real = samples.Where(sample => sample.Name == name).SelectMany(static sample => sample.Labels.Keys).Distinct();

            // Prometheus adds these two.
            Assert.True(!asked.Except([.. real, "instance", "job"]).Any(), use.Value);
        }
    }

    [Fact]
    public void The_dashboard_has_panels_of_its_own_place_and_a_data_source_that_can_be_chosen()
    {
        var dashboard = JsonNode.Parse(Read("deploy", "grafana", "pilothouse.json"))!;
        var panels = dashboard["panels"]!.AsArray().Select(static panel => panel!).ToList();
        string[] rows = ["At a glance", "Traffic", "Latency", "Storage", "Bots", "Backups and conditions", "Security", "Runtime"];
        Assert.Equal(rows, panels.Where(static panel => (string?)panel["type"] == "row").Select(static panel => (string)panel["title"]!));
        Assert.Equal(panels.Count, panels.Select(static panel => (int)panel["id"]!).Distinct().Count());
        Assert.Equal(panels.Count, panels.Select(static panel => ((int)panel["gridPos"]!["x"]!, (int)panel["gridPos"]!["y"]!)).Distinct().Count());
        Assert.All(panels.Where(static panel => (string?)panel["type"] != "row"), static panel =>
        {
            Assert.NotEmpty(panel["targets"]!.AsArray());
            Assert.All(panel["targets"]!.AsArray(), static target => Assert.Equal("${datasource}", (string?)target!["datasource"]!["uid"]));
            Assert.InRange((int)panel["gridPos"]!["x"]! + (int)panel["gridPos"]!["w"]!, 1, 24);
        });
        Assert.Contains(dashboard["templating"]!["list"]!.AsArray(), static variable => (string?)variable!["type"] == "datasource" && (string?)variable["name"] == "datasource");
    }

    [Fact]
    public async Task The_queries_of_the_dashboard_are_queries()
    {
        using var folder = new TemporaryFolder();
        var dashboard = JsonNode.Parse(Read("deploy", "grafana", "pilothouse.json"))!;
        var queries = dashboard["panels"]!.AsArray().SelectMany(static panel => panel!["targets"]?.AsArray() ?? []).Select(static target => (string)target!["expr"]!)
            .Append((string)dashboard["annotations"]!["list"]![1]!["expr"]!)
            .Select(static query => query.Replace("$__rate_interval", "5m", StringComparison.Ordinal)).ToList();
        Assert.True(queries.Count > 30);

        // promtool has no command for a query alone; as rules it reads them all at once.
        var rules = string.Join('\n', queries.Select(static (query, i) => string.Create(CultureInfo.InvariantCulture, $"  - record: query:{i}\n    expr: '{query.Replace("'", "''", StringComparison.Ordinal)}'")));
        await File.WriteAllTextAsync(folder.File("queries.yml"), $"groups:\n- name: queries\n  rules:\n{rules}\n");
        var (code, _, error) = await Tool.RunAsync("promtool", ["check", "rules", folder.File("queries.yml")]);
        Assert.True(code == 0, error);
    }

    [Fact]
    public async Task The_alerts_are_well_formed_documented_and_fire_when_they_should()
    {
        var (code, output, error) = await Tool.RunAsync("promtool", ["check", "config", Repository.PathOf("deploy", "prometheus", "prometheus.yml")]);
        Assert.True(code == 0, output + error);
        (code, output, error) = await Tool.RunAsync("promtool", ["test", "rules", Repository.PathOf("tests", "Pilothouse.Tests", "Monitoring", "alerts.test.yml")]);
        Assert.True(code == 0, output + error);

        var alerts = Read("deploy", "prometheus", "alerts.yml").Split("- alert: ")[1..];
        Assert.Equal(alerts.Select(static alert => alert.Split('\n')[0].Trim()), AlertRow().Matches(Read("docs", "monitoring.md")).Select(static row => row.Groups[1].Value));
        Assert.All(alerts, static alert =>
        {
            Assert.Matches("labels: {severity: (critical|warning)}", alert);
            Assert.Contains("summary: \"", alert, StringComparison.Ordinal);
            Assert.Contains("action: \"", alert, StringComparison.Ordinal);
        });
    }

    private static async Task<string> TextAsync(TestServer server)
    {
        await server.PostAsync("/api/backups", "{}");

        // A request is counted just after its answer: until then none was. A budget is first looked at soon after the start.
        while (true)
        {
            var text = await server.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            if (text.Contains("pilothouse_http_requests_total", StringComparison.Ordinal) && text.Contains("pilothouse_budget_used", StringComparison.Ordinal))
            {
                return text;
            }
        }
    }

    private static string Read(params string[] parts) => File.ReadAllText(Repository.PathOf(parts));

    [GeneratedRegex(@"^# TYPE (\w+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^\| `((?:pilothouse|dotnet)_\w+)` \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex(@"^\| `(Pilothouse\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex AlertRow();

    [GeneratedRegex(@"\b(?:pilothouse|dotnet)_[a-z0-9_]+")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"\b((?:pilothouse|dotnet)_[a-z0-9_]+)\{([^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!~|!=|=)\s*""")]
    private static partial Regex LabelName();
}
