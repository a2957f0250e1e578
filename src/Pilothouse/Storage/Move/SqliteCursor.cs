using System.Text;
using Pilothouse.Storage.Sqlite;
using SQLitePCL;

namespace Pilothouse.Storage.Move;

/// <summary>
/// Reads a table of a SQLite file, whose columns may hold values of any type: other programs write there too. A value is taken as the
/// server reads it (<see cref="SqliteRow"/>). What the server reads as null although something is stored is a problem of the row.
/// </summary>
internal sealed class SqliteCursor : MoveCursor
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly MovedTable table;
    private readonly SqliteStatement statement;

    public SqliteCursor(SqliteConnection connection, MovedTable table)
    {
        this.table = table;
        var local = ForeignTimes.Tables.FirstOrDefault(one => one.Name == table.Name)?.Columns ?? [];
        var columns = table.Columns.Select(static column => column.Name)
            .Select(name => local.Contains(name) ? Sql.ExpandForSqlite($"time_of({name})") : MovedTable.Quote(name));
        statement = new SqliteStatement(connection, $"SELECT {string.Join(", ", columns)}, rowid FROM {table.Name} ORDER BY {table.Order}");
    }

    public override long Place => statement.Row.Id(table.Columns.Count);

    public override bool Next() => statement.Step();

    public override void Read(Span<MovedValue> values, List<string> problems)
    {
        for (var at = 0; at < values.Length; at++)
        {
            var column = table.Columns[at];
            var problem = Read(at, column.Kind, out values[at]);
            if (problem is not null || (column.IsRequired && !values[at].HasValue))
            {
                problems.Add($"{column.Name}: {problem ?? "nothing, where a value must be"}");
            }
        }
    }

    public override void Dispose() => statement.Dispose();

    private string? Read(int at, MovedKind kind, out MovedValue value)
    {
        value = MovedValue.Null;
        var type = statement.Row.Type(at);
        return type == raw.SQLITE_NULL ? null
            : type == raw.SQLITE_BLOB ? "bytes, where the server reads none"
            : kind switch
            {
                MovedKind.Text or MovedKind.Json => ReadText(at, kind, out value),
                MovedKind.Time => ReadTime(at, type, out value),
                _ when type == raw.SQLITE_TEXT => "text in the column of a number",
                MovedKind.Money => ReadMoney(at, type, out value),
                MovedKind.Number => ReadNumber(at, type, out value),
                _ => ReadWhole(at, out value),
            };
    }

    private string? ReadText(int at, MovedKind kind, out MovedValue value)
    {
        value = MovedValue.Null;
        try
        {
            value = MovedValue.OfText(Strict.GetString(statement.Row.Utf8(at)));
            return kind == MovedKind.Json ? JsonForm.Problem(value.Text) : null;
        }
        catch (DecoderFallbackException)
        {
            return "text that is not UTF-8";
        }
    }

    /// <summary>An empty text is no time to the server, wherever it looks for one, and neither is null.</summary>
    private string? ReadTime(int at, int type, out MovedValue value)
    {
        value = MovedValue.Null;
        if (statement.Row.Time(at) is { } time)
        {
            value = MovedValue.OfTime(time);
            return null;
        }

        return type == raw.SQLITE_TEXT && statement.Row.Utf8(at).IsEmpty ? null : "a time that the server cannot read";
    }

    private string? ReadMoney(int at, int type, out MovedValue value)
    {
        value = MovedValue.Null;
        if (statement.Row.Money(at) is not { } money)
        {
            return "a number that is infinite, or too large or small for an amount";
        }

        value = MovedValue.OfMoney(money);
        return type == raw.SQLITE_INTEGER || Exact.ToDouble(money) == statement.Row.Double(at)
            ? null
            : "an amount with more than 28 decimal places";
    }

    private string? ReadNumber(int at, int type, out MovedValue value)
    {
        var number = statement.Row.Double(at);
        value = MovedValue.OfNumber(number);
        return type == raw.SQLITE_FLOAT || (Math.Abs(number) < long.MaxValue && (long)number == statement.Row.Id(at))
            ? null
            : "a whole number with more digits than the column keeps";
    }

    private string? ReadWhole(int at, out MovedValue value)
    {
        value = statement.Row.Whole(at) is { } whole ? MovedValue.OfWhole(whole) : MovedValue.Null;
        return value.HasValue ? null : "a fraction in the column of a whole number";
    }
}
