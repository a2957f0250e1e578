using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>What the values of a column are in C#: string, long, double, decimal or DateTimeOffset.</summary>
internal enum ColumnKind
{
    Text,
    Whole,
    Number,
    Money,
    Time,
}

/// <summary>
/// One column of a record table, declared once: what it holds, what a client may send for it, and whether lists can be filtered by it. Its
/// name is also the name of the JSON field. <see cref="Table{TInput}"/> makes SQL, rules and filters from it.
/// </summary>
internal sealed record Column(string Name, ColumnKind Kind)
{
    /// <summary>The longest filter, in characters. A filter that is longer than any value of the column correctly finds nothing.</summary>
    private const int LongestAsked = 200;

    public bool IsRequired { get; init; }

    /// <summary>Longest text, in characters.</summary>
    public int Longest { get; init; } = 200;

    /// <summary>The only words that it accepts; null for any text.</summary>
    public Choices? Choices { get; init; }

    public long Least { get; init; } = long.MinValue;

    public long Most { get; init; } = long.MaxValue;

    /// <summary>The bounds of a number that may have a fraction, both inclusive.</summary>
    public (double? Least, double? Most) Bounds { get; init; }

    /// <summary>The bounds of money: greater than the first, at least the second, at most the third.</summary>
    public (decimal? Above, decimal? Least, decimal? Most) Sum { get; init; }

    /// <summary>The value that is stored if a client sends none.</summary>
    public object? Standard { get; init; }

    /// <summary>Whether it is a trading pair.</summary>
    public bool IsPair { get; init; }

    /// <summary>Whether it names the bot. If an API key belongs to a bot, that bot is filled in.</summary>
    public bool IsBot { get; init; }

    /// <summary>Whether only the server fills it in. A client that sends it is ignored.</summary>
    public bool IsComputed { get; init; }

    /// <summary>Whether text is stored in capitals (true), in small letters (false), or as it was sent (null).</summary>
    public bool? InCapitals { get; init; }

    /// <summary>The description of the list's filter of this name; null if there is no filter.</summary>
    public string? Filter { get; init; }

    /// <summary>
    /// A time that is not in the future. If it is the record's own time and a client sends none, it is the time of the request.
    /// </summary>
    public static Column Time(string name) => new(name, ColumnKind.Time);

    /// <summary>Text of at most <paramref name="longest"/> characters. If it is required, white space alone is refused.</summary>
    public static Column Text(string name, int longest, bool required = false) => new(name, ColumnKind.Text) { Longest = longest, IsRequired = required };

    /// <summary>A trading pair. Every list can be filtered by it.</summary>
    public static Column Pair(string name = "trading_pair") => new(name, ColumnKind.Text)
    { IsPair = true, IsRequired = true, Longest = TradingPair.Longest, Filter = "Only this pair, in any case." };

    /// <summary>The bot that the record belongs to.</summary>
    public static Column Bot(bool required = false) => new("bot_name", ColumnKind.Text) { IsBot = true, IsRequired = required, Longest = 100, Filter = "Only this bot's." };

    /// <summary>One of a few words, in capitals or small letters.</summary>
    public static Column OneOf(string name, Choices choices, bool required = false, string? standard = null) =>
        new(name, ColumnKind.Text) { Choices = choices, IsRequired = required, Standard = standard };

    public static Column Whole(string name, long least = long.MinValue, long most = long.MaxValue, bool required = false) =>
        new(name, ColumnKind.Whole) { Least = least, Most = most, IsRequired = required };

    /// <summary>The id of a row of another table.</summary>
    public static Column Reference(string name) => new(name, ColumnKind.Whole) { Least = 1 };

    /// <summary>Money, a price or a quantity.</summary>
    public static Column Money(string name, decimal? above = null, decimal? least = null, bool required = false, decimal? most = null) =>
        new(name, ColumnKind.Money) { Sum = (above, least, most), IsRequired = required };

    /// <summary>A number that is not money.</summary>
    public static Column Number(string name, double? least = null, double? most = null, bool required = false) =>
        new(name, ColumnKind.Number) { Bounds = (least, most), IsRequired = required };

    /// <summary>A value that only the server computes.</summary>
    public static Column Computed(string name, ColumnKind kind) => new(name, kind) { IsComputed = true };

    /// <summary>Returns the value in the form in which it is stored: in the column's spelling, or the default if it is null.</summary>
    public object? Stored(object? value) => value switch
    {
        null => Standard,
        string text when Choices is not null => Choices.Find(text),
        string text when InCapitals is { } capitals => capitals ? TradingPair.Upper(text) : text.ToLowerInvariant(),
        _ => value,
    };

    /// <summary>Sets the parameter of the column's name to the value.</summary>
    /// <exception cref="InvalidCastException">The value has another type than the column.</exception>
    public void Bind(Statement statement, object? value) => _ = Kind switch
    {
        ColumnKind.Text => statement.Set(Name, (string?)value),
        ColumnKind.Whole => statement.Set(Name, (long?)value),
        ColumnKind.Number => statement.Set(Name, (double?)value),
        ColumnKind.Money => statement.Set(Name, (decimal?)value),
        _ => statement.Set(Name, (DateTimeOffset?)value),
    };

    /// <summary>Reads the value from a row; null if another program stored a value of another type.</summary>
    public object? Read(Row row, int ordinal) => Kind switch
    {
        ColumnKind.Text => row.Text(ordinal),
        ColumnKind.Whole => row.Whole(ordinal),
        ColumnKind.Number => row.Number(ordinal),
        ColumnKind.Money => row.Money(ordinal),
        _ => row.Time(ordinal),
    };

    /// <summary>
    /// The SQL condition of the filter. Words and pairs may be stored in any case, so it compares upper() or lower() of them; there is an
    /// index on exactly this expression.
    /// </summary>
    public string Condition => $"{AsCompared} = @{Name}";

    /// <summary>The filter as a parameter of a request.</summary>
    public QueryParameter Parameter => Kind == ColumnKind.Whole
        ? new(Name, QueryKind.Whole, Filter!) { Least = Least, Most = Most }
        : new(Name, QueryKind.Text, Filter!) { Choices = Choices, Longest = IsPair ? Longest : LongestAsked, Upper = IsPair || InCapitals == true };

    /// <summary>The order in which filters choose an index: a lower number leaves fewer rows.</summary>
    public int Selectivity => Kind == ColumnKind.Whole ? 0 : IsPair ? 1 : Choices is null ? 2 : 3;

    private string AsCompared => Choices?.ReadFrom(Name) ?? (IsPair ? true : InCapitals) switch
    {
        true => $"upper({Name})",
        false => $"lower({Name})",
        null => Name,
    };
}
