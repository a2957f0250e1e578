using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>
/// An index that begins with the columns of several filters and ends with the time. The rows that have the same values in all of these
/// columns are a group, which lies in the index in the order of the list. A list with any of these filters is made by merging the groups
/// that fit: a filter that was not sent has every value that the index holds there, and each is found by one look into the index. So two
/// filters that are common, and rare or old together, need no walk through what does not fit.
/// </summary>
internal sealed class ListGroups
{
    /// <summary>The most index look-ups for a page. If more are needed, scanning the rows is as fast.</summary>
    private const int MostLooks = 6000;

    private static readonly string[] Numbers = [.. Enumerable.Range(0, 16).Select(static i => $"group{i}")];

    private readonly string[] names;
    private readonly Sql[] first;
    private readonly Sql[] next;
    private readonly Sql[] newest;
    private readonly Sql[] rows;

    /// <param name="table">The name of the table.</param>
    /// <param name="columns">The columns that are read.</param>
    /// <param name="timeKey">The expression of the time by which the list is ordered.</param>
    /// <param name="filters">The filters in the order of the index. The condition of each compares an expression with one value.</param>
    /// <param name="none">
    /// What the index has in the place of NULL. Each index of a table has something else there: so no other index has its expressions, and
    /// the engine can only take this one, whatever the statistics say.
    /// </param>
    /// <param name="rest">All that rows must fulfil: where a value is <paramref name="none"/>, a group also has rows that do not
    /// fit.</param>
    public ListGroups(
        string table, string columns, string timeKey, IReadOnlyList<(string Parameter, string Condition)> filters, string none,
        IReadOnlyList<string> rest)
    {
        names = [.. filters.Select(static filter => filter.Parameter)];
        string[] expressions = [.. filters.Select(filter => $"coalesce({filter.Condition.Split(" = @")[0]}, '{none}')")];
        string[] equal = [.. expressions.Select(static (expression, i) => $"{expression} = @{Numbers[i]}")];
        first = [.. expressions.Select((expression, i) => Values(expression, equal.Take(i)))];
        next = [.. expressions.Select((expression, i) => Values(expression, equal.Take(i).Append($"{expression} > @last")))];
        newest = [.. Bounded(equal).Select(where => new Sql($"SELECT {timeKey} FROM {table}{where} ORDER BY {timeKey} DESC LIMIT 1"))];
        rows = [.. Bounded([.. equal, .. rest]).Select(where =>
            new Sql($"SELECT {columns}, {timeKey} FROM {table}{where} ORDER BY {timeKey} DESC, id DESC LIMIT @limit"))];

        Sql Values(string expression, IEnumerable<string> conditions) =>
            new($"SELECT {expression} FROM {table}{ListSql.Where([.. conditions])} ORDER BY {expression} LIMIT 1");

        IEnumerable<string> Bounded(string[] conditions) =>
            Enumerable.Range(0, ListBounds.Kinds).Select(kind => ListSql.Where([.. conditions, .. ListBounds.Conditions(kind, timeKey)]));
    }

    /// <summary>The statements that find groups and those that read one, for the test of their query plans.</summary>
    public (IEnumerable<Sql> Looks, IEnumerable<Sql> Reads) Statements => ([.. first, .. next], [.. newest, .. rows]);

    /// <summary>The number of columns before the time.</summary>
    public int Width => names.Length;

    /// <summary>Whether the index has the columns of all of these filters.</summary>
    public bool Has(IEnumerable<string> filters) => filters.All(names.Contains);

    /// <summary>Adds the rows of the matching groups to the page.</summary>
    /// <param name="session">A snapshot, so that a row which moves to another group meanwhile is not missed.</param>
    /// <param name="sent">The value of each filter; null if it was not sent.</param>
    /// <param name="bounds">The bounds in time.</param>
    /// <param name="bind">Sets the values of the other conditions on a statement.</param>
    /// <param name="page">Receives the rows.</param>
    /// <returns>False if there are too many groups. Then nothing was added.</returns>
    public async ValueTask<bool> ReadAsync<T>(
        Session session, Func<string, string?> sent, ListBounds bounds, Func<Statement, Statement> bind, NewestRows<T> page)
    {
        var search = new Search(session, Array.ConvertAll(names, name => sent(name)), bounds);
        if (!await FindAsync(search, 0))
        {
            return false;
        }

        // The newest group first: with its rows, the others are read for less, or not at all.
        foreach (var (time, values) in search.Found.OrderByDescending(static group => group.Newest, StringComparer.Ordinal))
        {
            if (string.CompareOrdinal(time, page.Oldest) < 0)
            {
                break;
            }

            var part = bounds.NotBefore(page.Oldest);
            await page.AddAsync(bind(part.Bind(Bind(session.Prepare(rows[part.Kind]), values, values.Length))).Set("limit", page.Useful));
        }

        return true;
    }

    private static Statement Bind(Statement statement, string?[] values, int count)
    {
        for (var i = 0; i < count; i++)
        {
            statement.Set(Numbers[i], values[i]);
        }

        return statement;
    }

    /// <summary>Finds the groups that begin with the values of the first columns, as many as <paramref name="level"/>.</summary>
    /// <returns>False if there are too many, or if a value of one is not text.</returns>
    private async ValueTask<bool> FindAsync(Search search, int level)
    {
        if (++search.Looks > MostLooks)
        {
            return false;
        }

        if (level == names.Length)
        {
            var statement = search.Bounds.Bind(Bind(search.Session.Prepare(newest[search.Bounds.Kind]), search.Values, level));
            if (await statement.FirstAsync(static row => row.Text(0) ?? "") is { } time)
            {
                search.Found.Add((time, [.. search.Values]));
            }

            return true;
        }

        if (search.Sent[level] is { } value)
        {
            search.Values[level] = value;
            return await FindAsync(search, level + 1);
        }

        var found = await Bind(search.Session.Prepare(first[level]), search.Values, level).ListAsync(static row => row.Text(0));
        while (found is [var each])
        {
            // Another program stored a value that is not text.
            if (each is null)
            {
                return false;
            }

            search.Values[level] = each;
            if (!await FindAsync(search, level + 1))
            {
                return false;
            }

            found = await Bind(search.Session.Prepare(next[level]), search.Values, level).Set("last", each)
                .ListAsync(static row => row.Text(0));
        }

        return true;
    }

    private sealed class Search(Session session, string?[] sent, ListBounds bounds)
    {
        public Session Session => session;

        public string?[] Sent => sent;

        public ListBounds Bounds => bounds;

        /// <summary>Of the group that is looked for.</summary>
        public string?[] Values { get; } = new string?[sent.Length];

        public List<(string Newest, string?[] Values)> Found { get; } = [];

        public int Looks { get; set; }
    }
}
