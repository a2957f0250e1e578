using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using Pilothouse.Http;

namespace Pilothouse.Benchmarks;

/// <summary>Measures what counting metrics adds to each request while /metrics is being listened to.</summary>
[MemoryDiagnoser]
public class MetricsBenchmarks
{
    private readonly DefaultHttpContext http = new();
    private ServiceProvider parts = null!;
    private RequestMetrics metrics = null!;

    [GlobalSetup]
    public void Listen()
    {
        var services = new ServiceCollection();
        services.AddMetricsForPrometheus();
        parts = services.BuildServiceProvider();
        parts.GetRequiredService<MeterProvider>();
        metrics = parts.GetRequiredService<RequestMetrics>();
        http.Request.Method = "GET";
        http.SetEndpoint(new RouteEndpoint(static _ => Task.CompletedTask, RoutePatternFactory.Parse("/api/signals/latest"), 0, null, null));
    }

    [GlobalCleanup]
    public void Close() => parts.Dispose();

    [Benchmark]
    public void CountRequest() => metrics.Count(http, Stopwatch.GetTimestamp());
}
