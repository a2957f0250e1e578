using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>The operations that read trades.</summary>
internal static class TradeReads
{
    /// <summary>The most open trades of an answer. It is high, because a bot must see all of its positions.</summary>
    private const int MostOpen = 5000;

    private static readonly QueryParameter[] Filters = [.. TradeStore.Table.Filters, QueryParameter.From, QueryParameter.To];

    private static readonly QueryShape ListQuery = new([
        QueryParameter.Limit(50), QueryParameter.Cursor, CsvExport.Format,
        QueryParameter.OneOf("status", "Only these; voided trades are listed where they are asked for.", NewTrade.ListedStatuses),
        .. Filters,
        new QueryParameter("closed_from", QueryKind.Time, "Only trades closed from this time on, inclusive."),
        new QueryParameter("closed_to", QueryKind.TimeTo, "Only trades closed up to this time, inclusive.")]);

    private static readonly QueryShape OpenQuery = new([
        QueryParameter.Limit(MostOpen) with { Most = MostOpen, Description = "How many trades at most; more than 5000 is cut to 5000." },
        QueryParameter.Cursor,
        QueryParameter.OneOf("status", "open, which all of them are.", NewTrade.Statuses),
        .. Filters]);

    /// <param name="prices">What stored prices say of trades.</param>
    /// <param name="database">The database, from which exports are read part by part.</param>
    public static IEnumerable<Operation> All(ITradePrices prices, Database database)
    {
        yield return new Read<Page<Trade>>("listTrades", "GET /api/trades", "Trades, newest first", TradeJson.Default.PageTrade, ListAsync)
        {
            Query = ListQuery,
            TellsAge = static page => HasAge(page.Data),
            PerMinute = 200,
            Csv = new CsvExport<Trade>("trades.csv", database, TradeJson.Default.Trade, ListAsync),
        };

        yield return new Read<Page<Trade>>("listOpenTrades", "GET /api/trades/open", "Every open trade", TradeJson.Default.PageTrade, (session, _, query) =>
            query.Text("status") is null or "open"
                ? PageAsync(TradeStore.Open, session, query)
                : throw Refusal.Invalid("status", "must be open here, or left out; GET /api/trades?status=closed lists closed trades"))
        { Query = OpenQuery, TellsAge = static page => HasAge(page.Data), PerMinute = 300 };

        yield return new Read<One<Trade>>("getTrade", "GET /api/trades/{id}", "One trade", TradeJson.Default.OneTrade, async (session, call, _) =>
        {
            var trade = await TradeAccess.FindAsync(session, call.Id);
            await prices.ShowAsync(session, [trade]);
            return new One<Trade>(true, trade);
        })
        { MayFindNothing = true, TellsAge = static one => HasAge([one.Data]), PerMinute = 300 };

        // Few of all trades are open, so no other filter finds them as fast as the status does.
        ValueTask<Page<Trade>> ListAsync(Session session, Call call, QueryValues query) =>
            PageAsync(query.Text("status") switch { "open" => TradeStore.Open, "voided" => TradeStore.Voided, _ => TradeStore.List }, session, query);

        // Only open trades show a price and its age.
        static bool HasAge(IReadOnlyList<Trade> trades) => trades.Any(static trade => !trade.IsClosed);

        async ValueTask<Page<Trade>> PageAsync(ListSql list, Session session, QueryValues query)
        {
            var page = await list.PageAsync(session, query, query.Whole("limit"), TradeStore.Read);
            await prices.ShowAsync(session, page.Data);
            return page;
        }
    }
}
