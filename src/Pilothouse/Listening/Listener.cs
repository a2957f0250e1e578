using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;

namespace Pilothouse.Listening;

/// <summary>Where the server listens, and what it takes from a client before anybody knows who that is.</summary>
internal static class Listener
{
    public static void AddListener(this WebApplicationBuilder builder, Settings settings)
    {
        // A line that ends in LF alone is one line to us and none to some proxies: requests could hide in the difference.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        builder.Services.AddSingleton<OpenFiles>();
        builder.Services.AddSingleton<ConnectionLimit>();
        builder.Services.AddSingleton<Draining>();
        builder.Services.AddHostedService(static provider => provider.GetRequiredService<Draining>());
        builder.Services.AddSingleton<Microsoft.AspNetCore.Connections.IConnectionListenerFactory, DrainingSockets>();
        if (settings.HasTls)
        {
            builder.Services.AddSingleton<ServedCertificate>();
            builder.Services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<ServedCertificate>());
            builder.Services.AddHostedService(static provider => provider.GetRequiredService<ServedCertificate>());
        }

        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(options =>
        {
            SetLimits(options);
            Listen(options, settings.Host, settings.Port, HttpProtocols.Http1);
            if (settings.HasTls)
            {
                var certificate = options.ApplicationServices.GetRequiredService<ServedCertificate>();
                Listen(options, settings.Host, settings.HttpsPort, HttpProtocols.Http1AndHttp2, new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => new(certificate.ForConnection()),
                });
            }
        });
    }

    private static void Listen(KestrelServerOptions options, string host, int port, HttpProtocols protocols, TlsHandshakeCallbackOptions? tls = null)
    {
        if (host == "localhost")
        {
            options.ListenLocalhost(port, Configure);
        }
        else
        {
            options.Listen(IPAddress.Parse(host), port, Configure);
        }

        void Configure(ListenOptions listen)
        {
            listen.Protocols = protocols;

            // Before TLS, which costs more than a connection.
            var limit = options.ApplicationServices.GetRequiredService<ConnectionLimit>();
            var clock = options.ApplicationServices.GetRequiredService<TimeProvider>();
            listen.Use(next => connection => limit.RunAsync(connection, next));
            listen.Use(next => connection => GoneConnections.RunAsync(connection, next, clock));
            if (tls is not null)
            {
                listen.UseHttps(tls);
            }
        }
    }

    /// <summary>docs/operations.md has these figures.</summary>
    private static void SetLimits(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        var limits = options.Limits;
        limits.MaxRequestBodySize = 16 * 1024 * 1024;
        limits.MaxRequestLineSize = 8 * 1024;
        limits.MaxRequestHeadersTotalSize = 32 * 1024;
        limits.MaxRequestHeaderCount = 100;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(120);

        // Who sends or reads more slowly than this after five seconds is cut off: a phone on a bad line is faster. Reading is counted over
        // all that a connection was sent, so who reads fast and then stops has as long as the slowest would have taken for all of it.
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.Http2.MaxStreamsPerConnection = 20;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(60);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
