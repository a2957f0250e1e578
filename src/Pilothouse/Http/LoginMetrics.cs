using System.Diagnostics.Metrics;

namespace Pilothouse.Http;

/// <summary>Counts login attempts by their result.</summary>
internal sealed class LoginMetrics
{
    /// <summary>The PIN was right.</summary>
    public const string Right = "right";

    /// <summary>The PIN was wrong.</summary>
    public const string Wrong = "wrong";

    /// <summary>The attempts of the client, or of all clients together, were used up. The PIN was not compared.</summary>
    public const string Refused = "refused";

    private readonly Counter<long> attempts;

    public LoginMetrics(IMeterFactory meters)
    {
        attempts = meters.Create("Pilothouse").CreateCounter<long>("pilothouse.logins", "{attempt}", "Attempts to log in by result: right, wrong, refused (the attempts were used up).");

        // Each series starts at 0: rate() does not see the first event of a counter that only appears with that event.
        foreach (var result in new[] { Right, Wrong, Refused })
        {
            attempts.Add(0, new KeyValuePair<string, object?>("result", result));
        }
    }

    public void Count(string result) => attempts.Add(1, new KeyValuePair<string, object?>("result", result));
}
