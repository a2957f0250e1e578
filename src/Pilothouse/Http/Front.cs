using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Operations;

namespace Pilothouse.Http;

/// <summary>
/// What happens to every request before and after everything else: the request id, the security headers, the check of host and address, the
/// one shape of errors, and the log line. <see cref="Gate"/> comes later, behind CORS.
/// </summary>
internal sealed partial class Front(RequestDelegate next, Settings settings, ServedHosts hosts, RequestLog log, RequestMetrics metrics, ILogger<Front> logger)
{
    /// <summary>The content security policy of everything but the pages that /docs needs: a browser must not render or run it.</summary>
    private const string DataPolicy = "default-src 'none'; frame-ancestors 'none'";

    public async Task InvokeAsync(HttpContext http)
    {
        var started = Stopwatch.GetTimestamp();
        SetHeaders(http);
        RequestFailure failure = default;
        try
        {
            CheckDoor(http);
            await next(http);
            failure = ExplainEmptyAnswer(http) is { } refusal ? await AnswerAsync(http, refusal) : ToolCallNote.Of(http)?.Failure ?? default;
        }
        catch (Exception error)
        {
            failure = await AnswerFailureAsync(http, error);
        }

        metrics.Count(http, started);
        log.Write(http, Caller.Of(http).Name, started, failure);
    }

    private static void SetHeaders(HttpContext http)
    {
        var sent = http.Request.Headers["X-Request-Id"];
        http.TraceIdentifier = sent.Count == 1 && RequestIds.IsGood(sent[0]!) ? sent[0]! : RequestIds.Next();
        var headers = http.Response.Headers;
        headers["X-Request-Id"] = http.TraceIdentifier;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";

        // Pages of allowed origins use CORS, and this header does not concern them. No other page may load an answer at all.
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = DataPolicy;
        headers.CacheControl = "no-store";
    }

    private void CheckDoor(HttpContext http)
    {
        Framing.Check(http);
        if (!hosts.Serves(http.Request.Host.Host))
        {
            throw new Refusal(403, ErrorCodes.HostNotAllowed, "Host not allowed", "Add this host name to ALLOWED_HOSTS if it is this server's.") { LogReason = $"Host: {http.Request.Host.Value}" };
        }

        if (settings.IpAllowlist.Length > 0 && !settings.IsOwn(http))
        {
            throw new Refusal(403, ErrorCodes.AddressNotAllowed, "Address not allowed", "Add this client's address to IP_ALLOWLIST if it may connect; behind a proxy, name the proxy in TRUSTED_PROXIES.");
        }

        HttpsOnly.Check(http, settings);
    }

    /// <summary>
    /// Turns the bare status with which routing answers an unknown path or method into a refusal; null for every other answer.
    /// </summary>
    private static Refusal? ExplainEmptyAnswer(HttpContext http)
    {
        var response = http.Response;
        return response.HasStarted || response.StatusCode < 400 || response.ContentType is not null ? null : response.StatusCode switch
        {
            404 => new Refusal(404, ErrorCodes.EndpointNotFound, "Endpoint not found", "GET /docs lists every endpoint."),
            405 => new Refusal(405, ErrorCodes.MethodNotAllowed, "Method not allowed", "The Allow header names the methods of this path."),
            415 => new Refusal(415, ErrorCodes.UnsupportedMediaType, "Unsupported media type", "Send the body as JSON, with Content-Type: application/json."),
            var status => new Refusal(status, ErrorCodes.BadRequest, "Bad request", "The request could not be understood; GET /docs shows its form."),
        };
    }

    private async Task<RequestFailure> AnswerFailureAsync(HttpContext http, Exception error)
    {
        if (IsGone(http, error))
        {
            // The client is gone, so this status is only for the log. A stream of HTTP/2 may end after its answer has begun.
            if (!http.Response.HasStarted)
            {
                http.Response.StatusCode = 499;
            }

            return default;
        }

        if (http.Response.HasStarted)
        {
            BrokenOff(logger, http.TraceIdentifier, error);
            http.Abort();
            return default;
        }

        return await AnswerAsync(http, Translate(http, error));
    }

    /// <summary>Whether the client has gone away. The exception can say so before RequestAborted does.</summary>
    private static bool IsGone(HttpContext http, Exception error) =>
        error is ConnectionAbortedException or ConnectionResetException or OperationCanceledException { InnerException: ConnectionAbortedException or ConnectionResetException }
        || (http.RequestAborted.IsCancellationRequested && error is OperationCanceledException or IOException);

