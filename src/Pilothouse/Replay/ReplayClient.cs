using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Replay;

/// <summary>What came of a POST. <paramref name="Existed"/>: the server had it already and stored nothing new.</summary>
internal sealed record Posted(ServerAnswer Answer, bool Existed);

/// <summary>
/// Posts records with an API key and an idempotency key each, and asks what a bot reported last. Where the server asks to wait (429,
/// 503, or the same request still running) it waits, says so once, and asks again; what cannot be mended by waiting is a
/// <see cref="ReplayFailure"/>.
/// </summary>
internal sealed class ReplayClient(HttpClient http, TimeProvider time, Action<string> tell)
{
    /// <summary>The longest that one record is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan UnsaidWait = TimeSpan.FromSeconds(1);
    private bool told;

    public async Task<Posted> PostAsync<T>(
        string path, string idempotencyKey, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, type);
        var reply = await AskAsync(Request, path, alsoGood: "already-closed", cancellationToken);

        // A close answers 200 in any case; what creates a record answers 200 only where the record was there. 409 is a trade that was closed.
        var wasThere = reply.Status == HttpStatusCode.OK ? body is not CloseBody : reply.Status == HttpStatusCode.Conflict;
        return new Posted(reply.Answer, Existed: wasThere || reply.IsReplayed);

        HttpRequestMessage Request()
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(json) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Add("Idempotency-Key", idempotencyKey);
            return request;
        }
    }

    /// <summary>What a bot of this name reported last; null if it never did.</summary>
    public async Task<BotReport?> FindLastReportAsync(string botName, CancellationToken cancellationToken)
    {
        const string Path = "/api/bot-status";
        var reply = await AskAsync(
            () => new HttpRequestMessage(HttpMethod.Get, $"{Path}?bot_name={Uri.EscapeDataString(botName)}"), Path, alsoGood: "not-found",
            cancellationToken);
        return reply.Status == HttpStatusCode.OK ? JsonSerializer.Deserialize(reply.Json, ReplayJson.Default.BotReportAnswer)?.Data : null;
    }

    /// <summary>Asks until the answer is good or has the code <paramref name="alsoGood"/>; waits where the server asks for that.</summary>
    private async Task<Reply> AskAsync(Func<HttpRequestMessage> make, string path, string alsoGood, CancellationToken cancellationToken)
    {
        var waited = TimeSpan.Zero;
        while (true)
        {
            using var request = make();
            using var response = await SendAsync(request, cancellationToken);
            var json = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            var answer = Read(response, json);
            if (response.IsSuccessStatusCode || answer.Code == alsoGood)
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

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException error)
        {
            throw Refusals.Unreachable(http.BaseAddress, error.Message);
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
            // A proxy's page, perhaps. Waiting may help where the status says so; else there is nothing to understand.
            return response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
                ? new ServerAnswer(false, null, null, response.ReasonPhrase, null, null, null)
                : throw Refusals.NotPilothouse(response);
        }
    }

    private TimeSpan? WaitAskedBy(HttpResponseMessage response, ServerAnswer answer)
    {
        if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
            && answer.Code != "idempotency-in-progress")
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
            tell($"The server asks to wait ({(int)response.StatusCode}): going on in {wait.TotalSeconds:0} s, and so on without a word.");
        }
    }

    private sealed record Reply(HttpStatusCode Status, ServerAnswer Answer, byte[] Json, bool IsReplayed);
}
