using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>The answer with a page of a list, newest first.</summary>
internal sealed record Page<T>(bool Success, int Count, IReadOnlyList<T> Data, string? NextCursor);

/// <summary>The answer with one record.</summary>
internal sealed record One<T>(bool Success, T Data)
    where T : class;

/// <summary>The answer with a record, or with null if there is none.</summary>
internal sealed record OneOrNone<T>(bool Success, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] T? Data)
    where T : class;

/// <summary>
/// The list queries of one table, newest first by (time, id), with keyset pagination. One filter of a request, or one group of filters that
/// shares an index, leads: its condition is written so that the engine finds the rows in that index in the order of the list and never
/// sorts the table. The other filters form one more condition that always has the same text. So a list has a few dozen statements, made on
/// first use, and not one for each combination of filters; each connection keeps every statement that it has prepared.
/// </summary>
/// <param name="table">The table's name. Cursors contain it too.</param>
/// <param name="columns">The columns that <c>read</c> reads, in order, the id first.</param>
/// <param name="time">The time column that orders the list.</param>
/// <param name="filters">Each query parameter with its condition, which contains @parameter.</param>
internal sealed class ListSql(string table, string columns, string time, params (string Parameter, string Condition)[] filters)
{
    /// <summary>The list queries of a table, with the filters of its columns and some more.</summary>
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

    /// <summary>A condition without parameters that all these queries have; null for none.</summary>
    public string? Always { get; init; }

    /// <summary>
    /// The parameters for which there is an index, or groups of them separated by a space, the most selective first. By default each filter
    /// leads alone, in the order of declaration.
    /// </summary>
    public IReadOnlyList<string> Leaders
    {
        init => leaders = [.. value.Select(group => group.Split(' ').Sum(Bit))];
    }

    /// <summary>Every statement that a request can cause. A test checks their query plans.</summary>
    public IEnumerable<Sql> All() =>
        from leader in Enumerable.Range(0, leaders.Length + 1)
        from rest in HasRest(leader) ? new[] { 0, Rest } : [0]
        from bounds in Enumerable.Range(0, ListBounds.Kinds)
        select Compose(leader | rest | (bounds * FirstKind));

    /// <summary>Every statement that finds the edge of a walk; for the same test.</summary>
    public IEnumerable<Sql> AllEdges() =>
        from leader in Enumerable.Range(0, leaders.Length + 1)
        from bounds in Enumerable.Range(0, ListBounds.Kinds)
        select ComposeEdge(leader | (bounds * FirstKind));

    /// <summary>The indexes of groups, with their statements.</summary>
    public IReadOnlyList<ListGroups> GroupIndexes =>
        groups ??= [.. Groups.Select((names, i) => ToGroups(names.Split(' '), new string('-', i)))];

    /// <summary>The window, with its statements.</summary>
    public WindowReader? WindowReader => Window is null ? null
        : windowReader ??= new(Window, table, columns, TimeKey, RestBeside([Window.From, Window.To]));

