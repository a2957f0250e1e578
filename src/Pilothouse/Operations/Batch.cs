using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>The body of a batch for the OpenAPI document. The real body is read item by item.</summary>
internal sealed record BatchOf<TInput>(IReadOnlyList<TInput> Items);

/// <summary>The answer to a batch.</summary>
/// <param name="Count">How many records it stored.</param>
/// <param name="StoredBefore">How many items an earlier request had stored already, as their external ids show.</param>
/// <param name="Ids">The id of each item's record, in the order of the items.</param>
internal sealed record BatchStored(bool Success, string Message, int Count, int StoredBefore, IReadOnlyList<long> Ids) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BatchStored))]
[JsonSerializable(typeof(BatchChange))]
internal sealed partial class BatchJson : JsonSerializerContext;

/// <summary>What the audit log keeps of a batch.</summary>
internal sealed record BatchChange(int Count, IReadOnlyList<long> Ids);

/// <summary>
/// The same write for many records in one transaction: either all are stored or none. A refusal names the item, such as
/// <c>items[17].price</c>.
/// </summary>
/// <param name="one">The write that is done for each item.</param>
/// <param name="name">Its name.</param>
/// <param name="summary">What it does, in a few words.</param>
internal class Batch<TInput, TAnswer>(Write<TInput, TAnswer> one, string name, string summary) : WriteOperation(name, $"POST {one.Path}/batch", summary)
    where TInput : class, IInput<TInput>
    where TAnswer : WriteAnswer
{
    private const int MostErrors = 100;

    /// <summary>For the OpenAPI document.</summary>
    public static readonly InputRules<BatchOf<TInput>> Rules = new InputRules<BatchOf<TInput>>().Items("items", BatchItems.Most);

    public override Type? Input => typeof(BatchOf<TInput>);

    public override bool AsksOneByOne => true;

    public override int LargestBody => BodyRules.LargestBatch;

    public override IEnumerable<(int Status, Type Type)> Answers => [(201, typeof(BatchStored))];

    public override Task<Outcome> RunAsync(OperationRunner runner, Call call, ReadOnlyMemory<byte> body) =>
        runner.WriteAsync(this, call, body, (json, now) => Parse(call, json.Span, now), BatchJson.Default.BatchStored, WorkAsync,
            consents: one.Consents is { } consents ? new(items => items.SelectMany(consents.Words), static (_, _, _) => default) : null);

    /// <summary>Reads and checks the items.</summary>
    protected List<TInput> Parse(Call call, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var items = new List<TInput>();
        var ignoredByAny = new Dictionary<string, string>();
        List<FieldError>? errors = null;
        var ranges = BatchItems.Of(body, out var ignored);
        foreach (var range in ranges)
        {
            var index = items.Count;
            try
            {
                items.Add(InputReader.Parse(body[range], one.Reads, now, out var names));
                foreach (var field in names ?? [])
                {
                    ignoredByAny.TryAdd(field, BatchItems.NameOf(index, field));
                }
            }
            catch (Refusal refusal) when (refusal.Details is not null)
            {
                items.Add(null!);
                (errors ??= []).AddRange(BatchItems.About(index, refusal).Details!);
                if (errors.Count >= MostErrors)
                {
                    break;
                }
            }
        }

        call.Ignore([.. ignored ?? [], .. ignoredByAny.Values]);
        return errors is null ? items : throw Refusal.Invalid(errors);
    }

    /// <summary>
    /// Begins the work of all items. Plain records do not depend on each other, so an engine that pays for each round trip may send the
    /// statements of all of them at once. It ends at an item that is refused before it has sent anything.
    /// </summary>
    private List<Task<Answer<TAnswer>>> Begin(Session session, Call call, List<TInput> items)
    {
        var begun = new List<Task<Answer<TAnswer>>>(items.Count);
        for (var i = 0; i < items.Count && (i == 0 || !begun[^1].IsFaulted); i++)
        {
            begun.Add(one.WorkAsync(session, call, items[i]).AsTask());
        }

        return begun;
    }

    /// <summary>Stores the items in the transaction of <paramref name="session"/>.</summary>
    protected async ValueTask<Answer<BatchStored>> WorkAsync(Session session, Call call, List<TInput> items)
    {
        var ids = new long[items.Count];
        Changed? changed = null;
        var stored = 0;
        Action? then = null;
        var together = one.Together is { } work ? await work(session, call, items) : null;
        var begun = one.Audited == Audited.AsRecord ? Begin(session, call, items) : [];
        for (var i = 0; i < items.Count; i++)
        {
            try
            {
                var answer = together is not null ? together[i] : i < begun.Count ? await begun[i] : await one.WorkAsync(session, call, items[i]);
                ids[i] = answer.Id ?? 0;
                stored += answer.Changed is null ? 0 : 1;
                changed ??= answer.Changed;
                then += answer.Then;
            }
            catch (Refusal refusal)
            {
                throw BatchItems.About(i, refusal);
            }
        }

        var body = new BatchStored(true, stored == 1 ? "1 record stored" : $"{stored} records stored", stored, items.Count - stored, ids);
        return new Answer<BatchStored>(201, body)
        {
            Then = then,
            Changed = changed is null ? null : new(changed.Table, null, null, _ => new(JsonText.Of(new BatchChange(stored, ids), BatchJson.Default.BatchChange))),
        };
    }
}

