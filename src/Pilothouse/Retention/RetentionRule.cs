using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Retention;

/// <summary>A row that is old enough to be deleted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Timestamp">Its stored time. If it has changed when the row is to be deleted, the row stays.</param>
/// <param name="Until">The stored value of the rule's other time column, if the rule has one.</param>
/// <param name="Stays">Whether it must stay: another row refers to it, or it is the first or newest of its kind.</param>
internal readonly record struct OldRow(long Id, string Timestamp, string? Until, bool Stays);

/// <summary>A position in the list of old rows: a time in its sortable form, and an id.</summary>
internal readonly record struct OldRowPosition(string TimeKey, long Id);

/// <summary>
/// Says which rows of a table are deleted, and when. A row is deleted if its own time is before the limit. A row without a readable time is
/// never deleted.
/// </summary>
internal sealed class RetentionRule
{
    private readonly Sql sameTime;
    private readonly Sql later;
    private readonly Sql delete;
    private readonly bool hasUntil;

    /// <param name="table">The table, which is called <c>old</c> in <paramref name="stays"/>.</param>
    /// <param name="days">Its setting.</param>
    /// <param name="stays">A condition for rows that stay at any age.</param>
    /// <param name="until">A column with a time before which the row stays too; null if there is none.</param>
    /// <param name="time">The column with the time of its rows.</param>
    public RetentionRule(string table, Func<RetentionSettings, int> days, string stays = "1 = 0", string? until = null, string time = "timestamp")
    {
        Table = table;
        Days = days;
        hasUntil = until is not null;

        // CASE is needed because an unknown condition (NULL, for example without a first balance) must keep nothing, and NOT NULL is also
        // unknown.
        var kept = $"CASE WHEN {stays} THEN 1 ELSE 0 END";
        var select = $"SELECT id, time_of({time}), time_key({time}), {(hasUntil ? $"time_of({until})" : "NULL")}, {kept} FROM {table} AS old";
        sameTime = new Sql($"{select} WHERE time_key({time}) = @key AND id > @id ORDER BY id LIMIT @limit");
        later = new Sql($"{select} WHERE time_key({time}) > @key AND time_key({time}) < @before ORDER BY time_key({time}), id LIMIT @limit");
        delete = new Sql($"DELETE FROM {table} AS old WHERE id = @id AND time_of({time}) = @timestamp{(hasUntil ? $" AND (time_of({until}) = @until OR (time_of({until}) IS NULL AND @until IS NULL))" : "")} AND {kept} = 0");
    }

    public string Table { get; }

    public Func<RetentionSettings, int> Days { get; }

    /// <summary>All statements of the rule, for the test of their query plans.</summary>
    public IEnumerable<Sql> Statements => [sameTime, later, delete];

    /// <summary>
    /// Reads at most <paramref name="limit"/> rows after <paramref name="after"/>, and adds those older than <paramref name="before"/> to
    /// <paramref name="rows"/>.
    /// </summary>
    /// <returns>The position where the next page begins; null at the end.</returns>
    public async ValueTask<OldRowPosition?> ReadAsync(Session session, OldRowPosition? after, DateTimeOffset before, DateTimeOffset now, int limit, List<OldRow> rows)
    {
        var end = after;
        var read = 0;
        void Take(Row row)
        {
            read++;
            end = new(row.Text(2) ?? "", row.Id(0));

            // A time with an offset sorts by its local hour, so the limit in SQL only selects candidates; the exact comparison is here.
            if (row.Time(1) is { } time && time < before && (row.Text(3) is not { Length: > 0 } || row.Time(3) <= now))
            {
                rows.Add(new(row.Id(0), row.Text(1)!, row.Text(3), row.Id(4) == 1));
            }
        }

        if (after is { } last)
        {
            await session.Prepare(sameTime).SetKey("key", last.TimeKey).Set("id", last.Id).Set("limit", (long)limit).EachAsync(Take);
        }

        if (read < limit)
        {
            await session.Prepare(later).SetKey("key", after?.TimeKey ?? "").Set("before", Timestamps.ToStored(before)).Set("limit", (long)(limit - read)).EachAsync(Take);
        }

        return read < limit ? null : end;
    }

    /// <summary>Deletes one row, unless it has changed since it was read or is needed now.</summary>
    /// <returns>How many rows were deleted: 0 or 1.</returns>
    public ValueTask<int> DeleteAsync(Session session, OldRow row)
    {
        var statement = session.Prepare(delete).Set("id", row.Id).Set("timestamp", row.Timestamp);
        return (hasUntil ? statement.Set("until", row.Until) : statement).ExecuteAsync();
    }
}
