using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <content>How the statements are made.</content>
internal sealed partial class ListSql
{
    /// <summary>
    /// Every statement that some request makes, but for those that sort because there are too many groups; for the test that looks at their
    /// query plans.
    /// </summary>
    public IEnumerable<Sql> All() =>
        from leader in Enumerable.Range(0, leaders.Length + 1).Where(leader => !MustSort(leader))
        from rest in HasRest(leader) ? new[] { 0, Rest } : [0]
        from bounds in Enumerable.Range(0, ListBounds.Kinds)
        select Compose(leader | rest | (bounds * FirstKind));

    /// <summary>Every statement that finds the edge of a walk; for the same test.</summary>
    public IEnumerable<Sql> AllEdges() =>
        from leader in Enumerable.Range(0, leaders.Length + 1).Where(leader => !MustSort(leader))
        from bounds in Enumerable.Range(0, ListBounds.Kinds)
        select ComposeEdge(leader | (bounds * FirstKind));

    /// <summary>Gives a statement that reads rows the values of all filters, and where rows expire the time of the request.</summary>
    private Statement BindRows(Statement statement, QueryValues query) =>
        Bind(Expires is null ? statement : statement.SetKey("now", Timestamps.ToStored(query.Now!.Value)), query);

    private ListGroups ToGroups(string[] names, string none) => new(
        table, columns, TimeKey, [.. names.Select(name => Array.Find(filters, filter => filter.Parameter == name))], none, RestBeside([]));

    /// <summary>What rows must fulfil beside the conditions of these filters. A parameter that was not sent is null.</summary>
    private string[] RestBeside(IEnumerable<string> names) =>
    [
        .. filters.ExceptBy(names, static filter => filter.Parameter)
            .Select(static filter => $"(@{filter.Parameter} IS NULL OR ({filter.Condition}))"),
        .. ForAll,
    ];

    /// <summary>The conditions that every row of these lists fulfils.</summary>
    private string[] ForAll =>
        [.. Always is null ? Array.Empty<string>() : [Always], .. Expires is null ? Array.Empty<string>() : [$"({Expires} IS NULL OR {ExpiryKey} > @now)"]];

    private string ExpiryKey => TimeKey.Replace($"({time})", $"({Expires})", StringComparison.Ordinal);

    private Sql Compose(int key)
    {
        var leader = Leading(key);
        var rest = (key & Rest) != 0 ? RestBeside(leader.Select(static filter => filter.Parameter)) : ForAll;
        var where = Where([
            .. leader.Select(static filter => filter.Condition), .. rest, .. ListBounds.Conditions(key / FirstKind, TimeKey)]);
        return new Sql($"SELECT {columns}, {TimeKey} FROM {table}{where} ORDER BY {TimeKey} DESC, id DESC LIMIT @limit");
    }

    private Sql ComposeEdge(int key)
    {
        var where = Where([.. Leading(key).Select(static filter => filter.Condition), .. ListBounds.Conditions(key / FirstKind, TimeKey)]);
        return new Sql($"SELECT {TimeKey} FROM {table}{where} ORDER BY {TimeKey} DESC, id DESC LIMIT 1 OFFSET {LongWalk}");
    }

    private List<(string Parameter, string Condition)> Leading(int key)
    {
        var leader = (key & (Rest - 1)) is var number and > 0 ? leaders[number - 1] : 0;
        return [.. filters.Where((_, i) => (leader & (1 << i)) != 0)];
    }

    /// <summary>The conditions as a WHERE, or nothing.</summary>
    public static string Where(string[] conditions) => conditions.Length == 0 ? "" : " WHERE " + string.Join(" AND ", conditions);
}
