using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Cli;
using Pilothouse.Http;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Monitoring;

public sealed class MetricsTests
{
    private const string Requests = "pilothouse_http_requests_total";
    private const string Durations = "pilothouse_http_request_duration_seconds";

    [Fact]
    public async Task Requests_are_counted_by_route_method_and_status_and_timed_by_route_and_method()
    {
        await using var server = await TestServer.StartAsync();
        await server.GetAsync("/api/trades/7", 404);
        await server.GetAsync("/api/trades/8", 404);
        await server.GetAsync("/api/signals?limit=5");
        await server.Anonymous.SendAsync("HEAD", "/api/signals");
        await server.Anonymous.SendAsync("POST", "/api/signals", "{}");
        await server.PostAsync("/api/bot-status", """{"bot_name":"a","status":"running"}""");

        var figures = await ScrapeAsync(server, requests: 6);
        Assert.Equal(2, Counted("/api/trades/{id}", "GET", "404"));
        Assert.Equal(1, Counted("/api/signals", "GET", "200"));
        Assert.Equal(1, Counted("/api/signals", "HEAD", "200"));
        Assert.Equal(1, Counted("/api/signals", "POST", "401"));
        Assert.Equal(1, Counted("/api/bot-status", "POST", "201"));
        Assert.Equal(6, Total(figures));
        Assert.Equal(2, figures.Sum(Durations + "_count", static sample => sample.Labels["route"] == "/api/trades/{id}" && sample.Labels["method"] == "GET"));
        Assert.Equal(6, figures.Sum(Durations + "_count", IsNoScrape));
        Assert.InRange(figures.Sum(Durations + "_sum")!.Value, 0.0001, 60);
        Assert.InRange(figures.Quantile(Durations, 0.99)!.Value, 0.0005, 60);
        string[] bounds = [.. figures.Samples.Where(static sample => sample.Name == Durations + "_bucket").Select(static sample => sample.Labels["le"]).Distinct()];
        Assert.Equal(["0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"], bounds);

        double? Counted(string route, string method, string status) =>
            figures.Sum(Requests, sample => sample.Labels["route"] == route && sample.Labels["method"] == method && sample.Labels["status"] == status);
    }

