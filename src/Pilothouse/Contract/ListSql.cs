using System.Collections.Concurrent;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>
/// The lists of one table, newest first by (time, id), page after page by keyset. Of the filters of a request one, or one group that
/// shares an index, leads: it is written so that the engine finds its rows in that index, in the order of the list, and never sorts the
/// table. The others are one more condition, always of the same form. So a list has a few dozen statements, made on first use, and
/// not one for each combination of its filters: each connection keeps every statement that it ever ran.
/// </summary>
/// <param name="table">Its name, which also marks its cursors.</param>
/// <param name="columns">What <c>read</c> reads, in order: the id first.</param>
/// <param name="time">The column of the time by which it is ordered.</param>
/// <param name="filters">Query parameter and its condition, which names @parameter.</param>
internal sealed partial class ListSql(string table, string columns, string time, params (string Parameter, string Condition)[] filters)
{
    /// <summary>The lists of a table, by the filters of its columns and some more.</summary>
    public ListSql(Table table, params IEnumerable<(string Parameter, string Condition)> more)
        : this(table.Name, table.Selection, table.Time, [.. FiltersOf(table), .. more])
    {
    }

    private const int Rest = 1 << 8;
    private const int FirstKind = 1 << 9;

    /// <summary>So far a list is walked through for what fits, before its groups are looked at.</summary>
    private const long LongWalk = 500;

    private readonly int width = columns.Count(static c => c == ',') + 1;
    private readonly ConcurrentDictionary<int, Sql> statements = new();
    private readonly ConcurrentDictionary<int, Sql> edges = new();
    private int[] leaders = [.. filters.Select(static (_, i) => 1 << i)];
    private ListGroups[]? groups;
    private WindowReader? windowReader;

    /// <summary>The expression by which it is ordered; another one where the server alone writes the table.</summary>
    public string TimeKey { get; init; } = $"time_key({time})";

    /// <summary>A condition that every one of these lists has, without parameters.</summary>
    public string? Always { get; init; }

    /// <summary>A column with the time from which a row is not listed any more; null if rows are listed for ever. The query has the time of the request.</summary>
    public string? Expires { get; init; }

    /// <summary>
    /// Parameters, or groups of them with a space between, for which there is an index, the most selective first; without this every
    /// filter by itself, in the order of their declaration.
    /// </summary>
    public IReadOnlyList<string> Leaders
    {
        init => leaders = [.. value.Select(group => group.Split(' ').Sum(Bit))];
    }

    /// <summary>
    /// Filters with a space between, in the order of an index that has the time behind them; the first that has all filters of a request
    /// serves
    /// it, where too few rows fit. In the place of NULL the first has an empty text, the second one dash, and so on. See <see
    /// cref="ListGroups"/>.
    /// </summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>
    /// Whether an index has the time in front. Without one, a list without filters is made from the groups too, where there are not
    /// thousands of them.
    /// </summary>
    public bool HasTimeIndex { get; init; } = true;

    /// <summary>Two filters that are a window over another time.</summary>
    public ListWindow? Window { get; init; }

    /// <summary>The indexes of groups, with their statements.</summary>
    public IReadOnlyList<ListGroups> GroupIndexes =>
        groups ??= [.. Groups.Select((names, i) => ToGroups(names.Split(' '), new string('-', i)))];

    /// <summary>The window, with its statements.</summary>
    public WindowReader? WindowReader => Window is null ? null
        : windowReader ??= new(Window, table, columns, TimeKey, RestBeside([Window.From, Window.To]));

    /// <summary>One page.</summary>
    /// <param name="session">A snapshot, where more than one filter may be sent: such a page is put together from several
    /// statements.</param>
    /// <param name="query">The filters, the cursor and the first and last time.</param>
    /// <param name="limit">At least 1.</param>
    /// <param name="read">Reads a record.</param>
    /// <param name="since">A first time beside the query's from_date.</param>
    public async ValueTask<Page<T>> PageAsync<T>(
        Session session, QueryValues query, int limit, Func<Row, T> read, DateTimeOffset? since = null)
    {
        var first = query.Time("from_date") is { } sent && !(sent < since) ? sent : since;
        var bounds = new ListBounds(
            first is { } start ? Timestamps.ToStored(start) : null,
            query.Time("to_date") is { } last ? Timestamps.ToStoredAfter(last) : null,
            query.Text("cursor") is { } cursor ? ListPosition.Parse(table, cursor) : null);
        var key = Choose(query);
        if ((key & Rest) != 0 || MustSort(key))
        {
            var page = new NewestRows<T>(limit, width, read);
            await ReadWideAsync(session, query, key, bounds, page);
            return page.ToPage(table);
        }

        var rows = new List<T>(Math.Min(limit, 64));
        ListPosition? end = null;
        var more = false;
        await Walk(session, query, key, bounds).Set("limit", limit + 1L).EachAsync(row =>
        {
            // One row more than asked for is read, to know whether there is a next page.
            more = rows.Count == limit;
            if (!more)
            {
                rows.Add(read(row));
                end = rows.Count == limit ? new ListPosition(row.Text(width) ?? "", row.Id(0)) : null;
            }
        });
        return new(true, rows.Count, rows, more ? end!.Text(table) : null);
    }

