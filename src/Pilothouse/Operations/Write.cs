using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>Whether a write leaves a row in the audit log.</summary>
internal enum Audited
{
    /// <summary>It touches money, rights or state: always.</summary>
    Always,

    /// <summary>A plain record, which bots post by the second: with AUDIT_RECORDS only.</summary>
    AsRecord,
}

/// <summary>An operation that stores or changes something.</summary>
internal abstract class WriteOperation : Operation
{
    protected WriteOperation(string name, string route, string summary)
        : base(name, route, summary) => Scope = Scopes.Write;

    /// <summary>The type of the body; null where it takes none.</summary>
    public abstract Type? Input { get; }

    /// <summary>In bytes.</summary>
    public virtual int LargestBody => BodyRules.Largest;

    public Audited Audited { get; init; }

    /// <summary>Whether a call with an Idempotency-Key is answered as the first one with that key was.</summary>
    public bool IsRepeatable => Method == "POST" && Input is not null && !HoldsSecret;

    public override IEnumerable<int> Refusals =>
        [400, 401, 403, .. TargetName is null ? Array.Empty<int>() : [404], 409, .. Input is null ? Array.Empty<int>() : [413, 415], 429, 503, 507];

    /// <summary>Carries it out by <paramref name="runner"/>.</summary>
    /// <param name="runner">The way of every operation.</param>
    /// <param name="call">Who calls, and how.</param>
    /// <param name="body">The body in JSON; empty where it takes none.</param>
    public abstract Task<Outcome> RunAsync(OperationRunner runner, Call call, ReadOnlyMemory<byte> body);
}

/// <summary>A write in one transaction.</summary>
/// <typeparam name="TInput">The body, <see cref="NoInput"/> for none.</typeparam>
/// <typeparam name="TAnswer">The answer.</typeparam>
/// <param name="name">Its name.</param>
/// <param name="route">Its method and path.</param>
/// <param name="summary">What it does, in a few words.</param>
/// <param name="input">How the body is read.</param>
/// <param name="output">How the answer is written.</param>
/// <param name="work">
/// Runs inside the transaction; a refusal thrown there undoes it. It may be run again in another transaction, so it has no effect but through
/// its session.
/// </param>
internal sealed class Write<TInput, TAnswer>(
    string name, string route, string summary, JsonTypeInfo<TInput> input, JsonTypeInfo<TAnswer> output, Func<Session, Call, TInput, ValueTask<Answer<TAnswer>>> work)
    : WriteOperation(name, route, summary)
    where TInput : class, IInput<TInput>
    where TAnswer : WriteAnswer
{
    public override Type? Input => typeof(TInput) == typeof(NoInput) ? null : typeof(TInput);

    /// <summary>201 where it makes something new, 200 where it changes something; both where a repetition is answered as such.</summary>
    public int[] Statuses { get; init; } = [201];

    public override IEnumerable<(int Status, Type Type)> Answers => Statuses.Select(static status => (status, typeof(TAnswer)));

    public JsonTypeInfo<TInput> Reads => input;

    /// <summary>The same for many records at once.</summary>
    public Batch<TInput, TAnswer> Batch(string name, string summary) => new(this, name, summary) { Audited = Audited, PerMinute = PerMinute };

    public ValueTask<Answer<TAnswer>> WorkAsync(Session session, Call call, TInput value) => work(session, call, value);

    public override Task<Outcome> RunAsync(OperationRunner runner, Call call, ReadOnlyMemory<byte> body) =>
        runner.WriteAsync(this, call, body, (json, now) => Parse(call, json.Span, now), output, WorkAsync);

    private TInput Parse(Call call, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (Input is null)
        {
            return (TInput)(object)NoInput.Value;
        }

        var value = InputReader.Parse(body, input, now, out var ignored);
        call.Ignore(ignored);
        return value;
    }
}

/// <summary>The body of an operation that takes none.</summary>
internal sealed record NoInput : IInput<NoInput>
{
    public static readonly NoInput Value = new();

    public static InputRules<NoInput> Rules { get; } = new();
}
