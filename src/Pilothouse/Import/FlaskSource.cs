using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Import;

/// <summary>
/// A file of the seed's other Python code, whose tables have <c>symbol</c> and <c>strength</c>: the server refuses to open it, and its rows
/// are stored here instead.
/// </summary>
internal sealed class FlaskSource : ImportSource
{
    public const string Bot = "rl_trading_bot";

    private const int Page = 500;

    private readonly ForeignFile file;
    private readonly string botName;
    private readonly TimeText ofNow;
    private readonly TimeText utc = new(TimeZoneInfo.Utc, DateOrder.Unknown);
    private readonly List<(FlaskTable Table, Sql Rows)> tables = [];
    private readonly long count;
    private long read;
    private int at;
    private long last = long.MinValue;
    private long ownProfits;
    private long rounded;

    /// <param name="path">The file.</param>
    /// <param name="botName">The bot of its rows, which name none.</param>
    /// <param name="zone">The zone of the times that Python's datetime.now() wrote, which have a fraction of a second.</param>
    /// <exception cref="ImportRefusedException">It is no such file.</exception>
    public FlaskSource(string path, string botName, TimeZoneInfo zone)
    {
        file = ForeignFile.Open(path);
        this.botName = botName;
        ofNow = new(zone, DateOrder.Unknown);
        try
        {
            Demand();
            foreach (var table in FlaskTable.All.Where(table => file.ColumnsOf(table.Name).Contains("id")))
            {
                tables.Add((table, new(Select(table))));
                count += file.Count($"SELECT count(*) FROM {table.Name}");
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override string Kind => "flask";

    public override string Name => $"flask:{botName}";

    public override string Path => file.Path;

    public override double Part => count == 0 ? 1 : Math.Min(1, (double)read / count);

    public override IEnumerable<string> Understood
    {
        get
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"A file of the seed's Python code with {count:N0} rows in {string.Join(", ", tables.Select(static table => table.Table.Name))}.");
            yield return $"Its rows get the bot_name {PrintableText.Name(botName)} where they name none.";
        }
    }

    public override IEnumerable<string> Notes
    {
        get
        {
            if (ownProfits > 0)
            {
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"{ownProfits:N0} closed {(ownProfits == 1 ? "trade has" : "trades have")} another pnl in the file than prices and quantity make: it is computed here, from those.");
            }

            if (rounded > 0)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{rounded:N0} values of whole numbers had a fraction, and were rounded.");
            }

            foreach (var other in file.Tables().Except(FlaskTable.All.Select(static table => table.Name)).Order(StringComparer.Ordinal))
            {
                var rows = file.Count($"SELECT count(*) FROM \"{other.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
                if (rows > 0)
                {
                    yield return string.Create(CultureInfo.InvariantCulture, $"The table {PrintableText.Name(other)} with {rows:N0} rows was not read.");
                }
            }
        }
    }

    public override async ValueTask<ImportPage?> NextAsync()
    {
        while (at < tables.Count)
        {
            var (table, statement) = tables[at];
            var found = await file.ReadAsync(session => session.Prepare(statement).Set("after", (long?)last).ListAsync(row => RowOf(table, row)));
            if (found.Count == 0)
            {
                at++;
                last = long.MinValue;
                continue;
            }

            read += found.Count;
            last = found[^1].Id;
            return new([.. found.Select(static row => row.Row).OfType<ImportedRow>()], [.. found.Select(static row => row.LeftOut).OfType<LeftOutRow>()]);
        }

        return null;
    }

    public override void Dispose() => file.Dispose();

    private void Demand()
    {
        var (signals, trades) = (file.ColumnsOf("signals"), file.ColumnsOf("trades"));
        if (signals.Contains("trading_pair") || trades.Contains("trading_pair"))
        {
            throw new ImportRefusedException($"{Path} has the columns of a trading_bot.db: set DATABASE_PATH to it, and the server opens it. This command is for files with the columns symbol and strength.");
        }

        if (trades.Contains("open_rate"))
        {
            throw new ImportRefusedException($"{Path} is a database of freqtrade: `pilothouse import freqtrade` reads it.");
        }

        if (!signals.Contains("symbol") && !trades.Contains("symbol"))
        {
            throw new ImportRefusedException($"{Path} is no file of the seed's Python code: neither signals nor trades has a column symbol.");
        }
    }

