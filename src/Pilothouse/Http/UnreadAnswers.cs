using System.Runtime.InteropServices;
using Pilothouse.Auth;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// Limits the memory that large answers hold until their clients have read them. There is one limit for callers with a credential and one
/// for those without, so that strangers cannot take the memory that known callers need; a single client gets at most half. Answers that are
/// written in one piece are not counted, as the limit on connections bounds them. A kept answer that goes to many clients is counted once,
/// for the first of them.
/// </summary>
internal sealed class UnreadAnswers
{
    public const long MostAnonymous = 32 << 20;
    public const long MostKnown = 64 << 20;

    private readonly Lock gate = new();
    private readonly Dictionary<byte[], Held> held = [];
    private readonly Dictionary<string, long> byClient = [];
    private long anonymous;
    private long known;

    /// <summary>The bytes that are held now.</summary>
    public long Bytes
    {
        get
        {
            lock (gate)
            {
                return anonymous + known;
            }
        }
    }

    /// <summary>Counts an answer as held until the result is disposed.</summary>
    /// <param name="caller">The caller that gets the answer.</param>
    /// <param name="answer">The whole array of the answer.</param>
    /// <param name="mustBeTold">True for the answer of a write: the client must learn what was stored, so it is never refused.</param>
    /// <exception cref="Refusal">Too much memory is held already (503).</exception>
    public IDisposable Hold(Caller caller, ReadOnlyMemory<byte> answer, bool mustBeTold)
    {
        MemoryMarshal.TryGetArray(answer, out var whole);
        lock (gate)
        {
            if (held.TryGetValue(whole.Array!, out var same))
            {
                same.Readers++;
                return same;
            }

            // A client that holds nothing yet gets one answer, and the very first answer may be of any size.
            var (all, most) = caller.IsKnown ? (known, MostKnown) : (anonymous, MostAnonymous);
            var mine = byClient.GetValueOrDefault(caller.Client);
            var isTooMuch = (all > 0 && all + answer.Length > most) || (mine > 0 && mine + answer.Length > most / 2);
            if (isTooMuch && !mustBeTold)
            {
                throw new Refusal(503, ErrorCodes.Overloaded, "Server overloaded",
                    "Too many large answers are on their way and were not read yet. Read those that you asked for, or ask for less (limit), "
                    + "and send this again.")
                { RetryAfterSeconds = 5 };
            }

            Count(caller, answer.Length);
            return held[whole.Array!] = new Held(this, caller, whole.Array!) { Readers = 1 };
        }
    }

    private void Count(Caller caller, long bytes)
    {
        (caller.IsKnown ? ref known : ref anonymous) += bytes;
        var mine = byClient.GetValueOrDefault(caller.Client) + bytes;
        if (mine > 0)
        {
            byClient[caller.Client] = mine;
        }
        else
        {
            byClient.Remove(caller.Client);
        }
    }

    private void Release(Held one)
    {
        lock (gate)
        {
            if (--one.Readers == 0)
            {
                held.Remove(one.Answer);
                Count(one.Caller, -one.Answer.Length);
            }
        }
    }

    private sealed class Held(UnreadAnswers answers, Caller caller, byte[] answer) : IDisposable
    {
        public Caller Caller { get; } = caller;

        public byte[] Answer { get; } = answer;

        public int Readers { get; set; }

        public void Dispose() => answers.Release(this);
    }
}
