using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Pilothouse.Contract;

/// <summary>A request body: an init record whose properties are all nullable, so that a missing value differs from zero.</summary>
internal interface IInput<TSelf>
    where TSelf : class, IInput<TSelf>
{
    /// <summary>The rules of each field. Every door checks them, and the OpenAPI document shows them.</summary>
    static abstract InputRules<TSelf> Rules { get; }
}

/// <summary>The rule of one field as data, for the OpenAPI document.</summary>
/// <param name="Least">The smallest value; for text, the smallest length.</param>
internal sealed record FieldRule(string Field, bool Required)
{
    public double? Above { get; init; }

    public double? Least { get; init; }

    public double? Most { get; init; }

    public int? Longest { get; init; }

    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>Whether it is an object or a list.</summary>
    public bool IsStructure { get; init; }
}

/// <summary>The rules of all input types.</summary>
internal abstract class InputRules
{
    public const string IsRequired = "is required";

    private static readonly ConcurrentDictionary<Type, InputRules> Known = new();

    private readonly List<FieldRule> fields = [];

    protected InputRules(Type input) => Known[input] = this;

    public IReadOnlyList<FieldRule> Fields => fields;

    public static InputRules? Of(Type input) => Known.GetValueOrDefault(input);

    protected void Note(FieldRule rule) => fields.Add(rule);
}

