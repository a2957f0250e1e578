namespace Pilothouse.Storage;

/// <summary>
/// Times that other programs store without a zone while FOREIGN_TIME_ZONE is set. The column keeps what the program wrote, because the
/// program reads it back; the column of the same name with <see cref="Suffix"/> at its end holds the same moment in UTC. That is null where
/// the text itself is in UTC or names its zone. Triggers fill it in the transaction of whoever writes (docs/decisions/0027).
/// </summary>
internal static class ForeignTimes
{
    public const string Suffix = "_utc";

    /// <summary>Every column that holds a time and that other programs may write, by table.</summary>
    public static readonly IReadOnlyList<ForeignTimeTable> Tables =
    [
        new("signals", "timestamp"), new("trades", "timestamp", "closed_at"), new("fills", "filled_at"), new("bot_status", "timestamp"),
        new("model_checkpoints", "timestamp"), new("market_context", "timestamp"), new("chart_analyses", "timestamp"),
        new("performance_metrics", "timestamp"), new("correlation_data", "timestamp"), new("cost_analytics", "timestamp"),
        new("news_cache", "timestamp", "cache_expires_at", "published_at"), new("spike_events", "timestamp"),
        new("circuit_breaker_events", "triggered_at", "cleared_at"), new("agent_decisions", "timestamp"),
        new("agent_performance", "timestamp"), new("candles", "open_time"), new("cash_flows", "timestamp"),
        new("model_prices", "valid_from"),
    ];

    /// <summary>
    /// SQL that is true of text that is a time without a zone: a date, or a date and a clock. SQLite would take February 30 for March 2,
    /// and 24:00 for the next day; the server reads neither.
    /// </summary>
    public static string IsNaive(string time) =>
        $"(substr({time},11) NOT GLOB '*[^0-9:., Tt]*' AND "
        + $"strftime('%Y-%m-%d %H:%M',{Clock(time)},'+0 days') = substr({Spaced(time)}||' 00:00',1,16))";

    /// <summary>SQL that is true of the moment at which the statement runs, in UTC, as CURRENT_TIMESTAMP and strftime write it.</summary>
    public static string IsSqliteNow(string time) =>
        $"{time} IN (CURRENT_TIMESTAMP,strftime('%Y-%m-%d %H:%M:%f','now'))";

    /// <summary>
    /// SQL that is true of a naive time that only another program can have stored: the server writes a space and no fraction or three digits of
    /// one, and so do SQLite's own functions, in UTC.
    /// </summary>
    public static string IsCertain(string time) =>
        $"({IsNaive(time)} AND NOT (substr({time},11,1) = ' ' AND length({time}) IN (19,23)))";

    /// <summary>
    /// SQL for the UTC of a naive local time. Of an hour that is there twice the first is meant, as Python has it, unless the second has
    /// just passed; an hour that the clocks leave out is read with the offset before it. Null where no zone is set.
    /// </summary>
    public static string ToUtc(string time) => $"""
        (SELECT strftime('%Y-%m-%d %H:%M:%S',{Clock(time)},printf('%+d seconds',-CASE
            WHEN again_seconds IS NOT NULL AND strftime('%s',{Clock(time)})-again_seconds-strftime('%s','now') BETWEEN -3600 AND 60
            THEN again_seconds ELSE offset_seconds END))||replace(substr({time},20),',','.')
          FROM foreign_time_offsets WHERE local_from <= strftime('%Y-%m-%d %H:%M:%S',{Clock(time)}) ORDER BY local_from DESC LIMIT 1)
        """;

    private static string Spaced(string time) => $"replace(replace({time},'T',' '),'t',' ')";

    private static string Clock(string time) => $"substr({Spaced(time)},1,19)";
}

/// <summary>A table whose times other programs write too.</summary>
internal sealed class ForeignTimeTable(string name, params string[] columns)
{
    private const int RowsAtOnce = 2000;

    /// <summary>Reads the next ids of the rows that were in the file when the setting was made, and counts their times by kind.</summary>
    private readonly Sql next = new($"""
        SELECT max(id), total({Join(" + ", columns, static column => $"coalesce({ForeignTimes.IsNaive(column)} AND NOT {ForeignTimes.IsCertain(column)}, 0)")})
        FROM (SELECT * FROM {name} WHERE id > (SELECT done_id FROM foreign_time_backlog WHERE table_name = '{name}')
          AND id <= (SELECT last_id FROM foreign_time_backlog WHERE table_name = '{name}') ORDER BY id LIMIT {RowsAtOnce}) AS waiting
        """);

    private readonly Sql convert = new($"""
        UPDATE {name} SET {Join(", ", columns, Converted)}
        WHERE id > (SELECT done_id FROM foreign_time_backlog WHERE table_name = '{name}') AND id <= @end AND ({Join(" OR ", columns, IsWaiting)})
        """);

    private readonly Sql note = new($"""
        UPDATE foreign_time_backlog SET done_id = @done, converted = converted + @converted, left_alone = left_alone + @left
        WHERE table_name = '{name}'
        """);

    private readonly Sql counts = new($"SELECT converted, left_alone FROM foreign_time_backlog WHERE table_name = '{name}'");

    public string Name => name;

    public IReadOnlyList<string> Columns => columns;

    /// <summary>
    /// Reads, as local, some of the times that were in the table before the setting was made, where only another program can have stored
    /// them. Up to which row it has come is noted in the same transaction, so that none is read twice.
    /// </summary>
    /// <returns>Whether there may be more.</returns>
    public async ValueTask<bool> ConvertSomeAsync(Session session)
    {
        var (end, left) = await session.Prepare(next).FirstAsync(static row => (row.Whole(0), (long)(row.Number(1) ?? 0)));
        if (end is null)
        {
            return false;
        }

        var converted = await session.Prepare(convert).Set("end", end).ExecuteAsync();
        await session.Prepare(note).Set("done", end).Set("converted", (long)converted).Set("left", left).ExecuteAsync();
        return true;
    }

    /// <summary>Returns how many rows were converted from local time and how many times stay UTC; null if the setting was never made.</summary>
    public ValueTask<(long Converted, long Left)?> CountAsync(Session session) =>
        session.Prepare(counts).FirstAsync(static row => ((long, long)?)(row.Whole(0) ?? 0, row.Whole(1) ?? 0));

    private static string IsWaiting(string column) => $"({column}{ForeignTimes.Suffix} IS NULL AND {ForeignTimes.IsCertain(column)})";

    private static string Converted(string column) =>
        $"{column}{ForeignTimes.Suffix} = CASE WHEN {IsWaiting(column)} THEN {ForeignTimes.ToUtc(column)} ELSE {column}{ForeignTimes.Suffix} END";

    private static string Join(string between, string[] columns, Func<string, string> make) => string.Join(between, columns.Select(make));
}
