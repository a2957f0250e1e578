using System.Text.Json.Serialization.Metadata;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>Who posts a record.</summary>
internal interface IRecordOwner
{
    /// <summary>The bot that a new record belongs to, where it names <paramref name="named"/>; refuses what it may not write for.</summary>
    string? BotFor(string? named);
}

/// <summary>A table of records: its name and its columns, the id first.</summary>
internal abstract class Table(string name, Type input, string time, Column[] columns)
{
    public string Name => name;

    /// <summary>What clients post.</summary>
    public Type Input => input;

    /// <summary>What is read; null where no record is ever answered as it is.</summary>
    public virtual Type? Record => null;

    /// <summary>The column by which its lists are ordered.</summary>
    public string Time => time;

    public IReadOnlyList<Column> Columns => columns;

    /// <summary>The list of all columns for a SELECT, in the order of <see cref="Columns"/> after the id.</summary>
    public string Selection { get; } = RecordColumns<object>.SelectionOf(columns);
}

/// <summary>
/// A table that clients post records to, declared column by column. The rules of the input, the INSERT, the filters and the lists are
/// made from the declaration. Values are found by name: a column has the name of the field in JSON, so that none can be taken for
/// another, and one that is missing on either side is an error when the program starts.
/// </summary>
internal class Table<TInput> : Table
    where TInput : class, IInput<TInput>
{
    private readonly Column[] columns;
    private readonly Func<object, object?>?[] values;
    private readonly string insertion;
    private readonly Sql insert;
    private readonly Sql replace;
    private readonly (Column Column, Func<object, object?> Value, Sql Exists)[] references;
    private readonly JsonTypeInfo<TInput> input;

    /// <param name="name">Of the table.</param>
    /// <param name="input">The JSON form of the input.</param>
    /// <param name="time">The column by which its lists are ordered; the server's time, where a client leaves it out.</param>
    /// <param name="columns">All but the id, in the order of the answers.</param>
    /// <exception cref="InvalidOperationException">A field of the input has no column, or a column no field.</exception>
    public Table(string name, JsonTypeInfo<TInput> input, string time, params Column[] columns)
        : base(name, typeof(TInput), time, columns)
    {
        this.columns = columns;
        this.input = input;
        var fields = input.Properties.Where(static field => field.Set is not null).ToDictionary(static field => field.Name);
        values = Array.ConvertAll(columns, column => column.IsComputed ? null
            : fields.TryGetValue(column.Name, out var field) ? field.Get
            : throw new InvalidOperationException($"The column {column.Name} of {name} has no field in {typeof(TInput).Name}."));
        if (fields.Keys.Except(columns.Where(static column => !column.IsComputed).Select(static column => column.Name)).FirstOrDefault() is { } lost)
        {
            throw new InvalidOperationException($"The field {lost} of {typeof(TInput).Name} has no column in {name}.");
        }

        var names = columns.Select(static column => column.Name).ToArray();
        insertion = $"{RecordColumns<object>.InsertionOf(name, names)} {OnConflict(columns)}RETURNING ";
        insert = InsertReturning("id");
        replace = new($"UPDATE {name} SET {string.Join(", ", columns.Select(static column => column.Assignment))} WHERE id = @id");
        references = [.. columns.Index().Where(column => column.Item.References is not null && values[column.Index] is not null).Select(column =>
            (column.Item, values[column.Index]!, new Sql($"SELECT 1 FROM {column.Item.References!.Value.Table} WHERE id = @id")))];
        Rules = new InputRules<TInput>().Record(["id", .. names]);
        for (var i = 0; i < columns.Length; i++)
        {
            if (values[i] is { } value)
            {
                AddRule(columns[i], value);
            }
        }
    }

    public InputRules<TInput> Rules { get; }

    /// <summary>The filters of its lists, without those of time.</summary>
    public IEnumerable<QueryParameter> Filters => columns.Where(static column => column.Filter is not null).Select(static column => column.Parameter);

    /// <summary>The record as it was posted, for the audit log.</summary>
    public string JsonOf(TInput record) => JsonText.OfRecord(record, input);

    /// <summary>Stores a checked record in the transaction of <paramref name="session"/>.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="owner">Who posts it; a key that belongs to a bot may post that bot's only.</param>
    /// <param name="record">What is stored, but for what the server fills in.</param>
    /// <param name="now">The time of a record that has none of its own.</param>
    /// <param name="filledIn">Values of the server's for columns, as they are stored.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="Refusal">It names a row of another table that is not stored, or a bot that the owner may not write for.</exception>
    public ValueTask<long> InsertAsync(Session session, IRecordOwner owner, TInput record, DateTimeOffset now, params ReadOnlySpan<(string Column, object? Value)> filledIn)
    {
        var statement = Bind(session.Prepare(insert), owner, record, now, filledIn);
        return references.Length == 0 ? statement.InsertAsync() : InsertAsync(session, statement, record);
    }

    /// <summary>Gives a stored row the values of another checked record; otherwise like <see cref="InsertAsync"/>.</summary>
    /// <returns>Whether there is such a row.</returns>
    public ValueTask<bool> ReplaceAsync(
        Session session, IRecordOwner owner, long id, TInput record, DateTimeOffset now, params ReadOnlySpan<(string Column, object? Value)> filledIn) =>
        ReplaceAsync(session, Bind(session.Prepare(replace), owner, record, now, filledIn).Set("id", (long?)id), record);

    /// <summary>Returns a statement that stores a record and returns these columns of it.</summary>
    protected Sql InsertReturning(string selection) => new(insertion + selection);

    /// <summary>Refuses a record that names a row of another table which is not stored.</summary>
    public async ValueTask DemandReferencesAsync(Session session, TInput record)
    {
        foreach (var (column, value, exists) in references)
        {
            if (value(record) is long id && !await session.Prepare(exists).Set("id", id).AnyAsync())
            {
                throw Refusal.Invalid(column.Name, $"must be the id of a stored {column.References!.Value.Record}");
            }
        }
    }

    /// <summary>Sets the parameters of a statement that stores a record.</summary>
    protected Statement Bind(Statement statement, IRecordOwner owner, TInput record, DateTimeOffset now, ReadOnlySpan<(string Column, object? Value)> filledIn)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            var column = columns[i];
            var value = Find(filledIn, column.Name, out var isFilledIn);
            if (!isFilledIn)
            {
                value = column.Stored(values[i]?.Invoke(record));
                value = column.IsBot ? owner.BotFor((string?)value) : column.Name == Time ? value ?? now : value;
            }

            column.Bind(statement, value);
        }

        return statement;
    }

    private async ValueTask<long> InsertAsync(Session session, Statement statement, TInput record)
    {
        await DemandReferencesAsync(session, record);
        return await statement.InsertAsync();
    }

    private async ValueTask<bool> ReplaceAsync(Session session, Statement statement, TInput record)
    {
        await DemandReferencesAsync(session, record);
        return await statement.ExecuteAsync() > 0;
    }

    private static object? Find(ReadOnlySpan<(string Column, object? Value)> filledIn, string column, out bool found)
    {
        foreach (var (name, value) in filledIn)
        {
            if (name == column)
            {
                found = true;
                return value;
            }
        }

        found = false;
        return null;
    }

    /// <summary>What happens where a row with the same key is stored: it gets the new values. Nothing for a table without a key.</summary>
    private static string OnConflict(Column[] columns) => !columns.Any(static column => column.IsKey) ? ""
        : $"ON CONFLICT ({string.Join(", ", columns.Where(static column => column.IsKey).Select(static column => column.KeyPart))}) "
            + $"DO UPDATE SET {string.Join(", ", columns.Where(static column => !column.IsKey).Select(static column => $"{column.Name} = excluded.{column.Name}"))} ";

    private void AddRule(Column column, Func<object, object?> value)
    {
        _ = column switch
        {
            { MostWords: { } most } => Rules.Words(column.Name, most),
            { IsPair: true } => Rules.Pair(column.Name, record => (string?)value(record)),
            { Choices: { } choices } => Rules.OneOf(column.Name, record => (string?)value(record), choices, column.IsRequired),
            { Problem: { } problem } => Rules.Text(column.Name, record => (string?)value(record), problem, column.IsRequired, column.Longest),
            { Kind: ColumnKind.Text } => Rules.Text(column.Name, record => (string?)value(record), column.IsRequired, column.Longest),
            { Kind: ColumnKind.Whole } => Rules.Whole(column.Name, record => (long?)value(record), column.Least, column.Most, column.IsRequired),
            { Kind: ColumnKind.Number } => Rules.Number(column.Name, record => (double?)value(record), column.IsRequired, column.Bounds.Least, column.Bounds.Most),
            { Kind: ColumnKind.Json } => Rules.Structure(column.Name, record => (System.Text.Json.JsonElement?)value(record), column.IsRequired),
            { Kind: ColumnKind.Money } => Rules.Money(column.Name, record => (decimal?)value(record), column.IsRequired, column.Sum.Above, column.Sum.Least, column.Sum.Most),
            _ => Rules.Time(column.Name, record => (DateTimeOffset?)value(record), column.IsRequired, column.MayBeAhead),
        };
    }
}

