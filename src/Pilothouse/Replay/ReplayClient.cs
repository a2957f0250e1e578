using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Replay;

/// <summary>The result of a POST.</summary>
/// <param name="Existed">Whether the server already had the record and stored nothing new.</param>
/// <param name="IsHalted">Whether the circuit breaker let no trade pass.</param>
internal sealed record Posted(ServerAnswer Answer, bool Existed, bool IsHalted = false);

/// <summary>
/// Posts records, each with an Idempotency-Key, and reads the last report of a bot. If the server asks the client to wait (429, 503, or the
/// same request is still running), or a proxy in front has no answer from it (502, 504), it waits, prints that once, and tries again: the
/// key keeps a record from being stored twice. A refusal that waiting cannot fix is a
/// <see cref="ReplayFailure"/>.
/// </summary>
internal sealed class ReplayClient(HttpClient http, TimeProvider time, Action<string> tell)
{
    /// <summary>The longest time to retry one record.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>How long a server that has answered before may be away, as while it is started again.</summary>
    public static readonly TimeSpan LongestAway = TimeSpan.FromMinutes(1);

    /// <summary>The statuses that say that the same request may succeed later.</summary>
    private static readonly HttpStatusCode[] MayPass =
        [HttpStatusCode.TooManyRequests, HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable, HttpStatusCode.GatewayTimeout];

    /// <summary>The code of a trade that the circuit breaker does not let pass.</summary>
    public const string Halted = "breaker-triggered";

    private static readonly TimeSpan UnsaidWait = TimeSpan.FromSeconds(1);
    private bool told;
    private bool hasAnswered;
    private bool isAway;

    public async Task<Posted> PostAsync<T>(
        string path, string idempotencyKey, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, type);
        var reply = await AskAsync(Request, path, alsoGood: ["already-closed", Halted], cancellationToken);
        if (reply.Answer.Code == Halted)
        {
            return new Posted(reply.Answer, Existed: false, IsHalted: true);
        }

        // A close and what a bot says of a control always answer 200. A POST that creates a record answers 200 only if the record already
        // existed. 409: the trade was closed before.
        var wasThere = reply.Status == HttpStatusCode.OK ? body is not (CloseBody or ControlAckBody) : reply.Status == HttpStatusCode.Conflict;
        return new Posted(reply.Answer, Existed: wasThere || reply.IsReplayed);