    private Refusal Translate(HttpContext http, Exception error) => error switch
    {
        BadHttpRequestException { StatusCode: 413 } => BodyRules.TooLarge(BodyRules.Largest),
        BadHttpRequestException bad => new(bad.StatusCode, ErrorCodes.BadRequest, "Bad request", "The request could not be read to its end."),
        _ => KnownFailures.RefusalOf(error, http.TraceIdentifier, logger),
    };

    private async Task<RequestFailure> AnswerAsync(HttpContext http, Refusal refusal)
    {
        metrics.CountRefusal(refusal.Code);
        http.Response.StatusCode = refusal.Status;
        if (refusal.RetryAfterSeconds is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (refusal.Status == 401)
        {
            http.Response.Headers.WWWAuthenticate = Routes.IsMcp(http) ? ProtectedResource.Challenge(http) : "Bearer";
        }

        await JsonAnswer.WriteAsync(http, refusal.Body, ContractJson.Default.ErrorBody);
        return new(refusal.Code, refusal.LogReason);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed after its answer had begun; the connection was closed")]
    private static partial void BrokenOff(ILogger logger, string requestId, Exception error);
}

/// <summary>
/// Finds out who calls, counts the request in its limits, checks where it comes from, and whether it may read without a credential. It
/// stands behind CORS, because a browser's preflight carries no credential and must not use up limits, and because a page of an allowed
/// origin must be able to read a refusal.
/// </summary>
internal sealed class Gate(RequestDelegate next, Settings settings, Credentials credentials, LimitHeaders limits)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.Request.Path.StartsWithSegments("/health"))
        {
            // /health is open to everybody and has no limit. It must answer even if the database, which holds the API keys, does not.
            await next(http);
            return;
        }

        var isMcp = Routes.IsMcp(http);
        var caller = await credentials.FindAsync(http, Caller.Anonymous(http));
        if (isMcp && caller.ByCookie)
        {
            // A browser attaches the cookie by itself, and an agent has no use for it.
            caller = Caller.Anonymous(http);
        }

        http.Features.Set(caller);
        await limits.CountAsync(http, http.GetEndpoint(), caller);
        if (isMcp)
        {
            credentials.CheckMcpOrigin(http);
        }

        credentials.CheckOrigin(http, caller);
        // A message of another program brings a secret of its own, which its operation looks at.
        if (settings.RequireAuthForReads == true && http.GetEndpoint()?.Metadata.GetMetadata<MessageOperation>() is null && (isMcp || (http.Request.Path.StartsWithSegments("/api") && !http.Request.Path.StartsWithSegments("/api/auth"))))
        {
            caller.Require(NeededBy(http));
        }

        await next(http);
    }

    /// <summary>
    /// Returns the scope that the request needs before its endpoint runs. Writes, and reads of keys and backups, check their own scope in
    /// the endpoint (docs/api.md names it per route); for these, and for an unknown path, any valid credential is enough here.
    /// </summary>
    private static Scopes NeededBy(HttpContext http) =>
        (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))
        && http.GetEndpoint() is RouteEndpoint route && route.Metadata.GetMetadata<Operation>() is null or { Scope: Scopes.None }
            ? Scopes.Read
            : Scopes.None;
}

/// <summary>The host names that this server answers to. A web page must not reach it under a name of its own (DNS rebinding).</summary>
internal sealed class ServedHosts(Settings settings)
{
    private readonly bool any = settings.AllowedHosts.Contains("*");
    private readonly HashSet<string> names = new([.. settings.AllowedHosts, "localhost", "127.0.0.1", "[::1]", "::1", settings.Host, $"[{settings.Host}]"], StringComparer.OrdinalIgnoreCase);

    public bool Serves(string host) => any || names.Contains(host);
}

/// <summary>The id of a request: the client's own X-Request-Id if it is well-formed, else a new one.</summary>
internal static class RequestIds
{
    private static readonly ulong Start = BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));
    private static long count;

    /// <summary>Returns a new id, unique in this process and very probably beyond it.</summary>
    public static string Next() => (Start + (ulong)Interlocked.Increment(ref count)).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    public static bool IsGood(string id)
    {
        foreach (var c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return id.Length is > 0 and <= 64;
    }
}