/// <summary>A table whose records are also read, as <typeparamref name="TRow"/>. What another program stored and we would not accept reads as null.</summary>
internal sealed class Table<TInput, TRow> : Table<TInput>
    where TInput : class, IInput<TInput>
    where TRow : class
{
    private readonly RecordColumns<TRow> record;
    private readonly Sql store;

    /// <inheritdoc cref="Table{TInput}(string, JsonTypeInfo{TInput}, string, Column[])"/>
    /// <param name="row">The JSON form of the stored record: the id, and a field that can be set for each column.</param>
    public Table(string name, JsonTypeInfo<TInput> input, JsonTypeInfo<TRow> row, string time, params Column[] columns)
        : base(name, input, time, columns)
    {
        record = new(name, row, columns);
        store = InsertReturning(Selection);
    }

    public override Type Record => typeof(TRow);

    /// <summary>Stores a checked record as <see cref="Table{TInput}.InsertAsync"/> does.</summary>
    /// <returns>The record as it is stored.</returns>
    public ValueTask<TRow> StoreAsync(
        Session session, IRecordOwner owner, TInput record, DateTimeOffset now, params ReadOnlySpan<(string Column, object? Value)> filledIn) =>
        StoreAsync(session, Bind(session.Prepare(store), owner, record, now, filledIn), record);

    private async ValueTask<TRow> StoreAsync(Session session, Statement statement, TInput record)
    {
        await DemandReferencesAsync(session, record);
        return await statement.InsertAsync(Read);
    }

    /// <summary>Reads a row of <see cref="Table.Selection"/>.</summary>
    public TRow Read(Row row) => record.Read(row);
}