        HttpRequestMessage Request()
        {
            var request = WithBody(HttpMethod.Post, path, json);
            request.Headers.Add("Idempotency-Key", idempotencyKey);
            return request;
        }
    }

    /// <summary>Returns the last report of a bot with this name; null if there is none.</summary>
    public async Task<BotReport?> FindLastReportAsync(string botName, CancellationToken cancellationToken)
    {
        const string Path = "/api/bot-status";
        var reply = await AskAsync(
            () => Below(HttpMethod.Get, $"{Path}?bot_name={Uri.EscapeDataString(botName)}"), Path, alsoGood: ["not-found"],
            cancellationToken);
        return reply.Status == HttpStatusCode.OK ? JsonSerializer.Deserialize(reply.Json, ReplayJson.Default.BotReportAnswer)?.Data : null;
    }

    /// <summary>Asks whether the circuit breaker lets the bot open trades. A server without one lets it.</summary>
    public async Task<bool> MayTradeAsync(string botName, string mode, CancellationToken cancellationToken)
    {
        const string Path = "/api/circuit-breaker";
        var reply = await AskAsync(
            () => Below(HttpMethod.Get, $"{Path}?bot_name={Uri.EscapeDataString(botName)}&mode={mode}"), Path, alsoGood: ["endpoint-not-found"],
            cancellationToken);
        return reply.Status != HttpStatusCode.OK || JsonSerializer.Deserialize(reply.Json, ReplayJson.Default.TradingAllowedAnswer)?.Data?.MayTrade != false;
    }

    /// <summary>Returns what is asked of the bot; null if the server does not know.</summary>
    public async Task<AskedOfBot?> FindOrdersAsync(string botName, CancellationToken cancellationToken)
    {
        var path = $"/api/bots/{Uri.EscapeDataString(botName)}/control";
        var reply = await AskAsync(() => Below(HttpMethod.Get, path), path, alsoGood: ["endpoint-not-found"], cancellationToken);
        return reply.Status == HttpStatusCode.OK ? JsonSerializer.Deserialize(reply.Json, ReplayJson.Default.AskedOfBotAnswer)?.Data : null;
    }

    /// <summary>Returns since when the prices of a model hold.</summary>
    public async Task<IReadOnlyList<DateTimeOffset>> FindPricesAsync(string model, CancellationToken cancellationToken)
    {
        const string Path = "/api/model-prices";
        var reply = await AskAsync(() => Below(HttpMethod.Get, $"{Path}?model={model}&limit=500"), Path, alsoGood: [], cancellationToken);
        return [.. (JsonSerializer.Deserialize(reply.Json, MindJson.Default.ModelPricesAnswer)?.Data ?? []).Select(static price => price.ValidFrom).OfType<DateTimeOffset>()];
    }

    /// <summary>Changes a record. A step that it has taken already, in an earlier run, is no failure.</summary>
    public async Task ChangeAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, type);
        await AskAsync(() => WithBody(HttpMethod.Patch, path, json), path, alsoGood: ["wrong-step"], cancellationToken);
    }

    /// <summary>Returns a request for a path below the server's address, which may have a path of its own.</summary>
    private static HttpRequestMessage Below(HttpMethod method, string path) => new(method, path.TrimStart('/'));

    private static HttpRequestMessage WithBody(HttpMethod method, string path, byte[] json)
    {
        var request = Below(method, path);
        request.Content = new ByteArrayContent(json);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return request;
    }

    /// <summary>
    /// Repeats the request until it succeeds or is refused with a code of <paramref name="alsoGood"/>, and waits if the server asks for
    /// that.
    /// </summary>
    private async Task<Reply> AskAsync(Func<HttpRequestMessage> make, string path, string[] alsoGood, CancellationToken cancellationToken)
    {
        var (waited, away) = (TimeSpan.Zero, TimeSpan.Zero);
        while (true)
        {
            using var request = make();
            using var response = await SendAsync(request, away, cancellationToken);
            if (response is null)
            {
                away += UnsaidWait;
                await Task.Delay(UnsaidWait, time, cancellationToken);
                continue;
            }

            var json = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            var answer = Read(response, json);
            if (response.IsSuccessStatusCode || alsoGood.Contains(answer.Code))
            {
                return new Reply(response.StatusCode, answer, json, IsReplayed(response));
            }

            if (WaitAskedBy(response, answer) is not { } wait)
            {
                throw Refusals.Explain(response, path, answer);
            }

            waited += wait;
            if (waited > Patience)
            {
                throw Refusals.TooBusy(response, wait);
            }

            TellOnce(response, wait);
            await Task.Delay(wait, time, cancellationToken);
        }
    }

    /// <summary>Sends a request.</summary>
    /// <param name="away">How long the server has been away already.</param>
    /// <returns>Null if the server is away now, and may soon be back. Sending again stores nothing twice.</returns>
    private async Task<HttpResponseMessage?> SendAsync(HttpRequestMessage request, TimeSpan away, CancellationToken cancellationToken)
    {
        try
        {
            var response = await http.SendAsync(request, cancellationToken);
            if (isAway)
            {
                tell("The server is back.");
            }

            (hasAnswered, isAway) = (true, false);
            return response;
        }
        catch (HttpRequestException error)
        {
            if (!hasAnswered || away >= LongestAway)
            {
                throw Refusals.Unreachable(http.BaseAddress, error.Message);
            }

            if (!isAway)
            {
                tell($"The server is away ({error.Message}): trying again for {LongestAway.TotalSeconds:0} s.");
            }

            isAway = true;
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Refusals.Unreachable(http.BaseAddress, $"no answer within {http.Timeout.TotalSeconds:0} seconds");
        }
    }

    private static ServerAnswer Read(HttpResponseMessage response, byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ReplayJson.Default.ServerAnswer) ?? throw Refusals.NotPilothouse(response);
        }
        catch (JsonException)
        {
            // The body is not JSON; it may be a proxy's error page. Waiting may help if the status says so, otherwise it cannot be
            // understood.
            return MayPass.Contains(response.StatusCode)
                ? new ServerAnswer(false, null, null, response.ReasonPhrase, null, null, null)
                : throw Refusals.NotPilothouse(response);
        }
    }

    private TimeSpan? WaitAskedBy(HttpResponseMessage response, ServerAnswer answer)
    {
        if (!MayPass.Contains(response.StatusCode) && answer.Code != "idempotency-in-progress")
        {
            return null;
        }

        var asked = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => UnsaidWait,
        };
        return asked > UnsaidWait ? asked : UnsaidWait;
    }

    private static bool IsReplayed(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Idempotency-Replayed", out var values) && values.Contains("true");

    private void TellOnce(HttpResponseMessage response, TimeSpan wait)
    {
        if (!told)
        {
            told = true;
            tell($"The server asks to wait ({(int)response.StatusCode}): trying again in {wait.TotalSeconds:0} s, and later without a message.");
        }
    }

    private sealed record Reply(HttpStatusCode Status, ServerAnswer Answer, byte[] Json, bool IsReplayed);
}
