using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Monitoring;

public sealed class PrometheusTests
{
    [Fact(Timeout = 90_000)]
    public async Task A_real_Prometheus_scrapes_a_real_server_with_a_key_and_fires_an_alert_as_shipped()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder, ("REQUIRE_AUTH_FOR_READS", "true"));
        var (code, key, error) = await ServerProcess.RunAsync(folder, ["key", "create", "--name", "prometheus", "--scopes", "read"]);
        Assert.True(code == 0, error);

        // The files as shipped, but for the address, the key's place and the pace.
        using var home = new TemporaryFolder();
        await File.WriteAllTextAsync(home.File("pilothouse.key"), key);
        File.Copy(Repository.PathOf("deploy", "prometheus", "alerts.yml"), home.File("alerts.yml"));
        var shipped = await File.ReadAllTextAsync(Repository.PathOf("deploy", "prometheus", "prometheus.yml"));
        var config = shipped.Replace("15s", "1s", StringComparison.Ordinal).Replace("127.0.0.1:3000", $"127.0.0.1:{server.Port.ToString(CultureInfo.InvariantCulture)}", StringComparison.Ordinal)
            .Replace("# authorization:", "authorization:", StringComparison.Ordinal).Replace("#   credentials_file: /etc/prometheus/pilothouse.key", $"  credentials_file: {home.File("pilothouse.key")}", StringComparison.Ordinal);
        await File.WriteAllTextAsync(home.File("prometheus.yml"), config);

        var port = ServerProcess.FreePort().ToString(CultureInfo.InvariantCulture);
        using var prometheus = Tool.Start("prometheus", [$"--config.file={home.File("prometheus.yml")}", $"--storage.tsdb.path={home.File("data")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]);
        var said = prometheus.StandardError.ReadToEndAsync();
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await UntilAsync(client, "query?query=" + Uri.EscapeDataString("up{job=\"pilothouse\"}"), static answer => answer["data"]!["result"]!.AsArray().Any(static up => (string?)up!["value"]![1] == "1"));
            Assert.Empty(Firing(await AskAsync(client, "alerts")));

            // An attacker guesses: five attempts are checked, and the rest is refused.
            for (var i = 0; i < 8; i++)
            {
                await server.Client.SendAsync("POST", "/api/auth/login", """{"pin":"000001"}""");
            }

            var alerts = await UntilAsync(client, "alerts", static answer => Firing(answer).Any());
            Assert.Equal(["PilothouseLoginFailures"], Firing(alerts));
            var alert = alerts["data"]!["alerts"]!.AsArray().Single(static alert => (string?)alert!["state"] == "firing")!;
            Assert.Equal("warning", (string?)alert["labels"]!["severity"]);
            Assert.StartsWith("Somebody tries PINs on 127.0.0.1:", (string?)alert["annotations"]!["summary"], StringComparison.Ordinal);

            // A server that ends is noticed at the next scrape; the alert itself waits its minute.
            await server.TerminateAsync();
            await UntilAsync(client, "alerts", static answer => answer["data"]!["alerts"]!.AsArray().Any(static alert => (string?)alert!["labels"]!["alertname"] == "PilothouseDown" && (string?)alert["state"] == "pending"));
        }
        finally
        {
            prometheus.Kill();
            await prometheus.WaitForExitAsync();
        }

        Assert.DoesNotContain("level=error", await said, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Firing(JsonNode answer) =>
        answer["data"]?["alerts"]?.AsArray().Where(static alert => (string?)alert!["state"] == "firing").Select(static alert => (string)alert!["labels"]!["alertname"]!) ?? [];

    private static async Task<JsonNode> UntilAsync(HttpClient client, string path, Func<JsonNode, bool> done)
    {
        JsonNode last = new JsonObject();
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(30); await Task.Delay(100))
        {
            try
            {
                last = await AskAsync(client, path);
                if (done(last))
                {
                    return last;
                }
            }
            catch (HttpRequestException)
            {
                // Prometheus starts.
            }
        }

        throw new TimeoutException($"{path} answers {last.ToJsonString()}");
    }

    private static async Task<JsonNode> AskAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri($"/api/v1/{path}", UriKind.Relative));
        return answer.IsSuccessStatusCode ? JsonNode.Parse(await answer.Content.ReadAsStringAsync())! : throw new HttpRequestException($"status {answer.StatusCode}");
    }
}
