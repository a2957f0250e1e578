using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Serilog.Events;

namespace Pilothouse.Monitoring;

/// <summary>
/// What the web server itself would log as an error though a client alone brought it about: one that goes away, resets its streams, or speaks no
/// HTTP. Anybody could fill the log with it. What is known to be such is left out; anything else that the web server says is written once in ten
/// minutes for each kind.
/// </summary>
internal sealed class ConnectionNoise(TimeProvider clock)
{
    private const string WebServer = "Microsoft.AspNetCore.";
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMinutes(10);

    /// <summary>Parts of the web server's sentences.</summary>
    private static readonly string[] Known =
    [
        "automatic draining of the request body failed", "Connection processing ended abnormally", "exceeded the output operations maximum queue size",
        "exceeded the output flow control maximum queue size", "received an unexpected", "ENHANCE_YOUR_CALM",
    ];

    /// <summary>The web server's own sentences: there are some dozens, so this stays small.</summary>
    private readonly ConcurrentDictionary<string, DateTimeOffset> written = new();

    /// <summary>Whether a line is to be left out.</summary>
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
