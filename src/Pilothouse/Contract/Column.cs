using System.Text.Json;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>What the values of a column are in C#: string, long, double, decimal, DateTimeOffset or JsonElement.</summary>
internal enum ColumnKind
{
    Text,
    Whole,
    Number,
    Money,
    Time,

    /// <summary>An object or a list, which is stored as JSON.</summary>
    Json,
}

/// <summary>
/// One column of a record table, declared once: what it holds, what a client may send for it, and whether lists can be filtered by it.
/// Its name is that of the field in JSON too. <see cref="Table{TInput}"/> makes the rest of it.
/// </summary>
internal sealed record Column(string Name, ColumnKind Kind)
{
    /// <summary>Of a filter. One that is longer than any value of the column finds nothing, as it should.</summary>
    private const int LongestAsked = 200;

    public bool IsRequired { get; init; }

    /// <summary>Longest text, in characters.</summary>
    public int Longest { get; init; } = 200;

    /// <summary>The only words that it takes.</summary>
    public Choices? Choices { get; init; }

    public long Least { get; init; } = long.MinValue;

    public long Most { get; init; } = long.MaxValue;

    /// <summary>Bounds of a number that is not whole, both inclusive.</summary>
    public (double? Least, double? Most) Bounds { get; init; }

    /// <summary>Bounds of money: above the first, or at least the second, and at most the third.</summary>
    public (decimal? Above, decimal? Least, decimal? Most) Sum { get; init; }

    /// <summary>The table whose row's id it holds, and what such a row is called.</summary>
    public (string Table, string Record)? References { get; init; }

    /// <summary>What is stored where a client sends nothing.</summary>
    public object? Standard { get; init; }

    /// <summary>Whether it is a trading pair.</summary>
    public bool IsPair { get; init; }

    /// <summary>Whether it names the bot: a key that belongs to a bot fills it in.</summary>
    public bool IsBot { get; init; }

    /// <summary>What a SELECT names to read it. Another program may have stored a local time; the server's own columns are in UTC.</summary>
    public string Selection => Kind == ColumnKind.Time && !IsComputed ? $"time_of({Name})" : Name;

    /// <summary>What an UPDATE writes to set it to the parameter of its name.</summary>
    public string Assignment => Kind == ColumnKind.Time && !IsComputed ? $"set_time({Name}, @{Name})" : $"{Name} = @{Name}";

    /// <summary>
    /// Whether it is part of the key of the table: a record with the key of a stored one takes its place. The table has a unique index on
    /// exactly these expressions, in the order of the columns.
    /// </summary>
    public bool IsKey { get; init; }

    /// <summary>What is wrong with a text, as a phrase that follows its name; null if nothing is.</summary>
    public Func<string, string?>? Problem { get; init; }

    /// <summary>The expression by which the key compares it.</summary>
    public string KeyPart => Kind == ColumnKind.Time ? $"time_key({Name})" : AsCompared;

    /// <summary>Whether only the server fills it in, so that no client may send it.</summary>
    public bool IsComputed { get; init; }

    /// <summary>Stored in small letters, or in capitals; null is as it was sent.</summary>
    public bool? InCapitals { get; init; }

    /// <summary>Whether it is compared in any case, though it is stored as it was sent.</summary>
    public bool AnyCase { get; init; }

    /// <summary>What the list's filter of the same name does, in a sentence; null where there is none.</summary>
    public string? Filter { get; init; }

    /// <summary>Whether a time may be in the future, such as that of an end.</summary>
    public bool MayBeAhead { get; init; }

    /// <summary>The most items of a list of words, which is stored as its JSON; null for anything else. The field's converter checks the words.</summary>
    public int? MostWords { get; init; }

    /// <summary>A moment that is not in the future; now, where a client leaves it out and it is the time of the record.</summary>
    public static Column Time(string name) => new(name, ColumnKind.Time);

    /// <summary>Text of at most <paramref name="longest"/> characters; where it is required, not only white space.</summary>
    public static Column Text(string name, int longest, bool required = false) => new(name, ColumnKind.Text) { Longest = longest, IsRequired = required };

    /// <summary>A trading pair, which every list can be filtered by.</summary>
    public static Column Pair(string name = "trading_pair") => new(name, ColumnKind.Text)
    { IsPair = true, IsRequired = true, Longest = TradingPair.Longest, Filter = "Only this pair, in any case." };

    /// <summary>The bot whose record it is.</summary>
    public static Column Bot(bool required = false) => new("bot_name", ColumnKind.Text) { IsBot = true, IsRequired = required, Longest = 100, Filter = "Only this bot's." };

