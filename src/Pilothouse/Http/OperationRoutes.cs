using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Primitives;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Http;

/// <summary>Maps operations to routes: a request becomes a call, and its outcome becomes a response.</summary>
internal static class OperationRoutes
{
    /// <summary>Maps every operation of a feature.</summary>
    public static void Map(this IEndpointRouteBuilder routes, Feature feature)
    {
        var runner = routes.ServiceProvider.GetRequiredService<OperationRunner>();
        var mayAsk = routes.ServiceProvider.GetRequiredService<Settings>().Consent.For.Length > 0;
        foreach (var operation in routes.ServiceProvider.GetRequiredService<OperationList>().Of(feature))
        {
            RequestDelegate answer = operation switch
            {
                ReadOperation read => http => ReadAsync(http, runner, read),
                StreamOperation stream => http => StreamAsync(http, runner, stream),
                WriteOperation write => http => WriteAsync(http, runner, write),
                ActOperation act => http => ActAsync(http, runner, act),
                MessageOperation message => http => MessageAsync(http, message),
                _ => throw new InvalidOperationException($"No door knows how to carry out {operation.Name}."),
            };
            string[] methods = operation.Method == "GET" ? Routes.Read : [operation.Method];
            var route = routes.MapHandler(operation.Path, methods, answer).Named(operation.Name, operation.Summary).WithTags(feature.Tag);
            route.WithMetadata(operation, operation.Query);
            Describe(route, operation, mayAsk);
        }
    }

    private static void Describe(IEndpointConventionBuilder route, Operation operation, bool mayAsk)
    {
        // Where nothing waits for consent, no call is answered with 202, and clients that are generated from the document need not expect it.
        foreach (var (status, type) in operation.Answers.Where(answer => mayAsk || answer.Status != 202))
        {
            var contentType = operation is StreamOperation stream ? stream.ContentType.Split(';')[0] : "application/json";
            route.WithMetadata(new ProducesResponseTypeMetadata(status, type, [contentType]));
        }

        foreach (var status in operation.Refusals)
        {
            route.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ErrorBody), ["application/json"]));
        }

        if (operation is WriteOperation { Input: { } input })
        {
            route.WithMetadata(new AcceptsMetadata(["application/json"], input));
        }

        if (operation is MessageOperation message)
        {
            route.WithMetadata(new AcceptsMetadata([BodyReader.AnyType], message.Form)).Credential(CredentialUse.None);
        }

        if (operation.PerMinute is { } calls)
        {
            route.WithMetadata(CallLimit.PerMinute(calls));
        }

        if (operation.HoldsSecret)
        {
            route.WithMetadata(new HoldsSecret());
        }
    }

    private static async Task ReadAsync(HttpContext http, OperationRunner runner, ReadOperation operation)
    {
        var call = CallOf(http, operation);
        if (operation.Csv is not null)
        {
            http.Response.Headers.Vary = StringValues.Concat(http.Response.Headers.Vary, "Accept");
            if (CsvAnswer.IsAsked(http))
            {
                await CsvAnswer.WriteAsync(http, runner, operation, call);
                return;
            }
        }

        await JsonAnswer.WriteAsync(http, await runner.ReadAsync(operation, call));
    }

    private static async Task StreamAsync(HttpContext http, OperationRunner runner, StreamOperation operation)
    {
        var call = CallOf(http, operation) with { LastEventId = http.Request.Headers["Last-Event-ID"] };
        var write = await runner.StreamAsync(operation, call);
        http.Response.ContentType = operation.ContentType;

        // nginx would keep the events until its buffer is full.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        if (HttpMethods.IsHead(http.Request.Method))
        {
            return;
        }

        // The stream has a limit of its own for clients that do not read, which is logged.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        await http.Response.StartAsync(call.Cancel);
        await write(new StreamTarget(http.Response.BodyWriter, http.Abort));
    }

    private static async Task WriteAsync(HttpContext http, OperationRunner runner, WriteOperation operation)
    {
        runner.Demand(operation, Caller.Of(http));
        var call = CallOf(http, operation) with { IdempotencyKey = operation.IsRepeatable ? KeyOf(http) : null };
        call.Ignore(IgnoredNames.Of(http));
        var body = operation.Input is null ? default : await BodyReader.ReadAsync(http, operation.LargestBody);
        await WriteAsync(http, call, await operation.RunAsync(runner, call, body));
    }

    private static async Task ActAsync(HttpContext http, OperationRunner runner, ActOperation operation)
    {
        var call = CallOf(http, operation);
        await WriteAsync(http, call, await runner.ActAsync(operation, call));
    }

    private static async Task MessageAsync(HttpContext http, MessageOperation operation)
    {
        var call = CallOf(http, operation) with { Door = Door.Webhook };
        var body = await BodyReader.ReadMessageAsync(http, MessageOperation.LargestBody);
        var secret = http.Request.RouteValues[MessageOperation.SecretName] as string;
        await WriteAsync(http, call, await operation.RunAsync(call, new(body, http.Request.ContentType, http.Connection.RemoteIpAddress, secret)));
    }

    private static Task WriteAsync(HttpContext http, Call call, Outcome outcome)
    {
        http.Response.StatusCode = outcome.Status;
        IgnoredNames.Note(http, call.Ignored);
        if (outcome.Replayed)
        {
            http.Response.Headers["Idempotency-Replayed"] = "true";
            IgnoredNames.NoteKept(http, outcome.Json);
        }

        return JsonAnswer.WriteAsync(http, outcome.Json);
    }

    /// <summary>Returns the call that a request stands for.</summary>
    public static Call CallOf(HttpContext http) => new(Caller.Of(http), Door.Http, http.TraceIdentifier, http.RequestAborted)
    {
        Address = Caller.AddressOf(http.Connection.RemoteIpAddress),
    };

    private static Call CallOf(HttpContext http, Operation operation) => CallOf(http) with
    {
        Target = operation.TargetName is { } name ? http.Request.RouteValues[name] as string : null,
        Query = http.Request.QueryString is { HasValue: true, Value: var text } ? new(text, http.Request.Query) : default,
    };

    private static string? KeyOf(HttpContext http)
    {
        var header = http.Request.Headers[IdempotencyKey.Header];
        return header.Count switch { 0 => null, 1 => header[0] ?? "", _ => throw IdempotencyKey.Malformed() };
    }
}
