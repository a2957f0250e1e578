using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>
/// A window over a second time of the records of a list, which is not the time by which the list is ordered: when trades closed. A window
/// with few
/// records is read as a whole. For another, the list is walked through, but only where its records can lie: those that began and ended in
/// one month are between
/// the first month and the end of the window. The others are few; they have an index of their own.
/// </summary>
/// <param name="From">The filter with the first time, inclusive.</param>
/// <param name="To">The filter with the last time.</param>
/// <param name="Where">The condition of every record that has the second time.</param>
/// <param name="Key">The second time in its sortable form.</param>
/// <param name="Held">The condition of the index of those records whose second time is in another month than the first, or before
/// it.</param>
/// <param name="Implied">A filter, and its value for every record that has the second time.</param>
internal sealed record ListWindow(string From, string To, string Where, string Key, string Held, (string Parameter, string Value) Implied);

/// <summary>Reads the records of such a window.</summary>
internal sealed class WindowReader
{
    /// <summary>A window with at most this many records is read as a whole and sorted, which takes a millisecond or two.</summary>
    private const long Few = 1000;

    /// <summary>Two texts that sort before and after every time.</summary>
    private const string Earliest = "", Latest = "\uffff";

    /// <summary>The length of "2026-03", which sorts before all times of that month.</summary>
    private const int MonthLength = 7;

    private readonly ListWindow window;
    private readonly Sql more;
    private readonly Sql few;
    private readonly Sql[] held;

    /// <param name="window">The window.</param>
    /// <param name="table">The name of the table.</param>
    /// <param name="columns">The columns that are read.</param>
    /// <param name="timeKey">The expression of the time by which the list is ordered.</param>
    /// <param name="rest">The further conditions for rows.</param>
    public WindowReader(ListWindow window, string table, string columns, string timeKey, string[] rest)
    {
        this.window = window;
        var inside = $"{window.Key} >= @first AND {window.Key} < @end";
        var inOrder = $"FROM {table} WHERE {window.Where} AND {inside} ORDER BY {window.Key}";
        more = new Sql($"SELECT 1 {inOrder} LIMIT 1 OFFSET {Few}");

        // The order of the join, the order and limit inside, and the unindexed order outside keep the engine to the index of the window.
        few = new Sql($"""
            SELECT {columns}, {timeKey} FROM (SELECT id AS few_id {inOrder} LIMIT {Few}) AS few CROSS JOIN {table}
            WHERE {string.Join(" AND ", ["id = few_id", .. rest])}
              AND (@from_date IS NULL OR {timeKey} >= @from_date) AND (@to_date IS NULL OR {timeKey} < @to_date)
              AND (@after_time IS NULL OR ({timeKey}, id) < (@after_time, @after_id))
            ORDER BY unindexed:{timeKey} DESC, unindexed:id DESC LIMIT @limit
            """);
        held = [.. Enumerable.Range(0, ListBounds.Kinds).Select(kind => new Sql($"""
            SELECT {columns}, {timeKey} FROM {table}
            WHERE {string.Join(" AND ", [window.Held, inside, .. rest, .. ListBounds.Conditions(kind, timeKey)])}
            ORDER BY {timeKey} DESC, id DESC LIMIT @limit
            """))];
    }

    /// <summary>The statements, for the test of their query plans.</summary>
    public (Sql More, Sql Few, IEnumerable<Sql> Held) Statements => (more, few, held);

    public bool IsIn(QueryValues query) => query.Has(window.From) || query.Has(window.To);

    /// <summary>Reads the whole window if it has few records; returns false if it has more.</summary>
    public async ValueTask<bool> ReadFewAsync<T>(
        Session session, QueryValues query, ListBounds bounds, Func<Statement, Statement> bind, NewestRows<T> page)
    {
        if (await Bind(session.Prepare(more), query).AnyAsync())
        {
            return false;
        }

        await page.AddAsync(bind(Bind(session.Prepare(few), query)).SetKey("from_date", bounds.From).SetKey("to_date", bounds.To)
            .SetKey("after_time", bounds.After?.TimeKey).Set("after_id", bounds.After?.Id).Set("limit", page.Useful));
        return true;
    }

    /// <summary>Returns the bounds of the records that began and ended in one month.</summary>
    public ListBounds Around(QueryValues query, ListBounds bounds) => bounds.NotBefore(First(query)?[..MonthLength]).Before(End(query));

    /// <summary>Reads the other records, as far as they are newer than those of the page.</summary>
    public async ValueTask ReadHeldAsync<T>(
        Session session, QueryValues query, ListBounds bounds, Func<Statement, Statement> bind, NewestRows<T> page)
    {
        var part = bounds.NotBefore(page.Oldest);
        await page.AddAsync(bind(part.Bind(Bind(session.Prepare(held[part.Kind]), query))).Set("limit", page.Useful));
    }

    private string? First(QueryValues query) => query.Time(window.From) is { } time ? Timestamps.ToStored(time) : null;

    private string? End(QueryValues query) => query.Time(window.To) is { } time ? Timestamps.ToStoredAfter(time) : null;

    private Statement Bind(Statement statement, QueryValues query) =>
        statement.SetKey("first", First(query) ?? Earliest).SetKey("end", End(query) ?? Latest);
}
