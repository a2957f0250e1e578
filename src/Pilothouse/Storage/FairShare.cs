namespace Pilothouse.Storage;

/// <summary>How long work that is not urgent pauses between two transactions: it uses a fifth of the time and leaves the rest to others.</summary>
internal static class FairShare
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>The pause after work that took so long, at most a second.</summary>
    public static TimeSpan RestAfter(TimeSpan took)
    {
        var rest = took * 4;
        return rest < Longest ? rest : Longest;
    }
}
