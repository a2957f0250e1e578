using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Webhooks;

/// <summary>What a message became.</summary>
/// <param name="Outcome">One of <see cref="Outcomes"/>, but not refused.</param>
/// <param name="Message">The same in a sentence.</param>
/// <param name="RecordTable">The table of the record that it became or was before; null for none.</param>
/// <param name="Identity">By which a repetition is known; null for none.</param>
internal sealed record Taken(string Outcome, string Message, string? RecordTable = null, long? RecordId = null, MessageIdentity? Identity = null)
{
    /// <summary>What to do after the commit.</summary>
    public Action? Then { get; init; }
}

/// <summary>Understands the messages of one kind of program, and carries them out by the operations of other features.</summary>
internal abstract class MessageReceiver
{
    /// <summary>One of <see cref="WebhookKinds"/>.</summary>
    public abstract string Kind { get; }

    /// <summary>Carries out a message in the transaction of <paramref name="session"/>.</summary>
    /// <exception cref="Refusal">It cannot be understood, or an operation refuses it.</exception>
    public abstract ValueTask<Taken> TakeAsync(Session session, Call call, Webhook hook, MessageText message);
}