    /// <summary>
    /// Rows that several filters let through. Mostly they are among the newest that the leader lets through. Where they are not, what does
    /// not
    /// fit is not looked through: the groups that fit are read.
    /// </summary>
    private async ValueTask ReadWideAsync<T>(Session session, QueryValues query, int key, ListBounds bounds, NewestRows<T> page)
    {
        if (Window is null || !WindowReader!.IsIn(query))
        {
            await ReadWideAsync(session, query, key, bounds, page, []);
            return;
        }

        string[] ofWindow = [Window.From, Window.To];
        Statement BindRest(Statement statement) => Bind(statement, query, ofWindow);
        if (!await WindowReader.ReadFewAsync(session, query, bounds, BindRest, page))
        {
            await ReadWideAsync(session, query, key, WindowReader.Around(query, bounds), page, ofWindow);
            await WindowReader.ReadHeldAsync(session, query, bounds, BindRest, page);
        }
    }

    /// <param name="session">A snapshot.</param>
    /// <param name="query">The filters.</param>
    /// <param name="key">The leader.</param>
    /// <param name="bounds">Between which times.</param>
    /// <param name="page">Takes the rows.</param>
    /// <param name="ofWindow">The filters of the window, if that is asked for.</param>
    private async ValueTask ReadWideAsync<T>(
        Session session, QueryValues query, int key, ListBounds bounds, NewestRows<T> page, string[] ofWindow)
    {
        if (!MustSort(key) && await WalkShortAsync(session, query, key, bounds, page))
        {
            return;
        }

        string? Sent(string filter) => query.Text(filter)
            ?? (ofWindow.Length > 0 && Window!.Implied.Parameter == filter ? Window.Implied.Value : null);
        string[] sent = [.. filters.Select(static filter => filter.Parameter).Where(query.Has).Except(ofWindow)];
        var index = GroupIndexes.FirstOrDefault(index => index.Has(sent));
        if (index is null || !await index.ReadAsync(session, Sent, bounds, statement => BindRows(statement, query), page))
        {
            await page.AddAsync(Walk(session, query, key, bounds.NotBefore(page.Oldest)).Set("limit", page.Useful));
        }
    }

    /// <summary>Whether a walk would have to sort the table, because no filter leads and no index has the time in front.</summary>
    private bool MustSort(int key) => (key & ~Rest) == 0 && !HasTimeIndex;

    /// <summary>Adds what fits among the newest rows that the leader lets through.</summary>
    /// <returns>Whether the page is full or there are no other rows.</returns>
    private async ValueTask<bool> WalkShortAsync<T>(Session session, QueryValues query, int key, ListBounds bounds, NewestRows<T> page)
    {
        var edge = await EdgeAsync(session, query, key, bounds);
        return await page.AddAsync(Walk(session, query, key, bounds.NotBefore(edge)).Set("limit", page.Useful)) == page.Useful || edge is null;
    }

    /// <summary>The time of the row up to which a walk is short; null where all that the leader lets through are few.</summary>
    private ValueTask<string?> EdgeAsync(Session session, QueryValues query, int key, ListBounds bounds)
    {
        var leader = key & ~Rest;
        var sql = edges.GetOrAdd(leader | (bounds.Kind * FirstKind), ComposeEdge);
        string[] others = [.. filters.Where((_, i) => leader == 0 || (leaders[leader - 1] & (1 << i)) == 0)
            .Select(static filter => filter.Parameter)];
        return bounds.Bind(Bind(session.Prepare(sql), query, others)).FirstAsync(static row => row.Text(0));
    }

    private Statement Walk(Session session, QueryValues query, int key, ListBounds bounds) =>
        bounds.Bind(BindRows(session.Prepare(statements.GetOrAdd(key | (bounds.Kind * FirstKind), Compose)), query));

    private static IEnumerable<(string Parameter, string Condition)> FiltersOf(Table table) =>
        table.Columns.Where(static column => column.Filter is not null).OrderBy(static column => column.Selectivity).Select(static column => (column.Name, column.Condition));

    private int Bit(string parameter) => 1 << Array.FindIndex(filters, filter => filter.Parameter == parameter);

    /// <summary>Whether there are filters beside that leader; where all of them can lead, one of those that are sent does.</summary>
    private bool HasRest(int leader) => leader == 0
        ? !filters.All(filter => leaders.Contains(Bit(filter.Parameter)))
        : int.PopCount(leaders[leader - 1]) < filters.Length;

    /// <summary>The number of the leader among the filters that were sent, from 1 on, and whether there are others.</summary>
    private int Choose(QueryValues query)
    {
        var sent = 0;
        for (var i = 0; i < filters.Length; i++)
        {
            sent |= query.Has(filters[i].Parameter) ? 1 << i : 0;
        }

        var leader = 0;
        while (sent != 0 && leader < leaders.Length && (leaders[leader] & sent) != leaders[leader])
        {
            leader++;
        }

        return sent == 0 ? 0 : leader == leaders.Length ? Rest : (leader + 1) | ((sent & ~leaders[leader]) == 0 ? 0 : Rest);
    }

    /// <summary>
    /// Gives the values of the filters that were sent to a statement that has them, but for those <paramref name="without"/>.
    /// </summary>
    private Statement Bind(Statement statement, QueryValues query, string[]? without = null)
    {
        foreach (var (parameter, _) in filters)
        {
            if (without?.Contains(parameter) == true)
            {
                continue;
            }

            if (query.Time(parameter) is { } time)
            {
                statement.Set(parameter, parameter.EndsWith("_to", StringComparison.Ordinal) ? Timestamps.ToStoredAfter(time) : Timestamps.ToStored(time));
            }
            else if (query.Text(parameter) is { } text)
            {
                statement.Set(parameter, text);
            }
            else if (query.Number(parameter) is { } number)
            {
                statement.Set(parameter, (long?)number);
            }
            else if (query.Money(parameter) is { } money)
            {
                statement.Set(parameter, (decimal?)money);
            }
        }

        return statement;
    }
}