/// <summary>The items of a batch's body.</summary>
internal static class BatchItems
{
    public const int Most = 5000;

    private const string Field = "items";

    /// <summary>Returns the range of bytes of each item in the body.</summary>
    /// <exception cref="Refusal">The body is not <c>{"items":[{...}, ...]}</c>.</exception>
    public static List<Range> Of(ReadOnlySpan<byte> body, out IReadOnlyList<string>? ignored)
    {
        var items = new List<Range>();
        List<string>? others = null;
        var reader = InputReader.Begin(body);
        var found = false;
        var start = -1;
        try
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                if (name != Field)
                {
                    Add(ref others, name);
                    reader.Skip();
                    continue;
                }

                if (found || reader.TokenType != JsonTokenType.StartArray)
                {
                    throw Refusal.Invalid(Field, found ? "is there twice" : "must be a list of objects");
                }

                found = true;
                ReadItems(ref reader, items, ref start);
            }

            while (reader.Read())
            {
                // Text behind the object is an error that the JSON reader throws.
            }
        }
        catch (JsonException error)
        {
            throw (start < 0 ? null : Explain(body[start..], items.Count)) ?? InputReader.NotJson(error);
        }
        catch (InvalidOperationException)
        {
            throw InputReader.HalfPair();
        }

        ignored = others;
        return items.Count > 0 ? items : throw Refusal.Invalid(Field, found ? "must have at least one item" : InputRules.IsRequired);
    }

    public static string NameOf(int index, string field) => field is "body" ? $"{Field}[{index}]" : $"{Field}[{index}].{field}";

    /// <summary>Turns the refusal of one item into one of the batch that names the item.</summary>
    public static Refusal About(int index, Refusal refusal) => refusal.Details is { } details
        ? refusal.With($"{Field}[{index}]: {refusal.Message}", [.. details.Select(detail => detail with { Field = NameOf(index, detail.Field) })])
        : refusal.With($"{Field}[{index}]: {refusal.Message}", [new FieldError($"{Field}[{index}]", refusal.Error)]);

    private static void ReadItems(ref Utf8JsonReader reader, List<Range> items, ref int start)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Refusal.Invalid(NameOf(items.Count, "body"), "must be an object");
            }

            if (items.Count == Most)
            {
                throw Refusal.Invalid(Field, $"must have at most {Most} items");
            }

            start = (int)reader.TokenStartIndex;
            reader.Skip();
            items.Add(start..(int)reader.BytesConsumed);
        }
    }

    /// <summary>Returns a refusal that names the field whose JSON is wrong in an item; null if the field cannot be told.</summary>
    private static Refusal? Explain(ReadOnlySpan<byte> item, int index)
    {
        try
        {
            InputReader.DemandForm(item);
            return null;
        }
        catch (Refusal refusal) when (refusal.Details is not null)
        {
            return About(index, refusal);
        }
        catch (Refusal)
        {
            return null;
        }
    }

    private static void Add(ref List<string>? others, string name)
    {
        if (NearName.Find(name, [Field]) is { } meant)
        {
            throw Refusal.Invalid(InputNames.Shown(name), $"is not a field here; the right name is {meant}");
        }

        (others ??= []).Add(InputNames.Shown(name));
    }
}
