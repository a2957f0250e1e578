using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>The position where a page ended: the time in its sortable form, and the id.</summary>
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
            // The text is not base64. It is refused below, like any other cursor that this server did not make.
        }

        throw Foreign();
    }

    /// <summary>The refusal of a cursor that this list did not give.</summary>
    public static Refusal Foreign() =>
        new(400, ErrorCodes.InvalidCursor, "Invalid cursor", "Send the next_cursor of this same list, or leave cursor out to begin anew.");
}

/// <summary>The bounds of a part of a list. A null bound is open.</summary>
/// <param name="From">The earliest time in its sortable form, inclusive.</param>
/// <param name="To">The latest time in its sortable form, exclusive.</param>
/// <param name="After">The position where the previous page ended.</param>
internal readonly record struct ListBounds(string? From, string? To, ListPosition? After)
{
    /// <summary>The number of combinations of bounds.</summary>
    public const int Kinds = 8;

    private const int HasAfter = 1;
    private const int HasFrom = 2;
    private const int HasTo = 4;

    /// <summary>Which bounds are set, as a number below <see cref="Kinds"/>.</summary>
    public int Kind => (NearerAfter is null ? 0 : HasAfter) | (From is null ? 0 : HasFrom) | (NearerTo is null ? 0 : HasTo);

    /// <summary>The upper bound, unless After is nearer: an engine may use only one upper bound for an index scan.</summary>
    private string? NearerTo => After is not null && string.CompareOrdinal(After.TimeKey, To) < 0 ? null : To;

    private ListPosition? NearerAfter => To is not null && string.CompareOrdinal(To, After?.TimeKey) <= 0 ? null : After;

    /// <summary>Returns these bounds, with no time before this one.</summary>
    public ListBounds NotBefore(string? time) => string.CompareOrdinal(time, From) > 0 ? this with { From = time } : this;

    /// <summary>Returns these bounds, with only times before this one.</summary>
    public ListBounds Before(string? time) =>
        time is not null && (To is null || string.CompareOrdinal(time, To) < 0) ? this with { To = time } : this;

    /// <summary>Returns the SQL conditions for bounds of this kind.</summary>
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
            // The first half lets the engine use an index on the time expression: it does not look into row values for one.
            yield return $"{timeKey} <= @after_time AND ({timeKey}, id) < (@after_time, @after_id)";
        }
    }

    /// <summary>Sets the values of these bounds on a statement that has their conditions.</summary>
    public Statement Bind(Statement statement)
    {
        statement = From is null ? statement : statement.SetKey("from_date", From);
        statement = NearerTo is null ? statement : statement.SetKey("to_date", To);
        return NearerAfter is null ? statement : statement.SetKey("after_time", NearerAfter.TimeKey).Set("after_id", NearerAfter.Id);
    }
}
