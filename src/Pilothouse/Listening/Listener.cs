using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;

namespace Pilothouse.Listening;

/// <summary>Where the server listens, and what it accepts from a client before it knows who that is.</summary>
internal static class Listener
{
    public static void AddListener(this WebApplicationBuilder builder, Settings settings)
    {
        // This server would accept a line that ends in LF alone, some proxies would not: a second request could hide in the difference.
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

            // Connections are counted before TLS, because a TLS handshake costs more than a connection.
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

    /// <summary>Sets the limits that docs/operations.md lists.</summary>
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

        // A client that sends or reads more slowly than this, after the first five seconds, is disconnected; a phone on a bad line is
        // faster. The rate of reading is an average over everything that was sent on the connection, so a client that reads fast and then
        // stops is disconnected only when the slowest allowed client would have needed longer.
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.Http2.MaxStreamsPerConnection = 20;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(60);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
