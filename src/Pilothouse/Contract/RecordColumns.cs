using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>
/// Reads rows of a table as records. Each column is declared once and has the name of the record's field in JSON, so that none can be taken
/// for another; the order of the declaration says nothing. It is for every table with records, also for those that only the server writes.
/// </summary>
internal sealed class RecordColumns<TRow>
    where TRow : class
{
    private readonly Func<object> make;
    private readonly Action<object, object?> setId;
    private readonly (Column Column, bool IsJson, Func<object, object?> Get, Action<object, object?> Set)[] fields;

    /// <param name="table">The name of the table, for the messages.</param>
    /// <param name="row">The JSON form of the record: the id, and a field that can be set for each column. A column whose field is a JsonElement holds JSON.</param>
    /// <param name="columns">All but the id.</param>
    /// <exception cref="InvalidOperationException">A field of the record has no column, or a column no field.</exception>
    public RecordColumns(string table, JsonTypeInfo<TRow> row, params Column[] columns)
    {
        Selection = SelectionOf(columns);
        var setters = row.Properties.Where(static field => field.Set is not null).ToDictionary(static field => field.Name);
        make = row.CreateObject!;
        setId = Take("id").Set!;
        fields = Array.ConvertAll(columns, column => Take(column.Name) is var field ? (column, field.PropertyType == typeof(JsonElement?), field.Get!, field.Set!) : default);
        if (setters.Keys.FirstOrDefault() is { } lost)
        {
            throw new InvalidOperationException($"The field {lost} of {typeof(TRow).Name} has no column in {table}.");
        }

        JsonPropertyInfo Take(string column) => setters.Remove(column, out var field)
            ? field
            : throw new InvalidOperationException($"The column {column} of {table} has no field in {typeof(TRow).Name}.");
    }

    /// <summary>The list of all columns for a SELECT, the id first.</summary>
    public string Selection { get; }

    /// <summary>The names of all columns but the id.</summary>
    public IEnumerable<string> Names => fields.Select(static one => one.Column.Name);

    /// <summary>Returns an INSERT of these columns.</summary>
    public static string InsertionOf(string table, IEnumerable<string> names) =>
        $"INSERT INTO {table}({string.Join(", ", names)}) VALUES ({string.Join(", ", names.Select(static name => "@" + name))})";

    /// <summary>Gives the values of a record to the parameters of the same names.</summary>
    public Statement Bind(Statement statement, TRow record, Func<string, bool>? only = null)
    {
        foreach (var (column, _, get, _) in fields.Where(field => only?.Invoke(field.Column.Name) != false))
        {
            column.Bind(statement, get(record));
        }

        return statement;
    }

    /// <summary>Returns the list of columns for a SELECT, the id first.</summary>
    public static string SelectionOf(IEnumerable<Column> columns) => "id, " + string.Join(", ", columns.Select(static column => column.Selection));

    /// <summary>Reads a row of <see cref="Selection"/>. A field whose column is null keeps what a new record has.</summary>
    public TRow Read(Row row)
    {
        var record = make();
        setId(record, row.Id(0));
        for (var i = 0; i < fields.Length; i++)
        {
            var (column, isJson, _, set) = fields[i];
            if ((isJson ? JsonText.Stored(row.Text(i + 1)) : column.Read(row, i + 1)) is { } value)
            {
                set(record, value);
            }
        }

        return (TRow)record;
    }
}
