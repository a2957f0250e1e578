using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Pilothouse.Configuration;
using Pilothouse.Contract;

namespace Pilothouse.Alerts;

/// <summary>What a target said.</summary>
/// <param name="Problem">Why it did not take the alert; null if it did.</param>
/// <param name="Wait">For how long it asked us to wait; null if it did not.</param>
/// <param name="IsFinal">Whether the same alert will hardly ever be taken.</param>
internal readonly record struct PostResult(string? Problem, TimeSpan? Wait, bool IsFinal);

/// <summary>Sends alerts to targets.</summary>
internal sealed class AlertPost(AlertSettings settings, AlertTargets targets, TimeProvider clock) : IDisposable
{
    /// <summary>How long a target may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>So much of what a target says is read, in bytes; a refusal is short.</summary>
    private const int LongestSaid = 4096;

    private readonly HttpClient client = PublicAddresses.MakeClient(settings.MayBePrivate, Timeout);

    public async Task<PostResult> SendAsync(AlertTarget target, Alert alert, CancellationToken cancel)
    {
        try
        {
            if (target is MailTarget mail)
            {
                using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                late.CancelAfter(Timeout);
                return await AlertMail.SendAsync(settings, mail.Address, alert, Said, late.Token);
            }

            using var request = ((HttpTarget)target).Make(alert, clock.GetUtcNow());
            // The status says whether the alert was taken; of what a target says beside it only a refusal is read.
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            return answer.IsSuccessStatusCode ? default : await RefusalAsync(answer, cancel);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new(string.Create(CultureInfo.InvariantCulture, $"It did not answer within {Timeout.TotalSeconds} seconds."), null, false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or System.Net.Sockets.SocketException or UriFormatException or InvalidOperationException)
        {
            // The message of the library names the host at most. The address has the secret in its path, and is taken out all the same.
            return new($"It could not be reached: {Said(error.InnerException?.Message ?? error.Message)}", null, false);
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<PostResult> RefusalAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        var body = await SaidAsync(answer, cancel);
        var status = (int)answer.StatusCode;
        var wait = answer.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - clock.GetUtcNow() : WaitIn(body);
        var said = status is >= 300 and < 400 ? "it redirects, which is not followed" : Said(body);
        return new(
            string.Create(CultureInfo.InvariantCulture, $"It answered {status}{(said.Length > 0 ? $": {said}" : "")}."),
            wait is { } asked && asked > TimeSpan.Zero ? asked < LongestWait ? asked : LongestWait : null,
            answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity);
    }

    /// <summary>Returns the begin of what a target says; nothing where that cannot be read. Its status is known by then.</summary>
    private static async Task<string> SaidAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        var buffer = new byte[LongestSaid];
        var count = 0;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        late.CancelAfter(Timeout);
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(late.Token);
            count = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, late.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            // What it refused with stays unknown.
        }

        return Encoding.UTF8.GetString(buffer, 0, count);
    }

    /// <summary>Telegram and Discord also say in the body how many seconds to wait.</summary>
    private static TimeSpan? WaitIn(string body)
    {
        try
        {
            var json = JsonElement.Parse(body);
            var place = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("parameters", out var parameters) ? parameters : json;
            return place.ValueKind == JsonValueKind.Object && place.TryGetProperty("retry_after", out var seconds) && seconds.ValueKind == JsonValueKind.Number && seconds.TryGetDouble(out var value) ? TimeSpan.FromSeconds(Math.Clamp(value, 0, 86_400)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Said(string text) => PrintableText.Of(targets.Without(text.Length > 200 ? text[..200] + "..." : text)).TrimEnd('.');
}
