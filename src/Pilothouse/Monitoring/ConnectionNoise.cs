using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Serilog.Events;

namespace Pilothouse.Monitoring;

/// <summary>
/// Keeps the log free of errors that the web server logs although only a client caused them: one that goes away, resets its streams, or
/// does not speak HTTP. Anybody could fill the log with these. Known lines of this kind are dropped; of all other lines of the web server,
/// each kind is written at most once in ten minutes.
/// </summary>
internal sealed class ConnectionNoise(TimeProvider clock)
{
    private const string WebServer = "Microsoft.AspNetCore.";
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMinutes(10);

    /// <summary>Parts of the web server's messages that are known to be caused by clients.</summary>
    private static readonly string[] Known =
    [
        "automatic draining of the request body failed", "Connection processing ended abnormally", "exceeded the output operations maximum queue size",
        "exceeded the output flow control maximum queue size", "received an unexpected", "ENHANCE_YOUR_CALM",
    ];

    /// <summary>When each message of the web server was last written. There are some dozens of them, so this stays small.</summary>
    private readonly ConcurrentDictionary<string, DateTimeOffset> written = new();

    /// <summary>Whether the log must leave out this line.</summary>
    public bool Excludes(LogEvent line) =>
        line.Level >= LogEventLevel.Warning
        && line.Properties.TryGetValue("SourceContext", out var source) && source is ScalarValue { Value: string category } && category.StartsWith(WebServer, StringComparison.Ordinal)
        && (IsOfAClient(line) || !IsFirstForAWhile(line.MessageTemplate.Text));

    private static bool IsOfAClient(LogEvent line) =>
        line.Exception is ConnectionAbortedException or ConnectionResetException || Array.Exists(Known, known => line.MessageTemplate.Text.Contains(known, StringComparison.Ordinal));

    private bool IsFirstForAWhile(string sentence)
    {
        var now = clock.GetUtcNow();
        if (written.TryGetValue(sentence, out var last) && (now - last).Duration() < WriteEvery)
        {
            return false;
        }

        written[sentence] = now;
        return true;
    }
}
