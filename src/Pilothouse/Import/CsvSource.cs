using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pilothouse.Contract;

namespace Pilothouse.Import;

/// <summary>
/// A CSV file with a line of headings. A row is known again by its external_id; without one, a trade by its opening, and any other row by
/// all of its values: so a trade that has closed since changes ours, and a row that is there twice is stored twice.
/// </summary>
internal sealed class CsvSource : ImportSource
{
    private const int Page = 1000;
    private static readonly string[] Opening = ["timestamp", "trading_pair", "side", "entry_price", "quantity"];

    private readonly RecordTarget target;
    private readonly CsvOptions options;
    private readonly CsvPlan plan;
    private readonly CsvReader reader;
    private readonly TimeText times;
    private readonly List<Column> fields;
    private readonly Dictionary<string, int> seen = [];
    private long ownProfits;

    /// <exception cref="ImportRefusedException">It cannot be told how to read it.</exception>
    public CsvSource(string path, RecordTarget target, CsvOptions options)
    {
        Path = path;
        this.target = target;
        this.options = options;
        plan = CsvPlan.Of(path, target, options);
        times = new(options.Zone, plan.Dates);
        fields = [.. target.Table.Columns.Where(column => !column.IsComputed && (plan.Columns.ContainsKey(column.Name) || options.Fixed.ContainsKey(column.Name)
            || (column.IsBot && options.BotName is not null)))];
        reader = new(path, plan.Delimiter);
        reader.Next();
    }

    public override string Kind => "csv";

    public override string Name => options.BotName is { } bot ? $"csv:{bot}" : "csv";

    public override string Path { get; }

    public override double Part => reader.Part;

    public override IEnumerable<string> Understood
    {
        get
        {
            var delimiter = plan.Delimiter switch { ',' => "a comma", ';' => "a semicolon", '\t' => "a tab", var other => $"a {other}" };
            yield return $"Between the values is {delimiter}; numbers have a decimal {(plan.Point == ',' ? "comma" : "point")}, and times without a zone are in {options.Zone.Id}{(plan.Dates switch
            {
                DateOrder.DayFirst => ", the day before the month",
                DateOrder.MonthFirst => ", the month before the day",
                _ => "",
            })}.";
            foreach (var one in fields)
            {
                yield return one.Name + " <- " + (plan.Columns.TryGetValue(one.Name, out var column)
                    ? $"{PrintableText.Name(plan.Headings[column])}{(plan.Guessed.Contains(one.Name) ? " (guessed)" : "")}, such as {(plan.Examples[column].Length == 0 ? "nothing" : PrintableText.Name(plan.Examples[column]))}"
                    : $"always {PrintableText.Name(options.Fixed.GetValueOrDefault(one.Name) ?? options.BotName!)}");
            }

            var unread = plan.Headings.Where((heading, column) => heading.Length > 0 && !plan.Columns.Values.Contains(column)).Select(PrintableText.Name).ToList();
            if (unread.Count > 0)
            {
                yield return $"Not read: {string.Join(", ", unread)}.";
            }
        }
    }

    public override IEnumerable<string> Notes => ownProfits == 0 ? []
        : ["The profit of each trade is computed from its prices, its quantity, its fees and its funding; a column with one is not read."];

    public override ValueTask<ImportPage?> NextAsync()
    {
        var rows = new List<ImportedRow>();
        var leftOut = new List<LeftOutRow>();
        while (rows.Count + leftOut.Count < Page && reader.Next() is { } record)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"line {record.Line}");
            if (RowOf(record, name, out var problem) is { } row)
            {
                rows.Add(row);
            }
            else
            {
                leftOut.Add(new(target.Table.Name, name, problem!));
            }
        }

        return new(rows.Count + leftOut.Count == 0 ? null : new ImportPage(rows, leftOut));
    }

    public override void Dispose() => reader.Dispose();

    private ImportedRow? RowOf(CsvRecord record, string name, out string? problem)
    {
        problem = record.Values.Count == plan.Headings.Count ? null : "Its number of values is not that of the headings";
        var body = new RecordBody();
        var said = new Dictionary<string, string>();
        foreach (var field in problem is null ? fields : [])
        {
            var text = plan.Columns.TryGetValue(field.Name, out var column) ? record.Values[column].Trim() : "";
            text = text.Length > 0 ? text : options.Fixed.GetValueOrDefault(field.Name) ?? (field.IsBot ? options.BotName : null) ?? "";
            if (text.Length > 0 && !Add(body, field, text, said, out problem))
            {
                problem = $"{field.Name} {problem}";
                return null;
            }
        }

        if (problem is not null)
        {
            return null;
        }

        var isTrade = target.Table.Name == "trades";
        if (isTrade && said.ContainsKey("exit_price") && !said.ContainsKey("status"))
        {
            body.Add("status", "closed");
        }

        ownProfits += isTrade && said.ContainsKey("exit_price") ? 1 : 0;
        var key = said.GetValueOrDefault("external_id") ?? KeyOf(isTrade ? Opening.Select(part => said.GetValueOrDefault(part)) : said.Select(static value => $"{value.Key}={value.Value}"));
        if (!said.ContainsKey("external_id") && fields.Count > 0 && target.Table.Columns.Any(static column => column.Name == "external_id"))
        {
            body.Add("external_id", key);
        }

        return new(target.Table.Name, key, name, body.Done());
    }

    private bool Add(RecordBody body, Column field, string text, Dictionary<string, string> said, out string? problem)
    {
        problem = null;
        switch (field.Kind)
        {
            case ColumnKind.Text when field.MostWords is not null:
                body.Add(field.Name, text.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries));
                said[field.Name] = text;
                return true;
            case ColumnKind.Text:
                body.Add(field.Name, text);
                said[field.Name] = text;
                return true;
            case ColumnKind.Time:
                var time = times.Read(text, out problem);
                body.Add(field.Name, time);
                said[field.Name] = time?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture) ?? "";
                return time is not null;
            default:
                var number = NumberText.Read(text, plan.Point);
                problem = number is null ? "is no number" : null;
                body.Add(field.Name, number);
                said[field.Name] = number?.ToString(CultureInfo.InvariantCulture) ?? "";
                return number is not null;
        }
    }

    private string KeyOf(IEnumerable<string?> values)
    {
        var hash = "csv:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', values))).AsSpan(0, 10));
        var times = seen[hash] = seen.GetValueOrDefault(hash) + 1;
        return times == 1 ? hash : string.Create(CultureInfo.InvariantCulture, $"{hash}#{times}");
    }
}
