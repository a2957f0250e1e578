using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Replay;

/// <summary>What came of a POST. <paramref name="Existed"/>: the server had it already and stored nothing new.</summary>
internal sealed record Posted(ServerAnswer Answer, bool Existed);

/// <summary>
/// Posts records with an API key and an idempotency key each. Where the server asks to wait (429, 503, or the same request still
/// running) it waits, says so once, and posts again; what cannot be mended by waiting is a <see cref="ReplayFailure"/>.
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
        var waited = TimeSpan.Zero;
        while (true)
        {
            using var response = await SendAsync(path, idempotencyKey, json, cancellationToken);
            var answer = await ReadAsync(response, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                // A close answers 200 in any case; what creates a record answers 200 only where the record was there.
                var wasThere = response.StatusCode == HttpStatusCode.OK && body is not CloseBody;
                return new Posted(answer, Existed: wasThere || IsReplayed(response));
            }

            if (answer.Code == "already-closed")
            {
                return new Posted(answer, Existed: true);
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

    private async Task<HttpResponseMessage> SendAsync(
        string path, string idempotencyKey, byte[] json, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(json) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("Idempotency-Key", idempotencyKey);
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

    private static async Task<ServerAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return JsonSerializer.Deserialize(bytes, ReplayJson.Default.ServerAnswer) ?? throw Refusals.NotPilothouse(response);
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
}
