using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Operations;

namespace Pilothouse.Http;

/// <summary>/metrics: all that the meter "Pilothouse" of this server tells, and what .NET tells of its process, in Prometheus' form.</summary>
internal static class Scraping
{
    /// <summary>Of the runtime's own instruments those that an owner can act on.</summary>
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
        // It listens from here on: what counts must be made later, or its first figures are lost.
        var listener = app.Services.GetRequiredService<MeterProvider>();
        var exporter = ((IEndpointRouteBuilder)app).CreateApplicationBuilder()
            .UseResponseCompression()
            .UseOpenTelemetryPrometheusScrapingEndpoint(listener, static _ => true, path: null, configureBranchedPipeline: null, optionsName: null).Build();
        app.MapMethods("/metrics", Routes.Read, (HttpContext http, Settings settings) =>
        {
            if (settings.RequireAuthForReads == true)
            {
                Caller.Of(http).Require(Scopes.Read);
            }

            return exporter(http);
        }).WithTags("Metrics").Named("metrics", "Every figure, in Prometheus' text format")
            .Produces<string>(200, "text/plain").Refuses(400, 403).WithMetadata(CallLimit.None);
    }

    /// <summary>A scrape that never leaves this machine needs no TLS: Prometheus beside the server, and <c>pilothouse status</c>.</summary>
    public static bool IsFromHere(HttpContext http, Settings settings) => http.Request.Path.Equals("/metrics", StringComparison.Ordinal) && settings.IsOfThisMachine(http);

    /// <summary>
    /// Listeners hear every meter of their process: that of another server in it is dropped. The library keeps room for 2,000 series of
    /// each instrument unless told what is enough.
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
