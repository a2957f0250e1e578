using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>Whether a write leaves a row in the audit log.</summary>
internal enum Audited
{
    /// <summary>Always: it changes money, rights or state.</summary>
    Always,

    /// <summary>Only with AUDIT_RECORDS: it stores a plain record, which bots post every second.</summary>
    AsRecord,
}

/// <summary>An operation that stores or changes something.</summary>
internal abstract class WriteOperation : Operation
{
    protected WriteOperation(string name, string route, string summary)
        : base(name, route, summary) => Scope = Scopes.Write;

    /// <summary>The type of the body; null if it takes none.</summary>
    public abstract Type? Input { get; }

    /// <summary>The JSON type of the body, where the body is one record; else null.</summary>
    public virtual JsonTypeInfo? Record => null;

    /// <summary>The largest body, in bytes.</summary>
    public virtual int LargestBody => BodyRules.Largest;

    public Audited Audited { get; init; }

    /// <summary>Whether it has many records, of which each would have to wait for consent by itself.</summary>
    public virtual bool AsksOneByOne => false;

    /// <summary>Whether a repeated call with the same Idempotency-Key gets the answer of the first one.</summary>
    public bool IsRepeatable => Method == "POST" && Input is not null && !HoldsSecret;

    public override IEnumerable<int> Refusals =>
        [400, 401, 403, .. TargetName is null ? Array.Empty<int>() : [404], 409, .. Input is null ? Array.Empty<int>() : [413, 415], 429, 503, 507];

    /// <summary>Carries it out with <paramref name="runner"/>.</summary>
    /// <param name="runner">Runs the steps that every operation has.</param>
    /// <param name="call">The call.</param>
    /// <param name="body">The body in JSON; empty if it takes none.</param>
    public abstract Task<Outcome> RunAsync(OperationRunner runner, Call call, ReadOnlyMemory<byte> body);
}

/// <summary>A write in one transaction.</summary>
/// <typeparam name="TInput">The type of the body; <see cref="NoInput"/> for none.</typeparam>
/// <typeparam name="TAnswer">The type of the answer.</typeparam>
/// <param name="name">Its name.</param>
/// <param name="route">Its method and path.</param>
/// <param name="summary">What it does, in a few words.</param>
/// <param name="input">The JSON type of the body.</param>
/// <param name="output">The JSON type of the answer.</param>
/// <param name="work">Runs inside the transaction. A refusal that it throws rolls the transaction back. It may be run again in another
/// transaction, so it must have no effect except through its session.</param>
internal sealed class Write<TInput, TAnswer>(
    string name, string route, string summary, JsonTypeInfo<TInput> input, JsonTypeInfo<TAnswer> output, Func<Session, Call, TInput, ValueTask<Answer<TAnswer>>> work)
    : WriteOperation(name, route, summary)
    where TInput : class, IInput<TInput>
    where TAnswer : WriteAnswer
{
    public override Type? Input => typeof(TInput) == typeof(NoInput) ? null : typeof(TInput);

    /// <summary>
    /// The statuses of success: 201 if it makes something new, 200 if it changes something; both if a repetition is answered with 200.
    /// </summary>
    public int[] Statuses { get; init; } = [201];

    /// <summary>
    /// Does the work of a batch at once, where the items depend on each other, and returns the answer of each. A refusal that it throws names
    /// the item. Null if each item is work of its own.
    /// </summary>
    public Func<Session, Call, IReadOnlyList<TInput>, ValueTask<List<Answer<TAnswer>>>>? Together { get; init; }

    /// <summary>
    /// Reads what the work needs before the transaction begins, where that takes so long that other writes should not wait for it. It keeps what
    /// it found in the input. Null if there is nothing to prepare.
    /// </summary>
    public Func<Call, TInput, ValueTask>? Prepare { get; init; }

    /// <summary>What consent an agent may need for it; null if it never needs one.</summary>
    public ConsentRule<TInput>? Consents { get; init; }

    public override IEnumerable<(int Status, Type Type)> Answers =>
        [.. Statuses.Select(static status => (status, typeof(TAnswer))), .. Consents is null ? Array.Empty<(int, Type)>() : [(202, typeof(ConsentAsked))]];

    public override JsonTypeInfo? Record => Input is null ? null : input;

    public JsonTypeInfo<TInput> Reads => input;

    public JsonTypeInfo<TAnswer> Writes => output;

    /// <summary>The rules of the body. They are made with the operation, so that the OpenAPI document has them from the first request on.</summary>
    public InputRules<TInput> Rules { get; } = TInput.Rules;

    /// <summary>Returns the same write for many records at once.</summary>
    public Batch<TInput, TAnswer> Batch(string name, string summary) => new(this, name, summary) { Audited = Audited, PerMinute = PerMinute };

    public ValueTask<Answer<TAnswer>> WorkAsync(Session session, Call call, TInput value) => work(session, call, value);

    public override Task<Outcome> RunAsync(OperationRunner runner, Call call, ReadOnlyMemory<byte> body) =>
        runner.WriteAsync(this, call, body, (json, now) => Parse(call, json.Span, now), output, WorkAsync, Prepare, Consents);

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