    private string Select(FlaskTable table)
    {
        var signal = table.Name == "trades" && file.ColumnsOf("trades").Contains("signal_id")
            ? $"signal_id || '@' || (SELECT coalesce(s.{file.Select("signals", "timestamp")}, '') FROM signals AS s WHERE s.id = trades.signal_id)" : "NULL";
        var fields = table.Fields.Select(field => file.Select(table.Name, field.From)).Select(static column => $"CAST({column} AS TEXT)");
        return $"""
            SELECT id, coalesce({file.Select(table.Name, "timestamp")}, ''), {file.Select(table.Name, "pnl")}, {(file.ColumnsOf("signals").Contains("id") ? signal : "NULL")},
              {string.Join(", ", fields)}
            FROM {table.Name} WHERE id > @after ORDER BY id LIMIT {Page.ToString(CultureInfo.InvariantCulture)}
            """;
    }

    private (long Id, ImportedRow? Row, LeftOutRow? LeftOut) RowOf(FlaskTable table, Row row)
    {
        var id = row.Id(0);
        var name = string.Create(CultureInfo.InvariantCulture, $"{table.Name} {id}");
        var key = string.Create(CultureInfo.InvariantCulture, $"{id}@{row.Text(1)}");
        var body = new RecordBody();
        string? problem = null;
        var said = new Dictionary<string, string>();
        foreach (var (field, column) in table.Fields.Select(static (field, index) => (field, index + 4)))
        {
            if (row.Text(column) is not { Length: > 0 } text || (problem = Add(body, field, text)) is not null)
            {
                if (problem is not null)
                {
                    return (id, null, new(table.Name, name, $"{field.Name} {problem}"));
                }

                continue;
            }

            said[field.Name] = text;
        }

        if (!said.ContainsKey("timestamp"))
        {
            return (id, null, new(table.Name, name, "Its timestamp is missing"));
        }

        if (table.Name is "signals" or "trades" or "chart_analyses" or "model_checkpoints" || (table.Name == "bot_status" && !said.ContainsKey("bot_name")))
        {
            body.Add("bot_name", botName);
        }

        if (table.Name == "trades")
        {
            body.Add("external_id", string.Create(CultureInfo.InvariantCulture, $"{Name}:{id}"));
            NoteProfit(said, row.Money(2));
        }

        if (table.Name == "cost_analytics")
        {
            var cached = said.GetValueOrDefault("cache_hits") == "1";
            body.Add("api_calls", cached ? 0m : 1m).Add("cache_misses", cached ? 0m : 1m);
        }

        return (id, new(table.Name, key, name, body.Done()) { SignalKey = row.Text(3) }, null);
    }

    private void NoteProfit(Dictionary<string, string> said, decimal? pnl)
    {
        if (pnl is { } stored && (double)stored is var own && Number("entry_price") is { } entry && Number("exit_price") is { } exit && Number("quantity") is { } quantity
            && Math.Abs(own - ((exit - entry) * quantity * (said.GetValueOrDefault("side")?.ToUpperInvariant() is "SELL" or "SHORT" ? -1 : 1) - (Number("fees") ?? 0))) > 0.005)
        {
            ownProfits++;
        }

        double? Number(string field) => double.TryParse(said.GetValueOrDefault(field), CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private string? Add(RecordBody body, FlaskField field, string text)
    {
        string? problem = null;
        switch (field.Kind)
        {
            case 't' or 'x' when field.Kind == 't' || NumberText.Read(text, '.') is null:
                body.Add(field.Name, text);
                return null;
            case 'd':
                body.Add(field.Name, (text.Contains('.', StringComparison.Ordinal) ? ofNow : utc).Read(text, out problem));
                return problem;
            default:
                if (NumberText.Read(text, '.') is not { } number)
                {
                    return "is no number";
                }

                rounded += field.Kind == 'w' && number != decimal.Round(number) ? 1 : 0;
                body.Add(field.Name, field.Kind switch { 'w' => decimal.Round(number, MidpointRounding.AwayFromZero), 'b' => number == 0 ? 0m : 1m, _ => number });
                return null;
        }
    }
}
