using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>
/// The credentials that were found valid in the running transaction. Its writes share the answer, because only they can change it before
/// the commit; one that ends a credential makes the next ones look again.
/// </summary>
internal sealed class CheckedCredentials : CommitState
{
    /// <summary>The checks of API keys, as these were when their requests began, and of the ids of sessions' tokens.</summary>
    private readonly Dictionary<(SealedKey? Key, string? TokenId), SharedWork> checks = [];

    /// <summary>Runs the check of a credential, unless another write of the transaction has begun it. It throws a refusal.</summary>
    public static ValueTask CheckAsync(Session session, Caller caller, Func<Session, Caller, ValueTask> check)
    {
        var checks = Of(session).checks;
        if (!checks.TryGetValue((caller.Key, caller.TokenId), out var known))
        {
            checks.Add((caller.Key, caller.TokenId), known = new());
        }

        return known.RunAsync(() => check(session, caller));
    }

    /// <summary>Called after a credential was ended or changed.</summary>
    public static void Forget(Session session) => Of(session).checks.Clear();

    private static CheckedCredentials Of(Session session) => session.Commit.Of(static () => new CheckedCredentials());
}
