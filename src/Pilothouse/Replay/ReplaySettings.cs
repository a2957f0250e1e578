using System.Net.Http.Headers;

namespace Pilothouse.Replay;

/// <summary>
/// What the command line asked for. <paramref name="Speed"/> null is full speed; <paramref name="AsRecorded"/> leaves the candles their
/// own times instead of letting them end now.
/// </summary>
internal sealed record ReplaySettings(
    Uri Server, string ApiKey, IReadOnlyList<string> Paths, double? Speed, string BotName, bool AsRecorded)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>A client for the server that sends the key. It follows no redirect: that would lose the key on the way.</summary>
    public HttpClient Connect()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = !Server.IsLoopback };
        var http = new HttpClient(handler) { BaseAddress = Server, Timeout = AnswerTimeout };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiKey);
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("pilothouse-replay", null));
        return http;
    }
}
