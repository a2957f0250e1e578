using System.Runtime.InteropServices;
using Pilothouse.Auth;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// The memory that large answers hold until their clients have read them: bounded for the whole server, apart for callers with a
/// credential and without, so that these cannot take what those need. One client has half of it at most. What is written in one piece is
/// not counted: the limits on connections bound that. One kept answer that goes to many is counted once, for the first.
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

    /// <summary>Bytes that are held now.</summary>
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

    /// <summary>Counts an answer until the result is disposed.</summary>
    /// <param name="caller">For whom it is.</param>
    /// <param name="answer">All of an array.</param>
    /// <param name="mustBeTold">The answer of a write: what was stored must be told, whatever it costs.</param>
    /// <exception cref="Refusal">Too much is held already.</exception>
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

            // Whoever has none yet gets one, and the first of all may be as large as it is.
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