    /// <summary>One of a few words, in any case.</summary>
    public static Column OneOf(string name, Choices choices, bool required = false, string? standard = null) =>
        new(name, ColumnKind.Text) { Choices = choices, IsRequired = required, Standard = standard };

    public static Column Whole(string name, long least = long.MinValue, long most = long.MaxValue, bool required = false) =>
        new(name, ColumnKind.Whole) { Least = least, Most = most, IsRequired = required };

    /// <summary>The id of a stored row of another table.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="table">The other table.</param>
    /// <param name="record">What its rows are called in a refusal, such as "signal".</param>
    public static Column Reference(string name, string table, string record) => new(name, ColumnKind.Whole) { Least = 1, References = (table, record) };

    /// <summary>Money, a price or a quantity.</summary>
    public static Column Money(string name, decimal? above = null, decimal? least = null, bool required = false, decimal? most = null) =>
        new(name, ColumnKind.Money) { Sum = (above, least, most), IsRequired = required };

    /// <summary>A figure that is not money.</summary>
    public static Column Number(string name, double? least = null, double? most = null, bool required = false) =>
        new(name, ColumnKind.Number) { Bounds = (least, most), IsRequired = required };

    /// <summary>An object or a list. Its field has the converter <see cref="StructureJson"/>; a text of another program that is no JSON is read as text.</summary>
    public static Column Json(string name) => new(name, ColumnKind.Json);

    /// <summary>A list of at most <paramref name="most"/> words, stored as its JSON.</summary>
    public static Column Words(string name, int most) => new(name, ColumnKind.Text) { MostWords = most };

    /// <summary>What the server computes.</summary>
    public static Column Computed(string name, ColumnKind kind) => new(name, kind) { IsComputed = true };

    /// <summary>The value as it is stored: in the column's own spelling, and its standard where there is none.</summary>
    public object? Stored(object? value) => value switch
    {
        null => Standard,
        string text when Choices is not null => Choices.Find(text),
        string text when InCapitals is { } capitals => capitals ? TradingPair.Upper(text) : text.ToLowerInvariant(),
        _ => value,
    };

    /// <summary>Gives the value to the parameter of the column's name.</summary>
    /// <exception cref="InvalidCastException">The value is of another kind.</exception>
    public void Bind(Statement statement, object? value) => _ = Kind switch
    {
        ColumnKind.Text => statement.Set(Name, (string?)value),
        ColumnKind.Whole => statement.Set(Name, (long?)value),
        ColumnKind.Number => statement.Set(Name, (double?)value),
        ColumnKind.Money => statement.Set(Name, (decimal?)value),
        ColumnKind.Json => statement.Set(Name, value is JsonElement json ? JsonText.Of(json, ContractJson.Default.JsonElement) : null),
        _ => statement.Set(Name, (DateTimeOffset?)value),
    };

    /// <summary>The value in a row; null where another program stored one of another kind.</summary>
    public object? Read(Row row, int ordinal) => Kind switch
    {
        ColumnKind.Text => row.Text(ordinal),
        ColumnKind.Whole => row.Whole(ordinal),
        ColumnKind.Number => row.Number(ordinal),
        ColumnKind.Money => row.Money(ordinal),
        ColumnKind.Json => JsonText.Stored(row.Text(ordinal)),
        _ => row.Time(ordinal),
    };

    /// <summary>The condition of the filter. Words and pairs may be stored in any case; there is an index on this very expression.</summary>
    public string Condition => $"{AsCompared} = @{Name}";

    /// <summary>The filter as a parameter of a request.</summary>
    public QueryParameter Parameter => Kind == ColumnKind.Whole
        ? new(Name, QueryKind.Whole, Filter!) { Least = Least, Most = Most }
        : new(Name, QueryKind.Text, Filter!) { Choices = Choices, Longest = IsPair ? Longest : LongestAsked, Problem = Problem, Upper = IsPair || InCapitals == true, Lower = AnyCase };

    /// <summary>How much a filter by it leaves, as far as that can be known: less first.</summary>
    public int Selectivity => Kind == ColumnKind.Whole ? 0 : IsPair ? 1 : Choices is null ? 2 : 3;

    private string AsCompared => Choices?.ReadFrom(Name) ?? (IsPair ? true : AnyCase ? false : InCapitals) switch
    {
        true => $"upper({Name})",
        false => $"lower({Name})",
        null => Name,
    };
}
