using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>
/// The credentials that were found valid in the running transaction. Its writes share the answer, because only they can change it before
/// the commit; one that ends a credential makes the next ones look again.
/// </summary>
internal sealed class CheckedCredentials : CommitState
{
    /// <summary>API keys as they were when their requests began, and the ids of sessions' tokens.</summary>
    private readonly HashSet<(SealedKey? Key, string? TokenId)> valid = [];

    public static bool Has(Session session, Caller caller) => Of(session).valid.Contains((caller.Key, caller.TokenId));

    public static void Add(Session session, Caller caller) => Of(session).valid.Add((caller.Key, caller.TokenId));

    /// <summary>Called after a credential was ended or changed.</summary>
    public static void Forget(Session session) => Of(session).valid.Clear();

    private static CheckedCredentials Of(Session session) => session.Commit.Of(static () => new CheckedCredentials());
}
