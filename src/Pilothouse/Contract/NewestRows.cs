using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>
/// The newest rows of several parts of a list: as many as a page has, and one more, which tells that there is a next page.
/// </summary>
/// <param name="most">The most rows of a page.</param>
/// <param name="width">How many columns a record has; the time as it sorts is read behind them, and the id is the first.</param>
internal sealed class NewestRows<T>(int most, int width, Func<Row, T> read)
{
    private List<(ListPosition Position, T Record)> rows = [];

    /// <summary>How many rows of each part may be needed.</summary>
    public long Useful => most + 1L;

    /// <summary>Rows older than this time are not needed; null while the page is not full.</summary>
    public string? Oldest => rows.Count > most ? rows[most].Position.TimeKey : null;

    /// <summary>Adds the rows of one part of the list. A row that is part of another one too counts once.</summary>
    /// <returns>How many there were.</returns>
    public async ValueTask<int> AddAsync(Statement statement)
    {
        var before = rows.Count;
        await statement.EachAsync(row => rows.Add((new(row.Text(width) ?? "", row.Id(0)), read(row))));
        var added = rows.Count - before;
        if (added > 0 && before > 0)
        {
            rows = [.. rows.OrderByDescending(static row => row.Position.TimeKey, StringComparer.Ordinal)
                .ThenByDescending(static row => row.Position.Id)
                .DistinctBy(static row => row.Position.Id).Take(most + 1)];
        }

        return added;
    }

    public Page<T> ToPage(string table) => new(
        true, Math.Min(most, rows.Count), [.. rows.Take(most).Select(static row => row.Record)],
        rows.Count > most ? rows[most - 1].Position.Text(table) : null);
}
