using System.Globalization;
using Pilothouse.Storage;

namespace Pilothouse.Import;

/// <summary>The database of a freqtrade bot, of any version since 2018.</summary>
internal sealed class FreqtradeSource : ImportSource
{
    public const string Bot = "freqtrade";

    private const int Page = 500;

    private static readonly string[] Needed = ["id", "pair", "is_open", "open_rate", "amount", "open_date", "stake_amount"];

    private readonly ForeignFile file;
    private readonly FreqtradeTranslation translation;
    private readonly Sql trades;
    private readonly Sql? orders;
    private readonly long count;
    private readonly bool isPaper;
    private long read;
    private long last = long.MinValue;

    /// <param name="path">The file.</param>
    /// <param name="botName">The bot that the trades get.</param>
    /// <param name="mode">Their mode; null to tell it from the file.</param>
    /// <exception cref="ImportRefusedException">It is no database of freqtrade.</exception>
    public FreqtradeSource(string path, string botName, string? mode)
    {
        file = ForeignFile.Open(path);
        try
        {
            Demand();
            var hasOrders = file.ColumnsOf("orders").Contains("ft_trade_id");
            count = file.Count("SELECT count(*) FROM trades");
            isPaper = System.IO.Path.GetFileName(path).Contains("dryrun", StringComparison.OrdinalIgnoreCase)
                || (hasOrders && file.Count("SELECT 1 FROM orders WHERE order_id LIKE 'dry_run%' LIMIT 1") == 1);
            Name = $"{Bot}:{botName}";
            translation = new(Name, botName, mode ?? (isPaper ? "paper" : "auto"));
            trades = new($"SELECT {Selection("trades", FreqtradeTrade.Columns)} FROM trades WHERE id > @after ORDER BY id LIMIT {Page.ToString(CultureInfo.InvariantCulture)}");
            orders = hasOrders ? new($"SELECT {Selection("orders", FreqtradeOrder.Columns)} FROM orders WHERE ft_trade_id BETWEEN @first AND @last ORDER BY id") : null;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override string Kind => Bot;

    public override string Name { get; }

    public override string Path => file.Path;

    public override double Part => count == 0 ? 1 : Math.Min(1, (double)read / count);

    public override IEnumerable<string> Understood
    {
        get
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"A database of freqtrade with {count:N0} trades{(orders is null ? ", of a version without orders" : "")}.");
            yield return $"Its trades get the external_id {Name}:ID and the mode {translation.Mode}{(translation.Mode == "paper" && isPaper ? ", because its orders are those of a dry run" : "")}.";
        }
    }

    public override IEnumerable<string> Notes => [.. translation.Notes, .. Unread("trades", FreqtradeTrade.Columns, FreqtradeTrade.NotNeeded), .. Unread("orders", FreqtradeOrder.Columns, FreqtradeOrder.NotNeeded)];

    public override async ValueTask<ImportPage?> NextAsync()
    {
        var (found, ofTrades) = await file.ReadAsync(async session =>
        {
            var page = await session.Prepare(trades).Set("after", (long?)last).ListAsync(FreqtradeTrade.Read);
            var filled = page.Count == 0 || orders is null ? []
                : await session.Prepare(orders).Set("first", (long?)page[0].Id).Set("last", (long?)page[^1].Id).ListAsync(FreqtradeOrder.Read);
            return (page, filled.ToLookup(static order => order.TradeId));
        });
        if (found.Count == 0)
        {
            return null;
        }

        read += found.Count;
        last = found[^1].Id;
        var rows = new List<ImportedRow>(found.Count);
        var leftOut = new List<LeftOutRow>();
        foreach (var trade in found)
        {
            if (translation.Of(trade, [.. ofTrades[trade.Id]], out var reason) is { } row)
            {
                rows.Add(row);
            }
            else
            {
                leftOut.Add(new("trades", FreqtradeTranslation.NameOf(trade), reason!));
            }
        }

        return new(rows, leftOut);
    }

    public override void Dispose() => file.Dispose();

    private void Demand()
    {
        var columns = file.ColumnsOf("trades");
        if (columns.Count == 0)
        {
            throw new ImportRefusedException($"{Path} has no table trades, so it is no database of freqtrade.");
        }

        string[] lacking = [.. Needed.Where(name => !columns.Contains(name)), .. columns.Contains("fee_open") || columns.Contains("fee") ? Array.Empty<string>() : ["fee_open"]];
        if (lacking.Length > 0)
        {
            throw new ImportRefusedException($"{Path} is no database of freqtrade: its table trades has no column {string.Join(", ", lacking)}.{(columns.Contains("symbol")
                ? " It may be one of the seed's Python code: `pilothouse import flask` reads those."
                : columns.Contains("trading_pair") ? " It is a trading_bot.db: set DATABASE_PATH to it, and the server opens it." : "")}");
        }
    }

    private string Selection(string table, string[][] columns) => string.Join(", ", columns.Select(names => file.Select(table, names)));

    private IEnumerable<string> Unread(string table, string[][] columns, string[] notNeeded)
    {
        var unread = file.ColumnsOf(table).Except(columns.SelectMany(static names => names)).Except(notNeeded).Order(StringComparer.Ordinal).ToList();
        return unread.Count == 0 ? [] : [$"The table {table} has columns that this version does not know, so they were not read: {string.Join(", ", unread)}."];
    }
}
