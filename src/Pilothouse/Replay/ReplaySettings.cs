using System.Net.Http.Headers;

namespace Pilothouse.Replay;

/// <summary>
/// The options of the command. <paramref name="Speed"/> is null for full speed. With <paramref name="AsRecorded"/>, the candles keep their
/// own times; otherwise they are moved so that they end now.
/// </summary>
internal sealed record ReplaySettings(
    Uri Server, string ApiKey, IReadOnlyList<string> Paths, double? Speed, string BotName, bool AsRecorded)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Returns a client for the server that sends the API key.</summary>
    public HttpClient Connect()
    {
        var http = ServerOptions.Connect(Server, ApiKey, AnswerTimeout);
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("pilothouse-replay", null));
        return http;
    }
}
