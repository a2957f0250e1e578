using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Retention;

/// <summary>A row that is old enough to go.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Timestamp">Its time as it is stored: who finds another there later leaves the row alone.</param>
/// <param name="Until">What is stored in the rule's other time column, where the rule has one.</param>
/// <param name="Stays">It is needed: something refers to it, or it is the first or newest of its kind.</param>
internal readonly record struct OldRow(long Id, string Timestamp, string? Until, bool Stays);

/// <summary>Where the reading of old rows has come to: a time as it sorts, and an id.</summary>
internal readonly record struct OldRowPosition(string TimeKey, long Id);

/// <summary>
/// Which rows of a table go, and when. A row goes when its own time is read and lies before the bound; one without a readable time
/// never goes.
/// </summary>
internal sealed class RetentionRule
{
    private readonly Sql sameTime;
    private readonly Sql later;
    private readonly Sql delete;
    private readonly bool hasUntil;

    /// <param name="table">The table, called <c>old</c> in <paramref name="stays"/>.</param>
    /// <param name="days">Its setting.</param>
    /// <param name="stays">A condition that keeps a row of any age.</param>
    /// <param name="until">A column with a time before which the row does not go either.</param>
    public RetentionRule(string table, Func<RetentionSettings, int> days, string stays = "1 = 0", string? until = null)
    {
        Table = table;
        Days = days;
        hasUntil = until is not null;

        // CASE, because a condition that is unknown (no first balance: NULL) keeps nothing, and NOT of it is unknown too.
        var kept = $"CASE WHEN {stays} THEN 1 ELSE 0 END";
        var select = $"SELECT id, time_of(timestamp), time_key(timestamp), {(hasUntil ? $"time_of({until})" : "NULL")}, {kept} FROM {table} AS old";
        sameTime = new Sql($"{select} WHERE time_key(timestamp) = @key AND id > @id ORDER BY id LIMIT @limit");
        later = new Sql($"{select} WHERE time_key(timestamp) > @key AND time_key(timestamp) < @before ORDER BY time_key(timestamp), id LIMIT @limit");
        delete = new Sql($"DELETE FROM {table} AS old WHERE id = @id AND time_of(timestamp) = @timestamp{(hasUntil ? $" AND coalesce(time_of({until}), '') = @until" : "")} AND {kept} = 0");
    }

    public string Table { get; }

    public Func<RetentionSettings, int> Days { get; }

    /// <summary>What it asks and does, for the test of its plans.</summary>
    public IEnumerable<Sql> Statements => [sameTime, later, delete];

    /// <summary>
    /// Reads on behind <paramref name="after"/>, at most <paramref name="limit"/> rows, and adds to <paramref name="rows"/> those that are
    /// older than <paramref name="before"/>.
    /// </summary>
    /// <returns>Where the next page begins; null at the end.</returns>
    public async ValueTask<OldRowPosition?> ReadAsync(Session session, OldRowPosition? after, DateTimeOffset before, DateTimeOffset now, int limit, List<OldRow> rows)
    {
        var end = after;
        var read = 0;
        void Take(Row row)
        {
            read++;
            end = new(row.Text(2) ?? "", row.Id(0));

            // Text sorts a time with an offset by its local hour, so the bound in SQL is only a first sieve.
            if (row.Time(1) is { } time && time < before && (row.Text(3) is not { Length: > 0 } || row.Time(3) <= now))
            {
                rows.Add(new(row.Id(0), row.Text(1)!, row.Text(3), row.Id(4) == 1));
            }
        }

        if (after is { } last)
        {
            await session.Prepare(sameTime).Set("key", last.TimeKey).Set("id", last.Id).Set("limit", (long)limit).EachAsync(Take);
        }

        if (read < limit)
        {
            await session.Prepare(later).Set("key", after?.TimeKey ?? "").Set("before", Timestamps.ToStored(before)).Set("limit", (long)(limit - read)).EachAsync(Take);
        }

        return read < limit ? null : end;
    }

    /// <summary>Deletes one row, unless it has changed since it was read or is needed by now.</summary>
    /// <returns>How many: 0 or 1.</returns>
    public ValueTask<int> DeleteAsync(Session session, OldRow row)
    {
        var statement = session.Prepare(delete).Set("id", row.Id).Set("timestamp", row.Timestamp);
        return (hasUntil ? statement.Set("until", row.Until ?? "") : statement).ExecuteAsync();
    }
}