    /// <summary>Reads one page.</summary>
    /// <param name="limit">The most records of the page, at least 1.</param>
    /// <param name="since">An earliest time in addition to from_date of the query.</param>
    public async ValueTask<Page<T>> PageAsync<T>(
        Session session, QueryValues query, int limit, Func<Row, T> read, DateTimeOffset? since = null)
    {
        var first = query.Time("from_date") is { } sent && !(sent < since) ? sent : since;
        var bounds = new ListBounds(
            first is { } start ? Timestamps.ToStored(start) : null,
            query.Time("to_date") is { } last ? Timestamps.ToStoredAfter(last) : null,
            query.Text("cursor") is { } cursor ? ListPosition.Parse(table, cursor) : null);
        var key = Choose(query);
        if ((key & Rest) != 0)
        {
            var page = new NewestRows<T>(limit, width, read);
            await ReadWideAsync(session, query, key, bounds, page);
            return page.ToPage(table);
        }

        // An engine may use only one upper bound for an index scan, so the query gets the nearer one of the two.
        to = after is not null && string.CompareOrdinal(after.TimeKey, to) < 0 ? null : to;
        var key = Choose(query) | (after is null ? 0 : After) | (from is null ? 0 : From) | (to is null ? 0 : To);
        var statement = session.Prepare(statements.GetOrAdd(key, Compose));
        Bind(statement, query, from, to, after);
        statement.Set("limit", limit + 1L);
        var rows = new List<T>(Math.Min(limit, 64));
        ListPosition? end = null;
        var more = false;
        await Walk(session, query, key, bounds).Set("limit", limit + 1L).EachAsync(row =>
        {
            // One more row than requested is read, to know whether there is a next page.
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
        var edge = await EdgeAsync(session, query, key, bounds);
        if (await page.AddAsync(Walk(session, query, key, bounds.NotBefore(edge)).Set("limit", page.Useful)) == page.Useful || edge is null)
        {
            return;
        }

        string? Sent(string filter) => query.Text(filter)
            ?? (ofWindow.Length > 0 && Window!.Implied.Parameter == filter ? Window.Implied.Value : null);
        string[] sent = [.. filters.Select(static filter => filter.Parameter).Where(query.Has).Except(ofWindow)];
        var index = GroupIndexes.FirstOrDefault(index => index.Has(sent));
        if (index is null || !await index.ReadAsync(session, Sent, bounds, statement => Bind(statement, query), page))
        {
            await page.AddAsync(Walk(session, query, key, bounds.NotBefore(page.Oldest)).Set("limit", page.Useful));
        }
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
        bounds.Bind(Bind(session.Prepare(statements.GetOrAdd(key | (bounds.Kind * FirstKind), Compose)), query));

    private ListGroups ToGroups(string[] names, string none) => new(
        table, columns, TimeKey, [.. names.Select(name => Array.Find(filters, filter => filter.Parameter == name))], none, RestBeside([]));

    /// <summary>What rows must fulfil beside the conditions of these filters. A parameter that was not sent is null.</summary>
    private string[] RestBeside(IEnumerable<string> names) =>
    [
        .. filters.ExceptBy(names, static filter => filter.Parameter)
            .Select(static filter => $"(@{filter.Parameter} IS NULL OR ({filter.Condition}))"),
        .. Always is null ? Array.Empty<string>() : [Always],
    ];

    private static IEnumerable<(string Parameter, string Condition)> FiltersOf(Table table) =>
        table.Columns.Where(static column => column.Filter is not null).OrderBy(static column => column.Selectivity).Select(static column => (column.Name, column.Condition));

    private int Bit(string parameter) => 1 << Array.FindIndex(filters, filter => filter.Parameter == parameter);

    /// <summary>
    /// Whether the statement of this leader needs a condition for the other filters. If every filter can lead, the one without a leader
    /// needs none.
    /// </summary>
    private bool HasRest(int leader) => leader == 0
        ? !filters.All(filter => leaders.Contains(Bit(filter.Parameter)))
        : int.PopCount(leaders[leader - 1]) < filters.Length;

    /// <summary>
    /// Returns the number of the leading filter among those that were sent, from 1 on (0 for none), and the flag Rest if others were sent.
    /// </summary>
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

    private Sql Compose(int key)
    {
        var leader = (key & (Rest - 1)) is var number and > 0 ? leaders[number - 1] : 0;
        var conditions = filters.Where((_, i) => (leader & (1 << i)) != 0).Select(static filter => filter.Condition).ToList();
        if ((key & Rest) != 0)
        {
            // A parameter that was not sent is null and lets every row through.
            var others = filters.Where((_, i) => (leader & (1 << i)) == 0);
            conditions.AddRange(others.Select(static filter => $"(@{filter.Parameter} IS NULL OR ({filter.Condition}))"));
        }

        if (Always is not null)
        {
            conditions.Add(Always);
        }

        if ((key & From) != 0)
        {
            conditions.Add($"{timeKey} >= @from_date");
        }

        if ((key & To) != 0)
        {
            conditions.Add($"{timeKey} < @to_date");
        }

        if ((key & After) != 0)
        {
            // The first half lets the engine use an index on the time expression: it does not look into row values for one.
            conditions.Add($"{timeKey} <= @after_time AND ({timeKey}, id) < (@after_time, @after_id)");
        }

        var where = conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", conditions);
        return new Sql($"SELECT {columns}, {timeKey} FROM {table}{where} ORDER BY {timeKey} DESC, id DESC LIMIT @limit");
    }

    /// <summary>The position where a page ended: the time in its sortable form, and the id.</summary>
    private sealed record Position(string TimeKey, long Id)
    {
        public string Text(string table) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{table}|{Id}|{TimeKey}")));

        public static Position Parse(string table, string cursor)
        {
            try
            {
                var parts = Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(cursor)).Split('|', 3);
                if (parts.Length == 3 && parts[0] == table && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && !parts[2].Contains('\0'))
                {
                    return new(parts[2], id);
                }
            }
            catch (FormatException)
            {
                // The text is not base64. It is refused below, like any other cursor that this server did not make.
            }

            throw new Refusal(400, ErrorCodes.InvalidCursor, "Invalid cursor", "Send the next_cursor of this same list, or leave cursor out to begin anew.");
        }
    }

    private List<(string Parameter, string Condition)> Leading(int key)
    {
        var leader = (key & (Rest - 1)) is var number and > 0 ? leaders[number - 1] : 0;
        return [.. filters.Where((_, i) => (leader & (1 << i)) != 0)];
    }

    private static string Where(string[] conditions) => conditions.Length == 0 ? "" : " WHERE " + string.Join(" AND ", conditions);
}
