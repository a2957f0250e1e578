using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Pilothouse.Tests.Replay;

/// <summary>A POST as it was received, and its answer if there is one already.</summary>
internal sealed record Received(string Path, string? IdempotencyKey, string? Authorization, string Body);

/// <summary>An answer that a test wants instead of the usual one.</summary>
internal sealed record Answer(int Status, string Body, string? RetryAfter = null, string? Location = null);

/// <summary>
/// An outside server in the place of Pilothouse: it answers each POST with ids, remembers answers by idempotency key, knows each bot's
/// newest report, and does what <see cref="Instead"/> says first. It checks nothing.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Dictionary<string, (string Body, string Answer, int Status)> answered = [];
    private readonly Lock gate = new();
    private long lastId;

    private FakeServer(WebApplication app, long firstId)
    {
        this.app = app;
        lastId = firstId - 1;
        app.MapPost("/api/model-prices", PriceAsync);
        app.MapPost("{**path}", AnswerAsync);
        app.MapPatch("{**path}", ChangeAsync);
        app.MapGet("/api/model-prices", PricesAsync);
        app.MapGet("/api/bot-status", LastReportAsync);
        app.MapGet("/api/bots/{name}/control", OrdersAsync);
        app.MapGet("/api/circuit-breaker", OrdersAsync);
    }

    /// <summary>The posted records.</summary>
    public List<Received> Requests { get; } = [];

    /// <summary>The changes of records.</summary>
    public List<Received> Changes { get; } = [];

    /// <summary>The posted prices of models.</summary>
    public List<Received> Prices { get; } = [];

    /// <summary>Called with each request; null leaves it to the usual answer.</summary>
    public Func<Received, Answer?> Instead { get; set; } = _ => null;

    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<FakeServer> StartAsync(long firstId = 1)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var server = new FakeServer(builder.Build(), firstId);
        await server.app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var received = new Received(
            context.Request.Path, context.Request.Headers["Idempotency-Key"], context.Request.Headers.Authorization,
            await reader.ReadToEndAsync());
        var (answer, replayed) = Decide(received);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json";
        if (replayed)
        {
            context.Response.Headers["Idempotency-Replayed"] = "true";
        }

        if (answer.RetryAfter is not null)
        {
            context.Response.Headers.RetryAfter = answer.RetryAfter;
        }

        if (answer.Location is not null)
        {
            context.Response.Headers.Location = answer.Location;
        }

        await context.Response.WriteAsync(answer.Body);
    }

    private Task ChangeAsync(HttpContext context) => KeepAsync(context, Changes, 200);

    private Task PriceAsync(HttpContext context) => KeepAsync(context, Prices, 201);

    private static async Task KeepAsync(HttpContext context, List<Received> list, int status)
    {
        using var reader = new StreamReader(context.Request.Body);
        list.Add(new(context.Request.Path, context.Request.Headers["Idempotency-Key"], context.Request.Headers.Authorization, await reader.ReadToEndAsync()));
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("""{"success":true}""");
    }

    private async Task PricesAsync(HttpContext context)
    {
        var known = Prices.Select(static price => JsonNode.Parse(price.Body)!).Where(price => (string?)price["model"] == context.Request.Query["model"]);
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(new JsonObject { ["success"] = true, ["data"] = new JsonArray([.. known]) }.ToJsonString());
    }

    private async Task OrdersAsync(HttpContext context)
    {
        var instead = Instead(new Received(context.Request.Path, null, context.Request.Headers.Authorization, ""));
        context.Response.StatusCode = instead?.Status ?? 200;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(instead?.Body ?? """{"success":true,"data":{"control_seq":null,"state":"running"}}""");
    }

    private async Task LastReportAsync(HttpContext context)
    {
        var asked = new Received(context.Request.Path, null, context.Request.Headers.Authorization, "");
        var instead = Instead(asked);
        var newest = Requests.Where(static request => request.Path == "/api/bot-status")
            .Select(static request => JsonNode.Parse(request.Body)!.AsObject())
            .Where(report => (string?)report["bot_name"] == context.Request.Query["bot_name"])
            .OrderBy(static report => (DateTimeOffset)report["timestamp"]!).LastOrDefault();
        var body = instead?.Body ?? (newest is null
            ? """{"success":false,"error":"Bot status not found","code":"not-found"}"""
            : new JsonObject { ["success"] = true, ["data"] = newest }.ToJsonString());
        context.Response.StatusCode = instead?.Status ?? (newest is null ? 404 : 200);
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    }

    private (Answer Answer, bool Replayed) Decide(Received received)
    {
        lock (gate)
        {
            Requests.Add(received);
            if (Instead(received) is { } instead)
            {
                return (instead, false);
            }

            var key = $"{received.Path} {received.IdempotencyKey}";
            if (answered.TryGetValue(key, out var before))
            {
                return before.Body == received.Body
                    ? (new Answer(before.Status, before.Answer), true)
                    : (new Answer(409, """{"success":false,"error":"Conflict","code":"idempotency-mismatch"}"""), false);
            }

            var status = received.Path.EndsWith("/close", StringComparison.Ordinal) ? 200 : 201;
            var answer = new JsonObject { ["success"] = true, ["message"] = "stored" };
            if (received.Path.EndsWith("/batch", StringComparison.Ordinal))
            {
                answer["ids"] = new JsonArray([.. JsonNode.Parse(received.Body)!["items"]!.AsArray().Select(_ => JsonValue.Create(++lastId))]);
            }
            else
            {
                answer[IdName(received.Path)] = status == 200 ? long.Parse(received.Path.Split('/')[3]) : ++lastId;
            }

            answered[key] = (received.Body, answer.ToJsonString(), status);
            return (new Answer(status, answer.ToJsonString()), false);
        }
    }

    private static string IdName(string path) => path.Split('/')[2] switch
    {
        "signals" => "signal_id",
        "trades" => "trade_id",
        "analysis" => "analysis_id",
        "bot-status" => "status_id",
        "market-context" => "context_id",
        "cost-analytics" => "cost_id",
        "spikes" => "spike_id",
        "news" => "news_id",
        "models" => "model_id",
        "bots" => "control_seq",
        var other => throw new InvalidOperationException($"The contract has no POST {other}."),
    };
}
