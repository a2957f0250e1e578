using System.Diagnostics.Metrics;

namespace Pilothouse.Http;

/// <summary>Counts attempts to log in by how they ended.</summary>
internal sealed class LoginMetrics
{
    /// <summary>The PIN was right.</summary>
    public const string Right = "right";

    /// <summary>The PIN was wrong.</summary>
    public const string Wrong = "wrong";

    /// <summary>The attempts of the client, or of everybody, were used up: the PIN was not looked at.</summary>
    public const string Refused = "refused";

    private readonly Counter<long> attempts;

    public LoginMetrics(IMeterFactory meters)
    {
        attempts = meters.Create("Pilothouse").CreateCounter<long>("pilothouse.logins", "{attempt}", "Attempts to log in by result: right, wrong, refused (the attempts were used up).");

        // From 0 on: a counter that begins with its first event hides that event from rate().
        foreach (var result in new[] { Right, Wrong, Refused })
        {
            attempts.Add(0, new KeyValuePair<string, object?>("result", result));
        }
    }

    public void Count(string result) => attempts.Add(1, new KeyValuePair<string, object?>("result", result));
}
