using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Pilothouse.Tests.Fixtures;

/// <summary>An event of the live stream as a client reads it.</summary>
internal sealed record ReceivedEvent(long Id, string Name, JsonObject Data, long ReceivedAt);

/// <summary>A client of the live stream, by the rules of server-sent events in the HTML standard.</summary>
internal sealed class LiveStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly HttpResponseMessage response;
    private readonly StreamReader reader;
    private readonly List<string> comments = [];

    private LiveStream(HttpResponseMessage response, StreamReader reader) => (this.response, this.reader) = (response, reader);

    /// <summary>The comments that came so far.</summary>
    public IReadOnlyList<string> Comments => comments;

    /// <summary>The last id that was sent, which a browser sends back when it connects again.</summary>
    public string LastEventId { get; private set; } = "";

    public HttpResponseMessage Response => response;

    /// <summary>Opens a stream and waits for its head.</summary>
    public static async Task<LiveStream> OpenAsync(HttpClient client, string query = "", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/events" + query);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode} {(response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))}");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new(response, new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)));
    }

    /// <summary>Returns the next event; null if the stream has ended.</summary>
    public async Task<ReceivedEvent?> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var (name, data) = ("message", "");
        while (await reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.Length == 0 && data.Length > 0)
            {
                return new(long.Parse(LastEventId, CultureInfo.InvariantCulture), name, JsonNode.Parse(data)!.AsObject(), Stopwatch.GetTimestamp());
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (field, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..].TrimStart(' '));
            switch (field)
            {
                case "":
                    if (colon == 0)
                    {
                        comments.Add(value);
                    }

                    break;
                case "id":
                    LastEventId = value;
                    break;
                case "event":
                    name = value;
                    break;
                case "data":
                    data += value;
                    break;
                default:
                    break;
            }
        }

        return null;
    }

    /// <summary>Returns the next <paramref name="count"/> events.</summary>
    public async Task<List<ReceivedEvent>> NextAsync(int count)
    {
        var events = new List<ReceivedEvent>();
        while (events.Count < count)
        {
            events.Add(await NextAsync() ?? throw new InvalidOperationException($"The stream ended after {events.Count} of {count} events."));
        }

        return events;
    }

    public ValueTask DisposeAsync()
    {
        reader.Dispose();
        response.Dispose();
        return default;
    }
}