/// <summary>
/// The rules of <typeparamref name="T"/>, one line per field. All fields are checked, and all errors are reported together.
/// </summary>
internal sealed class InputRules<T>() : InputRules(typeof(T))
    where T : class
{
    private readonly List<(string Field, Func<T, string?> Check)> checks = [];
    private readonly List<(string Field, Func<T, DateTimeOffset?> Time)> times = [];

    public IReadOnlyList<string> RecordColumns { get; private set; } = [];

    /// <summary>Why a body may have no other names, as a phrase that follows a name; null if others have no effect.</summary>
    public string? OthersRefused { get; private set; }

    /// <summary>Text of at most <paramref name="longest"/> characters. If it is required, white space alone is refused.</summary>
    public InputRules<T> Text(string field, Func<T, string?> value, bool required = false, int longest = 200) =>
        Add(new(field, required) { Longest = longest }, input => value(input) switch
        {
            null => required ? IsRequired : null,
            var text when text.Length > longest => $"must be at most {longest} characters long",
            var text when required && string.IsNullOrWhiteSpace(text) => "must not be empty",
            _ => null,
        });

    /// <summary>Text of a form of its own.</summary>
    public InputRules<T> Text(string field, Func<T, string?> value, Func<string, string?> problem, bool required, int longest) =>
        Add(new(field, required) { Longest = longest }, input => value(input) is { } text ? problem(text) : required ? IsRequired : null);

    /// <summary>
    /// A name that is shown in lists and logs: not blank, and without invisible characters or those that control a terminal.
    /// </summary>
    public InputRules<T> Name(string field, Func<T, string?> value, bool required = false) =>
        Add(new(field, required) { Longest = PrintableText.LongestName }, input => value(input) switch
        {
            null => required ? IsRequired : null,
            var text => PrintableText.ProblemOfName(text),
        });

    /// <summary>A trading pair in the form of <see cref="TradingPair"/>.</summary>
    public InputRules<T> Pair(string field, Func<T, string?> value) =>
        Add(new(field, true) { Longest = TradingPair.Longest }, input => value(input) switch
        {
            null => IsRequired,
            var text => TradingPair.Problem(text),
        });

    /// <summary>One of a few words, in capitals or small letters.</summary>
    public InputRules<T> OneOf(string field, Func<T, string?> value, Choices choices, bool required = false) =>
        Add(new(field, required) { Choices = choices.All }, input => value(input) switch
        {
            null => required ? IsRequired : null,
            var text when choices.Find(text) is null => $"must be one of {choices}",
            _ => null,
        });

    /// <summary>A whole number.</summary>
    public InputRules<T> Whole(string field, Func<T, long?> value, long least = long.MinValue, long most = long.MaxValue, bool required = false) =>
        Add(new(field, required) { Least = least == long.MinValue ? null : least, Most = most == long.MaxValue ? null : most }, input => value(input) switch
        {
            null => required ? IsRequired : null,
            var number when number < least || number > most => Between(least, most),
            _ => null,
        });

    /// <summary>Money, a price or a quantity.</summary>
    public InputRules<T> Money(string field, Func<T, decimal?> value, bool required = false, decimal? above = null, decimal? least = null, decimal? most = null) =>
        Add(new(field, required) { Above = (double?)above, Least = (double?)least, Most = (double?)most }, input => value(input) switch
        {
            null => required ? IsRequired : null,
            var money when money <= above => string.Create(CultureInfo.InvariantCulture, $"must be greater than {above}"),
            var money when money < least => string.Create(CultureInfo.InvariantCulture, $"must be at least {least}"),
            var money when money > most => string.Create(CultureInfo.InvariantCulture, $"must be at most {most}"),
            _ => null,
        });

    /// <summary>A number that is not money.</summary>
    public InputRules<T> Number(string field, Func<T, double?> value, bool required = false, double? least = null, double? most = null) =>
        Add(new(field, required) { Least = least, Most = most }, input => value(input) switch
        {
            null => required ? IsRequired : null,
            var number when number < least || number > most => string.Create(CultureInfo.InvariantCulture, $"must be from {least} to {most}"),
            _ => null,
        });

    /// <summary>A time that must not be in the future, unless it may. Clocks may differ by 5 minutes.</summary>
    public InputRules<T> Time(string field, Func<T, DateTimeOffset?> value, bool required = false, bool mayBeAhead = false)
    {
        if (!mayBeAhead)
        {
            times.Add((field, value));
        }

        return Add(new(field, required), input => required && value(input) is null ? IsRequired : null);
    }

    /// <summary>A list of at most <paramref name="most"/> words. This is only for the OpenAPI document; the field's converter checks the list.</summary>
    public InputRules<T> Words(string field, int most)
    {
        Note(new(field, false) { Most = most });
        return this;
    }

    /// <summary>Declares names that a body may contain without effect, because they are columns of the stored record.</summary>
    public InputRules<T> Record(params IEnumerable<string> columns)
    {
        RecordColumns = [.. RecordColumns, .. columns];
        return this;
    }

    /// <summary>Refuses every name that is no field.</summary>
    /// <param name="why">A phrase that follows the name.</param>
    public InputRules<T> NoOthers(string why)
    {
        OthersRefused = why;
        return this;
    }

    /// <summary>An object or a list of any content.</summary>
    public InputRules<T> Structure(string field, Func<T, JsonElement?> value, bool required = false) =>
        Add(new(field, required) { IsStructure = true }, input => required && value(input) is null ? IsRequired : null);

    /// <summary>
    /// A list of at most <paramref name="most"/> objects. This is only for the OpenAPI document; the code that reads the list checks it.
    /// </summary>
    public InputRules<T> Items(string field, int most)
    {
        Note(new(field, true) { Least = 1, Most = most });
        return this;
    }

    /// <summary>A rule over several fields together, or one that has no method of its own here. It returns a phrase, or null.</summary>
    public InputRules<T> Also(string field, Func<T, string?> problem, bool required = false)
    {
        if (required)
        {
            Note(new(field, true));
        }

        checks.Add((field, problem));
        return this;
    }

    /// <summary>Throws a refusal that names every wrong field.</summary>
    public void Check(T input, DateTimeOffset now)
    {
        List<FieldError>? errors = null;
        foreach (var (field, check) in checks)
        {
            if (check(input) is { } problem)
            {
                (errors ??= []).Add(new(field, problem));
            }
        }

        foreach (var (field, time) in times)
        {
            if (time(input) > now.AddMinutes(5))
            {
                (errors ??= []).Add(new(field, "must not be more than 5 minutes in the future"));
            }
        }

        if (errors is not null)
        {
            throw Refusal.Invalid(errors);
        }
    }

    private static string Between(long least, long most) =>
        most == long.MaxValue ? $"must be at least {least}" : $"must be from {least} to {most}";

    private InputRules<T> Add(FieldRule rule, Func<T, string?> check)
    {
        Note(rule);
        checks.Add((rule.Field, check));
        return this;
    }
}
