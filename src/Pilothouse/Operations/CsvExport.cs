using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>The form of a list as CSV: all rows that its filters let through, however many.</summary>
/// <param name="fileName">Under which name browsers save it.</param>
internal abstract class CsvExport(string fileName)
{
    /// <summary>Asks for the form of a list's answer; without it the Accept header does.</summary>
    public static readonly QueryParameter Format = QueryParameter.OneOf("format",
        "json or csv. CSV has all rows that the filters let through, without limit and cursor. Without it Accept: text/csv asks for CSV.", new Choices("json", "csv"));

    public string FileName => fileName;

    /// <summary>Returns the header and the lines, in parts of a few hundred rows, each of which is one short read.</summary>
    /// <exception cref="Refusal">A parameter is wrong. It is thrown before the first part.</exception>
    public abstract IAsyncEnumerable<ReadOnlyMemory<byte>> PartsAsync(Call call, QueryShape shape);
}

/// <inheritdoc/>
/// <param name="fileName">Under which name browsers save it.</param>
/// <param name="database">The database.</param>
/// <param name="row">The JSON form of a row.</param>
/// <param name="page">Returns a page of the list, of which it is told limit and cursor by the query.</param>
internal sealed class CsvExport<T>(string fileName, Database database, JsonTypeInfo<T> row, Func<Session, Call, QueryValues, ValueTask<Page<T>>> page)
    : CsvExport(fileName)
{
    private const string RowsOfPart = "500";

    private static readonly string[] OfPages = ["limit", "cursor"];

    private readonly CsvText<T> text = new(row);

    public override async IAsyncEnumerable<ReadOnlyMemory<byte>> PartsAsync(Call call, QueryShape shape)
    {
        var query = call.Query.Read(shape);
        QueryParameter? Named(string name) => shape.Parameters.FirstOrDefault(parameter => parameter.Name == name);
        if (Array.Find(OfPages, name => call.Query.Values?.ContainsKey(name) == true) is { } without)
        {
            throw Refusal.Invalid(without, "goes with JSON only; CSV has all rows of the filters");
        }

        if (Named("limit") is { } limit)
        {
            query.Take(limit, RowsOfPart);
        }

        // Each part is a read of its own: no snapshot is held for as long as the client takes.
        string? cursor = null;
        var isFirst = true;
        do
        {
            if (cursor is not null)
            {
                query.Take(Named("cursor")!, cursor);
            }

            var part = await database.SnapshotAsync(call.Caller.Reads, session => page(session, call, query), call.Cancel);
            yield return isFirst ? (byte[])[.. text.Header, .. text.Lines(part.Data)] : text.Lines(part.Data);
            (cursor, isFirst) = (part.NextCursor, false);
        }
        while (cursor is not null);
    }
}

/// <summary>Limits how many exports run at once. Those of callers without a credential never take the places of the others.</summary>
internal sealed class RunningExports
{
    public const int MostKnown = 8;
    public const int MostAnonymous = 2;

    private readonly Places known = new(MostKnown);
    private readonly Places anonymous = new(MostAnonymous);

    /// <summary>Takes a place until the result is disposed.</summary>
    /// <exception cref="Refusal">There is none (503).</exception>
    public IDisposable Begin(Call call) => (call.Caller.IsKnown ? known : anonymous).Take() ?? throw new Refusal(
        503, ErrorCodes.Overloaded, "Server overloaded", "Too many exports are on their way. Send this again in a moment.")
    { RetryAfterSeconds = 10 };

    private sealed class Places(int most)
    {
        private int taken;

        public IDisposable? Take()
        {
            if (Interlocked.Increment(ref taken) <= most)
            {
                return new Place(this);
            }

            Interlocked.Decrement(ref taken);
            return null;
        }

        private sealed class Place(Places places) : IDisposable
        {
            private int ended;

            public void Dispose()
            {
                if (Interlocked.Exchange(ref ended, 1) == 0)
                {
                    Interlocked.Decrement(ref places.taken);
                }
            }
        }
    }
}
