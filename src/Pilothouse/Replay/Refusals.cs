using System.Net;

namespace Pilothouse.Replay;

/// <summary>A sentence for each way in which a server can refuse the replay, with what to do about it.</summary>
internal static class Refusals
{
    private const string MakeKey = "`pilothouse key create --name replay --scopes read,write`";
    private const string Resume = "Run the same command again to go on: what is stored already is not stored twice.";

    public static ReplayFailure Unreachable(Uri? server, string reason) => new(
        $"No answer from {server} ({reason}). Start a server with `pilothouse serve`, or name another with --server. {Resume}");

    public static ReplayFailure TooBusy(HttpResponseMessage response, TimeSpan wait) => new(
        $"The server still asks to wait ({(int)response.StatusCode}, another {wait.TotalSeconds:0} s) after {ReplayClient.Patience.TotalMinutes:0} minutes of waiting. "
        + $"Raise RATE_LIMIT_PER_KEY_PER_MINUTE if it answers 429, look at its log if it answers 503. {Resume}");

    public static ReplayFailure NotPilothouse(HttpResponseMessage response) => new(
        IsRedirect(response, out var target)
            ? $"The server redirects to {target}. Name that address with --server."
            : $"{response.RequestMessage?.RequestUri} answers {(int)response.StatusCode}, and not as Pilothouse does. Name the server's address, without a path, with --server.");

    public static ReplayFailure Explain(HttpResponseMessage response, string path, ServerAnswer answer)
    {
        var (said, method) = (Said(answer), response.RequestMessage?.Method);
        return response.StatusCode switch
        {
            _ when IsRedirect(response, out _) => NotPilothouse(response),
            HttpStatusCode.Unauthorized => new(
                $"The server does not know this API key ({said}). Make one on its machine with {MakeKey} and give it by --api-key or PILOTHOUSE_API_KEY."),
            HttpStatusCode.Forbidden when answer.Code == "wrong-bot" => new(
                $"This API key belongs to another bot ({said}). Give that bot's name by --bot-name, or make a key without one: {MakeKey}."),
            HttpStatusCode.Forbidden => new($"This API key may not do that ({said}). Make one that may read and write: {MakeKey}."),
            HttpStatusCode.Conflict when answer.Code == "idempotency-mismatch" => new(
                "In the last 24 hours a bot of this name replayed other data, or with other rules, or it was paused, stopped or refused by the circuit breaker in between and so did something else. "
                + "Replay the same data, or choose another --bot-name."),
            HttpStatusCode.BadRequest => new(
                $"The server finds a record wrong ({method} {path}: {said}). Replay and server are perhaps of different versions: update the older one."),
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => new(
                $"The server does not know {method} {path} ({said}). Name the address of a Pilothouse server of this version, without a path, with --server."),
            var status => new($"The server failed at {method} {path} with {(int)status}: {said}. Its log says more{RequestId(response)}. {Resume}"),
        };
    }

    private static string Said(ServerAnswer answer)
    {
        var parts = new[] { answer.Error, answer.Message }
            .Concat((answer.Details ?? []).Select(fault => $"{fault.Field} {fault.Message}"))
            .Where(part => !string.IsNullOrWhiteSpace(part));
        var said = string.Join("; ", parts).TrimEnd('.');
        return said.Length > 0 ? said : "without a reason";
    }

    private static string RequestId(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Request-Id", out var ids) ? $" (request {string.Join(", ", ids)})" : "";

    private static bool IsRedirect(HttpResponseMessage response, out Uri? target)
    {
        target = response.Headers.Location;
        return (int)response.StatusCode is >= 300 and < 400 && target is not null;
    }
}