    [Fact]
    public async Task Made_up_paths_and_methods_make_no_series_of_their_own()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 1000; i++)
        {
            using var answer = await server.Anonymous.GetAsync(new Uri($"/api/{Guid.NewGuid():N}/{i}?x={i}", UriKind.Relative));
            Assert.Equal(404, (int)answer.StatusCode);
        }

        for (var i = 0; i < 50; i++)
        {
            await server.Anonymous.SendAsync($"MADEUP{i}", "/api/signals");
        }

        var figures = await ScrapeAsync(server, requests: 1050);
        var series = figures.Samples.Where(static sample => sample.Name == Requests && IsNoScrape(sample)).ToList();
        Assert.Equal([("unknown", "GET", "404", 1000), ("unknown", "other", "405", 50)],
            series.Select(static sample => (sample.Labels["route"], sample.Labels["method"], sample.Labels["status"], (int)sample.Value)).Order());
        Assert.Equal(2, figures.Samples.Count(static sample => sample.Name == Durations + "_count" && IsNoScrape(sample)));
        Assert.DoesNotContain(figures.Samples, static sample => sample.Labels.ContainsKey("otel_metric_overflow"));
    }

    [Fact]
    public async Task Counting_a_request_allocates_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var metrics = server.Services.GetRequiredService<RequestMetrics>();
        var http = new DefaultHttpContext();
        http.Request.Method = "GET";
        http.SetEndpoint(server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().First());
        metrics.Count(http, Stopwatch.GetTimestamp());
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            metrics.Count(http, Stopwatch.GetTimestamp());
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public async Task Two_servers_in_one_process_do_not_mix_their_figures()
    {
        await using var first = await TestServer.StartAsync();
        await using var second = await TestServer.StartAsync();
        await first.GetAsync("/api/signals");
        await first.PostAsync("/api/bot-status", """{"bot_name":"a","status":"running"}""");
        await second.GetAsync("/api/trades");

        var (ofFirst, ofSecond) = (await ScrapeAsync(first, requests: 2), await ScrapeAsync(second, requests: 1));
        Assert.Equal(2, Total(ofFirst));
        Assert.Equal(1, Total(ofSecond));
        Assert.Equal(1, ofFirst.Sum("pilothouse_bots"));
        Assert.Equal(0, ofSecond.Sum("pilothouse_bots"));

        // The note of the clock at the start, the tests' own API key, and the bot's report.
        Assert.Equal(3, ofFirst.Sum("pilothouse_db_writes_total"));
        Assert.Equal(2, ofSecond.Sum("pilothouse_db_writes_total"));
    }

    [Fact]
    public async Task Scraping_needs_a_credential_where_reads_do_and_is_never_limited()
    {
        await using var open = await TestServer.StartAsync(("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_PER_HOUR", "3"));
        for (var i = 0; i < 10; i++)
        {
            await ScrapeAsync(open);
        }

        await using var closed = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        foreach (var path in new[] { "/metrics", "/metrics/", "/METRICS", "/%6Detrics" })
        {
            var (status, body) = await closed.Anonymous.SendAsync("GET", path);
            Assert.Equal((401, "authentication-required"), (status, (string?)body["code"]));
        }

        using var writer = closed.ClientWithKey(await closed.CreateKeyAsync("writer", "write"));
        using var reader = closed.ClientWithKey(await closed.CreateKeyAsync("reader", "read"));
        Assert.Equal(403, (await writer.SendAsync("GET", "/metrics")).Status);
        using var good = await reader.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal(200, (int)good.StatusCode);
    }

    [Fact]
    public async Task The_answer_has_Prometheus_form_or_that_of_OpenMetrics_and_HEAD_has_no_body()
    {
        await using var server = await TestServer.StartAsync();
        using var plain = await server.Anonymous.RawAsync("GET", "/metrics");
        Assert.Equal("text/plain", plain.Content.Headers.ContentType!.MediaType);
        Assert.Contains("version=0.0.4", plain.Content.Headers.ContentType.ToString(), StringComparison.Ordinal);
        Assert.Equal("nosniff", plain.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.NotEmpty(plain.Headers.GetValues("X-Request-Id"));
        var (code, _, lint) = await Tool.RunAsync("promtool", ["check", "metrics"], await plain.Content.ReadAsStringAsync());

        // It also lints names, and what .NET calls its thread pool's counters is not ours to change.
        Assert.True(code == 0 || lint.Split('\n', StringSplitOptions.RemoveEmptyEntries).All(static line => line.StartsWith("dotnet_", StringComparison.Ordinal)), lint);

        using var open = await server.Anonymous.RawAsync("GET", "/metrics", null, ("Accept", "application/openmetrics-text;version=1.0.0"));
        Assert.Equal("application/openmetrics-text", open.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith("# EOF\n", await open.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var head = await server.Anonymous.RawAsync("HEAD", "/metrics");
        Assert.Equal(200, (int)head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        Assert.Equal(405, (await server.Anonymous.SendAsync("POST", "/metrics")).Status);
    }

    [Fact]
    public async Task Over_plain_HTTP_it_is_for_this_machine_alone_where_HTTPS_is_forced()
    {
        await using var server = await TestServer.StartAsync(("FORCE_HTTPS", "true"), ("TRUSTED_PROXIES", "127.0.0.1"));
        Assert.NotNull((await ScrapeAsync(server)).Sum("pilothouse_uptime_seconds"));
        using var outside = await server.Anonymous.RawAsync("GET", "/metrics", null, ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "http"));
        Assert.Equal(308, (int)outside.StatusCode);
    }

    [Fact]
    public async Task Logins_and_refusals_are_counted_by_how_they_ended()
    {
        await using var server = await TestServer.StartAsync(("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_PER_HOUR", "1"));
        Assert.Equal(0, (await ScrapeAsync(server)).Sum("pilothouse_logins_total"));
        await server.LoginAsync();
        for (var i = 0; i < 6; i++)
        {
            await server.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"000001"}""");
        }

        await server.Anonymous.SendAsync("POST", "/api/signals", "{}");
        await server.Anonymous.SendAsync("GET", "/api/keys");
        await server.Anonymous.SendAsync("GET", "/api/keys");
        var figures = await ScrapeAsync(server);
        Assert.Equal((1, 4, 2), (Logins("right"), Logins("wrong"), Logins("refused")));
        Assert.Equal((3, 2, 4, 0), (Refused("rate-limited"), Refused("authentication-required"), Refused("invalid-pin"), Refused("internal-error")));

        double? Logins(string result) => figures.Sum("pilothouse_logins_total", sample => sample.Labels["result"] == result);
        double? Refused(string code) => figures.Sum("pilothouse_http_refusals_total", sample => sample.Labels["code"] == code);
    }

    [Fact]
    public async Task Storage_tells_of_its_writes_commits_files_and_queues()
    {
        await using var server = await TestServer.StartAsync(("DB_POOL_SIZE", "3"));
        for (var i = 0; i < 5; i++)
        {
            await server.PostAsync("/api/bot-status", """{"bot_name":"a","status":"running"}""");
        }

        await server.Client.SendAsync("POST", "/api/trades/999/close", """{"exit_price":1}""");
        var figures = await ScrapeAsync(server);
        // Five reports, the tests' own API key, and the note of the clock at the start.
        Assert.Equal((7, 1, 0), (Writes("stored"), Writes("refused"), Writes("failed")));
        Assert.Equal(8, figures.Sum("pilothouse_db_commit_writes_sum"));
        Assert.InRange(figures.Sum("pilothouse_db_commit_duration_seconds_count")!.Value, 1, 8);
        Assert.Equal(new FileInfo(server.DatabasePath).Length, figures.Sum("pilothouse_db_size_bytes"));
        Assert.Equal(new FileInfo(server.DatabasePath + "-wal").Length, figures.Sum("pilothouse_db_wal_size_bytes"));
        // Three for pages of callers with a credential, two of those without, two for look-ups, two for long reads.
        Assert.Equal((0, 8192, 9), (figures.Sum("pilothouse_db_write_queue_length"), figures.Sum("pilothouse_db_write_queue_limit"), figures.Sum("pilothouse_db_readers")));
        Assert.InRange(figures.Sum("pilothouse_db_readers_busy")!.Value, 0, 9);
        var disk = new DriveInfo(server.Folder.Path);
        Assert.Equal(disk.TotalSize, figures.Sum("pilothouse_disk_size_bytes", static sample => sample.Labels["folder"] == "database"));
        Assert.InRange(figures.Sum("pilothouse_disk_free_bytes", static sample => sample.Labels["folder"] == "logs")!.Value, 1, disk.TotalSize);

        double? Writes(string result) => figures.Sum("pilothouse_db_writes_total", sample => sample.Labels["result"] == result);
    }

    [Fact]
    public async Task Bots_count_by_their_newest_report_which_is_read_every_five_seconds()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bot-status", """{"bot_name":"a","status":"error","timestamp":"2026-03-02T11:00:00Z"}""");
        await server.PostAsync("/api/bot-status", """{"bot_name":"a","status":"running"}""");
        await server.PostAsync("/api/bot-status", """{"bot_name":"b","status":"error"}""");
        server.Sql("INSERT INTO bot_status(timestamp, bot_name, status) VALUES ('2026-03-02 11:00:00', 'c', 'sleeping') RETURNING id");
        Assert.Equal((1, 1, 0, 1), Bots(await ScrapeAsync(server)));

        await server.PostAsync("/api/bot-status", """{"bot_name":"b","status":"paused"}""");
        Assert.Equal((1, 1, 0, 1), Bots(await ScrapeAsync(server)));
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((1, 0, 1, 1), Bots(await ScrapeAsync(server)));

        static (double?, double?, double?, double?) Bots(Scrape figures)
        {
            double? With(string status) => figures.Sum("pilothouse_bots", sample => sample.Labels["status"] == status);
            return (With("running"), With("error"), With("paused"), With("other"));
        }
    }

    [Fact]
    public async Task Every_condition_of_the_health_answer_is_a_series()
    {
        await using var server = await TestServer.StartAsync();
        var checks = (await server.GetAsync("/health/ready"))["checks"]!.AsArray();
        var figures = await ScrapeAsync(server);
        Assert.Equal(checks.Select(static check => ((string)check!["name"]!, (string)check["state"]!)),
            figures.Samples.Where(static sample => sample.Name == "pilothouse_condition").Select(static sample => (sample.Labels["name"], sample.Value switch { 0 => "ok", 1 => "warning", _ => "failed" })));
    }

    /// <summary>Scrapes; where requests are given, until so many were counted: that happens just after their answer.</summary>
    internal static async Task<Scrape> ScrapeAsync(TestServer server, int requests = 0)
    {
        for (var tries = 0; ; tries++)
        {
            using var answer = await server.Client.GetAsync(new Uri("/metrics", UriKind.Relative));
            Assert.Equal(200, (int)answer.StatusCode);
            var figures = Scrape.Parse(await answer.Content.ReadAsStringAsync());
            if (Total(figures) >= requests || tries == 100)
            {
                return figures;
            }

            await Task.Delay(20);
        }
    }

    private static double Total(Scrape figures) => figures.Sum(Requests, IsNoScrape) ?? 0;

    private static bool IsNoScrape(Sample sample) => sample.Labels["route"] != "/metrics";
}
