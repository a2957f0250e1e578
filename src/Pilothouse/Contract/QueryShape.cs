using System.Globalization;
using Microsoft.Extensions.Primitives;
using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>What a query parameter holds.</summary>
internal enum QueryKind
{
    Text,
    Whole,
    Money,
    Time,

    /// <summary>A time; a date alone means the end of that day.</summary>
    TimeTo,
    Cursor,
    TimeZone,
}

/// <summary>One query parameter: how it is read, and its description for the OpenAPI document.</summary>
internal sealed record QueryParameter(string Name, QueryKind Kind, string Description)
{
    public long Least { get; init; } = long.MinValue;

    public long Most { get; init; } = long.MaxValue;

    /// <summary>Whether a value above <see cref="Most"/> is lowered to it and not refused.</summary>
    public bool CutToMost { get; init; }

    public string? Default { get; init; }

    public Choices? Choices { get; init; }

    /// <summary>Whether a request without it is refused.</summary>
    public bool IsRequired { get; init; }

    /// <summary>What is wrong with a text, as a phrase that follows its name; null if nothing is.</summary>
    public Func<string, string?>? Problem { get; init; }

    public int Longest { get; init; } = 200;

    /// <summary>Whether the value is converted to capitals, because the index contains capitals.</summary>
    public bool Upper { get; init; }

    /// <summary>Whether the value is converted to small letters, because the index contains small letters.</summary>
    public bool Lower { get; init; }

    public static QueryParameter Limit(int standard) => new("limit", QueryKind.Whole, "How many records at most; more than 500 is cut to 500.")
    { Least = 1, Most = 500, CutToMost = true, Default = standard.ToString(CultureInfo.InvariantCulture) };

    /// <summary>The limit of a list without pages.</summary>
    public static QueryParameter MostOf(string what) => Limit(500) with { Default = null, Description = $"How many {what} at most; all, where it is left out." };

    public static readonly QueryParameter Cursor = new("cursor", QueryKind.Cursor, "Where the last page ended: its next_cursor.") { Longest = 400 };

    public static readonly QueryParameter Pair = new("trading_pair", QueryKind.Text, "Only this pair, in any case.") { Longest = TradingPair.Longest, Upper = true };

    public static readonly QueryParameter From = new("from_date", QueryKind.Time, "Only from this time on, inclusive; ISO 8601, UTC without a zone.");

    public static readonly QueryParameter To = new("to_date", QueryKind.TimeTo, "Only up to this time, inclusive; a date alone means the end of that day.");

    public static readonly QueryParameter BotName = Text("bot_name", "Only this bot's.");

    public static readonly QueryParameter Hours = new("hours", QueryKind.Whole, "How far back, in hours.") { Least = 1, Most = 87_600, Default = "24" };

    public static readonly QueryParameter PeriodDays = new("period_days", QueryKind.Whole, "Over how many days the figure was made.") { Least = 1, Most = 87_600, Default = "7" };

    public static QueryParameter OneOf(string name, string description, Choices choices, string? standard = null) =>
        new(name, QueryKind.Text, description) { Choices = choices, Default = standard };

    public static QueryParameter Text(string name, string description, string? standard = null) => new(name, QueryKind.Text, description) { Default = standard };
}

/// <summary>The query parameters of one endpoint. <see cref="QueryNames"/> checks the names that are not among them.</summary>
internal sealed class QueryShape(params QueryParameter[] parameters)
{
    /// <summary>The shape of an operation without parameters.</summary>
    public static readonly QueryShape None = new();

    public IReadOnlyList<QueryParameter> Parameters => parameters;

    /// <summary>Reads and checks the parameters; throws a refusal that names every wrong one.</summary>
    public QueryValues Read(IQueryCollection? sent)
    {
        var values = new QueryValues(parameters);
        List<FieldError>? errors = null;
        foreach (var parameter in parameters)
        {
            var text = sent?[parameter.Name] ?? StringValues.Empty;
            var problem = text.Count > 1 ? "is there twice"
                : values.Take(parameter, text.Count == 0 || text[0]!.Length == 0 ? parameter.Default : text[0])
                    ?? (parameter.IsRequired && !values.Has(parameter.Name) ? InputRules.IsRequired : null);
            if (problem is not null)
            {
                (errors ??= []).Add(new(parameter.Name, problem));
            }
        }

        foreach (var (from, to) in new[] { ("from_date", "to_date"), ("closed_from", "closed_to"), ("from", "to") })
        {
            if (values.Time(from) is { } start && values.Time(to) is { } end && start > end)
            {
                (errors ??= []).Add(new(from, $"must not be after {to}"));
            }
        }

        return errors is null ? values : throw Refusal.Invalid(errors);
    }
}

