using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.HttpOverrides;
using Pilothouse.Agents;
using Pilothouse.Alerts;
using Pilothouse.Analysis;
using Pilothouse.Audit;
using Pilothouse.Auth;
using Pilothouse.Backups;
using Pilothouse.Bots;
using Pilothouse.Budgets;
using Pilothouse.Candles;
using Pilothouse.CashFlows;
using Pilothouse.CircuitBreaker;
using Pilothouse.Configuration;
using Pilothouse.Consents;
using Pilothouse.Contract;
using Pilothouse.Correlation;
using Pilothouse.Costs;
using Pilothouse.Dashboard;
using Pilothouse.Events;
using Pilothouse.Fleet;
using Pilothouse.Http;
using Pilothouse.Keys;
using Pilothouse.Listening;
using Pilothouse.MarketContext;
using Pilothouse.Mcp;
using Pilothouse.Models;
using Pilothouse.Monitoring;
using Pilothouse.News;
using Pilothouse.Operations;
using Pilothouse.Performance;
using Pilothouse.Prices;
using Pilothouse.Retention;
using Pilothouse.Scorecard;
using Pilothouse.Signals;
using Pilothouse.Spikes;
using Pilothouse.Storage;
using Pilothouse.Trades;
using Pilothouse.Webhooks;
using Pilothouse.Why;

namespace Pilothouse;

/// <summary>The whole server in reading order: its services, the pipeline of a request, and its features.</summary>
internal static class Server
{
    /// <summary>Builds a server that is ready to start. The database is migrated here; nothing listens yet.</summary>
    /// <param name="settings">What the owner has set.</param>
    /// <param name="clock">The time; null for the machine's.</param>
    /// <param name="also">Adds services of a test, such as tools that only a test suite calls.</param>
    public static WebApplication Build(Settings settings, TimeProvider? clock = null, Action<IServiceCollection>? also = null)
    {
        // The empty builder is used because the slim one watches the working folder for changes of appsettings.json, and wakes up at every
        // write to the database.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = settings.IsProduction ? "Production" : "Development" });
        builder.Services.AddRouting();
        builder.AddListener(settings);
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = TimeSpan.FromSeconds(7));

        AddParts(builder.Services, settings, clock ?? TimeProvider.System);
        var features = Features();
        AddFeatures(builder.Services, features);
        also?.Invoke(builder.Services);
        var app = builder.Build();
        if (settings.HasTls)
        {
            // The certificate is loaded before the database is touched: unusable files stop the start.
            app.Services.GetRequiredService<ServedCertificate>();
        }

