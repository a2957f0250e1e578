using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>Where a page ended: the stored time as it sorts, and the id.</summary>
internal sealed record ListPosition(string TimeKey, long Id)
{
    public string Text(string table) =>
        WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{table}|{Id}|{TimeKey}")));

    public static ListPosition Parse(string table, string cursor)
    {
        try
        {
            var parts = Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(cursor)).Split('|', 3);
            if (parts.Length == 3 && parts[0] == table && !parts[2].Contains('\0')
                && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                return new(parts[2], id);
            }
        }
        catch (FormatException)
        {
            // Not base64: refused like any other text that we did not make.
        }

        throw new Refusal(
            400, ErrorCodes.InvalidCursor, "Invalid cursor", "Send the next_cursor of this same list, or leave cursor out to begin anew.");
    }
}

/// <summary>Between which times a part of a list lies; null is without an end.</summary>
/// <param name="From">The first time as it sorts, inclusive.</param>
/// <param name="To">The first time behind it.</param>
/// <param name="After">Where the page before ended.</param>
internal readonly record struct ListBounds(string? From, string? To, ListPosition? After)
{
    /// <summary>Every combination of ends that can be there.</summary>
    public const int Kinds = 8;

    private const int HasAfter = 1;
    private const int HasFrom = 2;
    private const int HasTo = 4;

    /// <summary>Which ends are there: less than <see cref="Kinds"/>.</summary>
    public int Kind => (NearerAfter is null ? 0 : HasAfter) | (From is null ? 0 : HasFrom) | (NearerTo is null ? 0 : HasTo);

    /// <summary>An engine may take only one upper end to an index: it gets the nearer one, which implies the other.</summary>
    private string? NearerTo => After is not null && string.CompareOrdinal(After.TimeKey, To) < 0 ? null : To;

    private ListPosition? NearerAfter => To is not null && string.CompareOrdinal(To, After?.TimeKey) <= 0 ? null : After;

    /// <summary>What lies in these bounds and not before that time.</summary>
    public ListBounds NotBefore(string? time) => string.CompareOrdinal(time, From) > 0 ? this with { From = time } : this;

    /// <summary>What lies in these bounds and before that time.</summary>
    public ListBounds Before(string? time) =>
        time is not null && (To is null || string.CompareOrdinal(time, To) < 0) ? this with { To = time } : this;

    /// <summary>The conditions that hold rows to bounds of that kind.</summary>
    public static IEnumerable<string> Conditions(int kind, string timeKey)
    {
        if ((kind & HasFrom) != 0)
        {
            yield return $"{timeKey} >= @from_date";
        }

        if ((kind & (HasTo | HasAfter)) == HasTo)
        {
            yield return $"{timeKey} < @to_date";
        }

        if ((kind & HasAfter) != 0)
        {
            // The first half is what the engine finds in an index on an expression; it does not look inside row values for one.
            yield return $"{timeKey} <= @after_time AND ({timeKey}, id) < (@after_time, @after_id)";
        }
    }

    /// <summary>Gives the values of these bounds to a statement with their conditions.</summary>
    public Statement Bind(Statement statement)
    {
        statement = From is null ? statement : statement.Set("from_date", From);
        statement = NearerTo is null ? statement : statement.Set("to_date", To);
        return NearerAfter is null ? statement : statement.Set("after_time", NearerAfter.TimeKey).Set("after_id", NearerAfter.Id);
    }
}
