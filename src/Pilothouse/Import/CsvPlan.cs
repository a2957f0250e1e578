using System.Globalization;
using Pilothouse.Contract;

namespace Pilothouse.Import;

/// <summary>What an owner says of a CSV file; null is found out.</summary>
/// <param name="Map">The heading of each field that he names.</param>
/// <param name="Fixed">The value of each field that all rows have.</param>
/// <param name="Delimiter">Between the values of a line.</param>
/// <param name="Point">The decimal point: a point or a comma.</param>
/// <param name="Dates">The order of dates with slashes.</param>
/// <param name="Zone">The zone of times without one.</param>
/// <param name="BotName">The bot of the rows that name none.</param>
internal sealed record CsvOptions(
    IReadOnlyDictionary<string, string> Map, IReadOnlyDictionary<string, string> Fixed, char? Delimiter, char? Point, DateOrder Dates, TimeZoneInfo Zone, string? BotName);

/// <summary>How a CSV file is read: what was said of it, and what its first rows tell.</summary>
internal sealed class CsvPlan
{
    private const int Sample = 1000;

    private CsvPlan(char delimiter, IReadOnlyList<string> headings) => (Delimiter, Headings) = (delimiter, headings);

    public char Delimiter { get; }

    public IReadOnlyList<string> Headings { get; }

    /// <summary>The column of each field.</summary>
    public required IReadOnlyDictionary<string, int> Columns { get; init; }

    /// <summary>The fields whose column was guessed.</summary>
    public required IReadOnlySet<string> Guessed { get; init; }

    public required char Point { get; init; }

    public required DateOrder Dates { get; init; }

    /// <summary>A value of each column, from the first row that has one.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>Reads the headings and the first rows of a file.</summary>
    /// <exception cref="ImportRefusedException">It cannot be told how to read it.</exception>
    public static CsvPlan Of(string path, RecordTarget target, CsvOptions options)
    {
        var fields = target.Table.Columns.Where(static column => !column.IsComputed).ToList();
        foreach (var name in options.Map.Keys.Concat(options.Fixed.Keys).Where(name => !fields.Exists(field => field.Name == name)))
        {
            var near = NearName.Find(name, fields.Select(static field => field.Name));
            throw new ImportRefusedException(
                $"{target.Name} have no field {PrintableText.Name(name)}{(near is null ? $"; they have {string.Join(", ", fields.Select(static field => field.Name))}" : $"; the right name is {near}")}.");
        }

        var delimiter = options.Delimiter ?? CsvReader.DelimiterOf(path);
        using var reader = new CsvReader(path, delimiter);
        var headings = reader.Next()?.Values ?? throw new ImportRefusedException($"{path} is empty.");
        headings = [.. headings.Select(static heading => heading.Trim())];
        var guessed = HeaderNames.Guess([.. fields.Where(field => !options.Map.ContainsKey(field.Name) && !options.Fixed.ContainsKey(field.Name))],
            [.. headings.Select(heading => options.Map.Values.Contains(heading) ? "" : heading)]);
        var columns = new Dictionary<string, int>(guessed);
        foreach (var (field, heading) in options.Map)
        {
            columns[field] = IndexOf(path, headings, heading);
        }

        Demand(target, fields, columns, options, headings);
        var examples = new string[headings.Count];
        Array.Fill(examples, "");
        var sample = new List<CsvRecord>();
        while (sample.Count < Sample && reader.Next() is { } record)
        {
            sample.Add(record);
            for (var i = 0; i < Math.Min(record.Values.Count, examples.Length); i++)
            {
                examples[i] = examples[i].Length > 0 ? examples[i] : record.Values[i].Trim();
            }
        }

        return new(delimiter, headings)
        {
            Columns = columns,
            Guessed = guessed.Keys.ToHashSet(),
            Examples = examples,
            Point = options.Point ?? PointOf(Values(sample, fields, columns, ColumnKind.Money, ColumnKind.Number, ColumnKind.Whole), delimiter),
            Dates = options.Dates != DateOrder.Unknown ? options.Dates : DatesOf(Values(sample, fields, columns, ColumnKind.Time)),
        };
    }

    private static void Demand(RecordTarget target, List<Column> fields, Dictionary<string, int> columns, CsvOptions options, IReadOnlyList<string> headings)
    {
        string[] lacking = [.. fields.Where(field => (field.IsRequired || field.Name == target.Table.Time)
                && !columns.ContainsKey(field.Name) && !options.Fixed.ContainsKey(field.Name) && !(field.IsBot && options.BotName is not null))
            .Select(static field => field.Name)];
        if (lacking.Length > 0)
        {
            throw new ImportRefusedException(
                $"No column was found for {string.Join(", ", lacking)}. The file has {string.Join(", ", headings.Select(PrintableText.Name))}: name the right ones with --map {lacking[0]}=COLUMN, or give all rows one value with --set {lacking[0]}=VALUE.");
        }
    }

    private static int IndexOf(string path, IReadOnlyList<string> headings, string heading)
    {
        for (var i = 0; i < headings.Count; i++)
        {
            if (headings[i].Equals(heading.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        throw new ImportRefusedException($"{path} has no column {PrintableText.Name(heading)}; it has {string.Join(", ", headings.Select(PrintableText.Name))}.");
    }

    private static List<string> Values(List<CsvRecord> sample, List<Column> fields, Dictionary<string, int> columns, params ColumnKind[] kinds) =>
        [.. fields.Where(field => kinds.Contains(field.Kind) && columns.ContainsKey(field.Name)).SelectMany(field => sample.Select(record =>
            record.Values.ElementAtOrDefault(columns[field.Name]) ?? "")).Where(static value => !string.IsNullOrWhiteSpace(value))];

    private static char PointOf(List<string> values, char delimiter)
    {
        var points = values.Select(NumberText.PointOf).OfType<char>().Distinct().ToList();
        if (points.Count == 1)
        {
            return points[0];
        }

        var doubtful = values.Find(points.Count == 2 ? static value => NumberText.PointOf(value) == ',' : NumberText.IsAmbiguous);
        return doubtful is null || (points.Count == 0 && delimiter == ',' && !doubtful.Contains(',', StringComparison.Ordinal)) ? '.' : throw new ImportRefusedException(string.Create(
            CultureInfo.InvariantCulture, $"It cannot be told whether {PrintableText.Name(doubtful)} has a decimal comma. Say it with --decimal comma or --decimal point."));
    }

    private static DateOrder DatesOf(List<string> values)
    {
        var orders = values.Select(TimeText.OrderOf).Where(static order => order != DateOrder.Unknown).Distinct().ToList();
        if (orders.Count == 1)
        {
            return orders[0];
        }

        return values.Find(TimeText.NeedsOrder) is not { } doubtful ? DateOrder.Unknown : throw new ImportRefusedException(
            $"It cannot be told whether {PrintableText.Name(doubtful)} begins with the day or the month. Say it with --dates day-first or --dates month-first.");
    }
}