        UsePipeline(app, settings);
        Map(app, features, settings);
        return app;
    }

    private static void AddParts(IServiceCollection services, Settings settings, TimeProvider clock)
    {
        services.AddSingleton(settings);
        services.AddSingleton(clock);
        var logHealth = new LogHealth();
        var logger = Logging.Create(settings, logHealth);
        services.AddSingleton<IWatched>(logHealth);
        services.AddSingleton<ILoggerFactory>(_ => new SerilogLoggers(logger));
        services.AddSingleton(new RequestLog(logger));
        services.AddMetricsForPrometheus();
        services.AddSingleton<Database>(static provider => Open(provider));
        services.AddLimits(settings);
        services.AddSingleton<LimitHeaders>();
        services.AddSingleton<Credentials>();
        services.AddSingleton<LoginBudget>();
        services.AddSingleton<LoginMetrics>();
        services.AddSingleton<ServedHosts>();
        services.AddSingleton<IdempotencyStore>();
        services.AddSingleton<IPurge>(static provider => provider.GetRequiredService<IdempotencyStore>());
        services.AddSingleton<IPurge>(provider => new ChangePurge(
            provider.GetRequiredService<Database>(), provider.GetServices<IChangeFollower>(), TimeSpan.FromDays(settings.Retention.ChangesDays), clock));
        services.AddSingleton<OperationRunner>();
        services.AddSingleton<OperationList>();
        services.AddSingleton(new AuditKey(settings.JwtSecret));
        services.AddSingleton<AuditLog>();
        services.AddSingleton<AnswerCache>();
        services.AddSingleton<FatalEnd>();
        services.AddSingleton<UnreadAnswers>();
        services.AddSingleton<RunningExports>();
        services.AddHostedService<Housekeeping>();
        services.AddHostedService<ForeignTimeBacklog>();
        services.AddHostedService<ConditionWatch>();
        services.AddHostedService<FiguresKeeper>();
        services.AddSingleton<DiskWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<DiskWatch>());
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<DiskWatch>());
        services.AddSingleton<IWatched, LogWatch>();
        services.AddSingleton<DatabaseWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<DatabaseWatch>());
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<DatabaseWatch>());
        services.AddHostedService<SpareMemory>();
        services.AddRetention();
        services.AddCors();
        services.AddCompression();
        services.AddDocument();
        if (settings.McpEnabled)
        {
            McpDoor.AddTo(services);
        }
    }

    private static void AddFeatures(IServiceCollection services, Feature[] features)
    {
        services.AddAuth();
        foreach (var feature in features)
        {
            services.AddSingleton(feature);
            feature.AddServices(services);
        }

        // For the generator of the OpenAPI document, which needs the JSON type of everything that a route takes or answers.
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            options.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
            IEnumerable<IJsonTypeInfoResolver> all = [ContractJson.Default, HealthJson.Default, SessionJson.Default, BatchJson.Default, ConsentAskedJson.Default, .. features.Select(static feature => feature.Json)];
            foreach (var resolver in all)
            {
                options.SerializerOptions.TypeInfoResolverChain.Insert(0, resolver);
            }
        });
    }

    private static Database Open(IServiceProvider provider)
    {
        var (settings, clock, loggers) = (provider.GetRequiredService<Settings>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>());
        DatabaseEngine.Migrate(settings, clock, loggers);
        return DatabaseEngine.Open(settings, clock, loggers, provider.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
    }

    /// <summary>Every feature of the server, each once. Its services, operations, JSON types and heading come from it.</summary>
    private static Feature[] Features() =>
    [
        new SignalFeature(), new ModelFeature(), new TradeFeature(), new CashFlowFeature(), new PerformanceFeature(), new BotFeature(), new FleetFeature(), new MarketContextFeature(),
        new AnalysisFeature(), new CorrelationFeature(), new CostFeature(), new BudgetFeature(), new CandleFeature(), new NewsFeature(), new PriceFeature(), new SpikeFeature(), new ScorecardFeature(), new AgentFeature(), new WhyFeature(), new CircuitBreakerFeature(),
        new WebhookFeature(), new ConsentFeature(), new KeyFeature(), new BackupFeature(), new AuditFeature(), new EventFeature(), new AlertFeature(),
    ];

    private static void UsePipeline(WebApplication app, Settings settings)
    {
        // The middleware objects are made here, because UseMiddleware would call them by reflection on every request.
        var parts = app.Services;
        var draining = parts.GetRequiredService<Draining>();
        app.Use(next => http => draining.ServeAsync(http, next));
        if (settings.TrustedProxies.Length > 0)
        {
            var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            settings.TrustedProxies.ToList().ForEach(forwarded.KnownIPNetworks.Add);
            app.UseForwardedHeaders(forwarded);
        }

        if (settings.TrustedProxies.Length > 0 || settings.PathBase.Length > 0)
        {
            app.Use(next => new PathPrefix(next, settings).InvokeAsync);

            // Without this call, routing would come first of all and match the path with its prefix.
            app.UseRouting();
        }

        app.Use(next => new Front(next, settings, parts.GetRequiredService<ServedHosts>(), parts.GetRequiredService<RequestLog>(), parts.GetRequiredService<RequestMetrics>(), parts.GetRequiredService<ILogger<Front>>()).InvokeAsync);
        if (settings.CorsOrigins.Length > 0)
        {
            // CORS runs only for requests with an Origin header. Bots send none, and most requests are theirs.
            app.UseWhen(static http => http.Request.Headers.Origin.Count > 0, branch => branch.UseCors(policy =>
            {
                policy = policy.WithMethods("GET", "HEAD", "POST", "PATCH", "DELETE").WithHeaders("Authorization", "Content-Type", "X-Api-Key", "X-Request-Id", IdempotencyKey.Header, "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name")
                    .WithExposedHeaders("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "Idempotency-Replayed", IgnoredNames.Header);
                _ = settings.CorsOrigins.Contains("*") ? policy.AllowAnyOrigin() : policy.WithOrigins([.. settings.CorsOrigins.Select(static origin => origin.TrimEnd('/'))]).AllowCredentials();
            }));
        }

        app.Use(next => new Gate(next, settings, parts.GetRequiredService<Credentials>(), parts.GetRequiredService<LimitHeaders>()).InvokeAsync);
        app.Use(static next => new QueryNames(next).InvokeAsync);
    }

    private static void Map(WebApplication app, Feature[] features, Settings settings)
    {
        // First, because a counter that is set to 0 before anybody collects it is not shown.
        app.MapMetrics();
        app.MapHealth();
        app.MapSessions();
        Array.ForEach(features, feature => app.Map(feature));
        app.MapDocs();
        if (settings.McpEnabled)
        {
            McpDoor.Map(app);
        }

        DashboardPage.Map(app);
    }
}
