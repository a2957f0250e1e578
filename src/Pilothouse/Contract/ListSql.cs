using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>The answer with a list: newest first.</summary>
internal sealed record Page<T>(bool Success, int Count, IReadOnlyList<T> Data, string? NextCursor);

/// <summary>The answer with one record.</summary>
internal sealed record One<T>(bool Success, T Data)
    where T : class;

/// <summary>The answer with a record or, in its place, null.</summary>
internal sealed record OneOrNone<T>(bool Success, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] T? Data)
    where T : class;

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
internal sealed class ListSql(string table, string columns, string time, params (string Parameter, string Condition)[] filters)
{
    /// <summary>The lists of a table, by the filters of its columns and some more.</summary>
    public ListSql(Table table, params IEnumerable<(string Parameter, string Condition)> more)
        : this(table.Name, table.Selection, table.Time, [.. FiltersOf(table), .. more])
    {
    }

    private const int Rest = 1 << 8;
    private const int After = 1 << 9;
    private const int From = 1 << 10;
    private const int To = 1 << 11;
    private readonly string timeKey = $"time_key({time})";
    private readonly int width = columns.Count(static c => c == ',') + 1;
    private readonly ConcurrentDictionary<int, Sql> statements = new();
    private int[] leaders = [.. filters.Select(static (_, i) => 1 << i)];

    /// <summary>A condition that every one of these lists has, without parameters.</summary>
    public string? Always { get; init; }

    /// <summary>
    /// Parameters, or groups of them with a space between, for which there is an index, the most selective first; without this every
    /// filter by itself, in the order of their declaration.
    /// </summary>
    public IReadOnlyList<string> Leaders
    {
        init => leaders = [.. value.Select(group => group.Split(' ').Sum(Bit))];
    }

    /// <summary>Every statement that some request makes; for the test that looks at their query plans.</summary>
    public IEnumerable<Sql> All() =>
        from leader in Enumerable.Range(0, leaders.Length + 1)
        from rest in HasRest(leader) ? new[] { 0, Rest } : [0]
        from bounds in new[] { 0, After, From, To, After | From, After | To, From | To, After | From | To }
        select Compose(leader | rest | bounds);

    /// <summary>One page.</summary>
    /// <param name="limit">At least 1.</param>
    /// <param name="since">A first time beside the query's from_date.</param>
    public async ValueTask<Page<T>> PageAsync<T>(
        Session session, QueryValues query, int limit, Func<Row, T> read, DateTimeOffset? since = null)
    {
        var after = query.Text("cursor") is { } cursor ? Position.Parse(table, cursor) : null;
        var first = query.Time("from_date") is { } sent && !(sent < since) ? sent : since;
        var from = first is { } start ? Timestamps.ToStored(start) : null;
        var to = query.Time("to_date") is { } last ? Timestamps.ToStoredAfter(last) : null;

        // An engine may take only one upper bound to an index: it gets the nearer one.
        to = after is not null && string.CompareOrdinal(after.TimeKey, to) < 0 ? null : to;
        var key = Choose(query) | (after is null ? 0 : After) | (from is null ? 0 : From) | (to is null ? 0 : To);
        var statement = session.Prepare(statements.GetOrAdd(key, Compose));
        Bind(statement, query, from, to, after);
        statement.Set("limit", limit + 1L);
        var rows = new List<T>(Math.Min(limit, 64));
        Position? end = null;
        var more = false;
        await statement.EachAsync(row =>
        {
            // One row more than asked for is read, to know whether there is a next page.
            more = rows.Count == limit;
            if (!more)
            {
                rows.Add(read(row));
                end = rows.Count == limit ? new Position(row.Text(width) ?? "", row.Id(0)) : null;
            }
        });
        return new(true, rows.Count, rows, more ? end!.Text(table) : null);
    }

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

    private void Bind(Statement statement, QueryValues query, string? from, string? to, Position? after)
    {
        foreach (var (parameter, _) in filters)
        {
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

        if (from is not null)
        {
            statement.Set("from_date", from);
        }

        if (to is not null)
        {
            statement.Set("to_date", to);
        }

        if (after is not null)
        {
            statement.Set("after_time", after.TimeKey).Set("after_id", after.Id);
        }
    }

    private Sql Compose(int key)
    {
        var leader = (key & (Rest - 1)) is var number and > 0 ? leaders[number - 1] : 0;
        var conditions = filters.Where((_, i) => (leader & (1 << i)) != 0).Select(static filter => filter.Condition).ToList();
        if ((key & Rest) != 0)
        {
            // A parameter that was not sent is null.
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
            // The first half is what the engine finds in an index on an expression; it does not look inside row values for one.
            conditions.Add($"{timeKey} <= @after_time AND ({timeKey}, id) < (@after_time, @after_id)");
        }

        var where = conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", conditions);
        return new Sql($"SELECT {columns}, {timeKey} FROM {table}{where} ORDER BY {timeKey} DESC, id DESC LIMIT @limit");
    }

    /// <summary>Where a page ended: the stored time as it sorts, and the id.</summary>
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
                // Not base64: refused like any other text that we did not make.
            }

            throw new Refusal(400, ErrorCodes.InvalidCursor, "Invalid cursor", "Send the next_cursor of this same list, or leave cursor out to begin anew.");
        }
    }
}