/// <summary>The checked values of one request's query.</summary>
internal sealed class QueryValues(QueryParameter[] parameters)
{
    /// <summary>The values of a request without parameters.</summary>
    public static readonly QueryValues None = new([]);

    /// <summary>The time of the request, for lists whose rows expire; else null.</summary>
    public DateTimeOffset? Now { get; set; }

    private readonly object?[] values = new object?[parameters.Length];

    public bool Has(string name) => Find(name) is not null;

    public string? Text(string name) => Find(name) as string;

    public int Whole(string name) => checked((int)(Find(name) as long? ?? 0));

    public long? Number(string name) => Find(name) as long?;

    public decimal? Money(string name) => Find(name) as decimal?;

    /// <summary>Returns the names of the parameters that have a value, as a list in words; null if there are none.</summary>
    public string? Named()
    {
        var named = parameters.Where((_, i) => values[i] is not null).Select(static parameter => parameter.Name).ToList();
        return named.Count == 0 ? null : string.Join(" and ", named);
    }

    public DateTimeOffset? Time(string name) => Find(name) as DateTimeOffset?;

    public TimeZoneInfo Zone(string name) => Find(name) as TimeZoneInfo ?? TimeZoneInfo.Utc;

    /// <summary>Parses one value and keeps it.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? Take(QueryParameter parameter, string? text)
    {
        if (text is null)
        {
            return null;
        }

        var (value, problem) = Parse(parameter, text);
        values[Array.IndexOf(parameters, parameter)] = value;
        return problem;
    }

    private object? Find(string name)
    {
        for (var i = 0; i < parameters.Length; i++)
        {
            if (ReferenceEquals(parameters[i].Name, name) || parameters[i].Name == name)
            {
                return values[i];
            }
        }

        return null;
    }

    private static (object? Value, string? Problem) Parse(QueryParameter parameter, string text) => parameter.Kind switch
    {
        QueryKind.Whole => Whole(parameter, text),
        QueryKind.Money => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var money) && money > 0
            ? Exact.ToDecimal(Exact.ToDouble(money)) == money ? (money, null) : (null, "has too many digits: round it to at most 15")
            : (null, "must be an amount greater than 0"),
        QueryKind.Time or QueryKind.TimeTo => Time(parameter.Kind, text),
        QueryKind.Cursor => (text, null),
        QueryKind.TimeZone => TimeZones.Find(text) is { } zone ? (zone, null) : (null, "must be a time zone such as Europe/Berlin"),
        _ => Words(parameter, text),
    };

    private static (object? Value, string? Problem) Words(QueryParameter parameter, string text)
    {
        if (text.Length > parameter.Longest)
        {
            return (null, $"must be at most {parameter.Longest} characters long");
        }

        if (text.Contains('\0'))
        {
            return (null, "must not contain the character U+0000");
        }

        if (parameter.Problem?.Invoke(text) is { } problem)
        {
            return (null, problem);
        }

        return parameter.Choices is null ? (parameter.Upper ? TradingPair.Upper(text) : parameter.Lower ? TradingPair.Lower(text) : text, null)
            : parameter.Choices.Find(text) is { } choice ? (choice, null)
            : (null, $"must be one of {parameter.Choices}");
    }

    private static (object? Value, string? Problem) Whole(QueryParameter parameter, string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return (null, "must be a whole number");
        }

        if (number > parameter.Most && parameter.CutToMost)
        {
            return (parameter.Most, null);
        }

        return number < parameter.Least || number > parameter.Most
            ? (null, parameter.Most == long.MaxValue || parameter.CutToMost ? $"must be at least {parameter.Least}" : $"must be from {parameter.Least} to {parameter.Most}")
            : (number, null);
    }

    private static (object? Value, string? Problem) Time(QueryKind kind, string text)
    {
        // A + that was not escaped in the URL arrives as a space.
        if (!Timestamps.TryParse(text, out var time, out var dateOnly) && !Timestamps.TryParse(PlusForSpace(text), out time, out dateOnly))
        {
            return (null, "must be a time such as 2025-10-07T12:00:00Z or a date such as 2025-10-07");
        }

        return (dateOnly && kind == QueryKind.TimeTo ? time.AddTicks(TimeSpan.TicksPerDay - 10) : time, null);
    }

    private static string PlusForSpace(string text)
    {
        var last = text.LastIndexOf(' ');
        return last > 10 ? string.Concat(text.AsSpan(0, last), "+", text.AsSpan(last + 1)) : text;
    }
}
