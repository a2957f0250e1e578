using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http.Metadata;
using OpenTelemetry.Metrics;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Operations;

namespace Pilothouse.Http;

/// <summary>
/// Serves /metrics in Prometheus' text format: the instruments of this server's meter "Pilothouse" and some of the .NET runtime.
/// </summary>
internal static class Scraping
{
    /// <summary>The instruments of the .NET runtime that help an owner to act.</summary>
    private static readonly HashSet<string> RuntimeInstruments =
    [
        "dotnet.gc.collections", "dotnet.gc.heap.total_allocated", "dotnet.gc.pause.time", "dotnet.gc.last_collection.memory.committed_size",
        "dotnet.process.cpu.time", "dotnet.process.memory.working_set", "dotnet.thread_pool.thread.count", "dotnet.thread_pool.queue.length", "dotnet.monitor.lock_contentions",
    ];

    public static void AddMetricsForPrometheus(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<RequestMetrics>();
        services.AddHostedService<ServerMetrics>();
        services.AddOpenTelemetry().WithMetrics(static metrics =>
        {
            metrics.AddMeter("Pilothouse", "System.Runtime");
            metrics.AddPrometheusExporter(static exporter =>
            {
                exporter.ScrapeResponseCacheDurationMilliseconds = 0;
                exporter.ScopeInfoEnabled = false;
                exporter.TargetInfoEnabled = false;
            });
            ((IDeferredMeterProviderBuilder)metrics).Configure(static (parts, builder) =>
            {
                var mine = parts.GetRequiredService<IMeterFactory>();
                builder.AddView(instrument => StreamFor(instrument, mine));
            });
        });
    }

    public static void MapMetrics(this WebApplication app)
    {
        // The listener starts here. Instruments must be made after it, or their first values are lost.
        var listener = app.Services.GetRequiredService<MeterProvider>();
        var exporter = ((IEndpointRouteBuilder)app).CreateApplicationBuilder()
            .UseResponseCompression()
            .UseOpenTelemetryPrometheusScrapingEndpoint(listener, static _ => true, path: null, configureBranchedPipeline: null, optionsName: null).Build();
        var settings = app.Services.GetRequiredService<Settings>();
        app.MapHandler("/metrics", Routes.Read, http =>
        {
            if (settings.RequireAuthForReads == true)
            {
                Caller.Of(http).Require(Scopes.Read);
            }

            return exporter(http);
        }).WithTags("Metrics").WithMetadata(new ProducesResponseTypeMetadata(200, typeof(string), ["text/plain"])).Named("metrics", "Every figure, in Prometheus' text format")
            .Refuses(400, 403).WithMetadata(CallLimit.None);
    }

    /// <summary>
    /// Whether this is a request for /metrics from this machine (Prometheus beside the server, <c>pilothouse status</c>). It needs no TLS.
    /// </summary>
    public static bool IsFromHere(HttpContext http, Settings settings) => http.Request.Path.Equals("/metrics", StringComparison.Ordinal) && settings.IsOfThisMachine(http);

    /// <summary>
    /// Decides which instruments are exported and how many series each may have. Instruments of another server in the same process (tests)
    /// are dropped. Without a limit of its own, the library reserves room for 2,000 series of each instrument.
    /// </summary>
    private static MetricStreamConfiguration StreamFor(Instrument instrument, IMeterFactory mine)
    {
        if (instrument.Meter.Name == "System.Runtime")
        {
            return RuntimeInstruments.Contains(instrument.Name) ? new MetricStreamConfiguration { CardinalityLimit = 20 } : MetricStreamConfiguration.Drop;
        }

        return ReferenceEquals(instrument.Meter.Scope, mine)
            ? new MetricStreamConfiguration { CardinalityLimit = instrument.Name switch { "pilothouse.http.requests" => 2000, "pilothouse.http.request.duration" => 300, _ => 60 } }
            : MetricStreamConfiguration.Drop;
    }
}
