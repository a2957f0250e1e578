using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>The operations on the fills of a trade.</summary>
internal static class FillOperations
{
    /// <summary>All fills that a trade can have, so that a bot sees its whole position at once.</summary>
    private const int MostShown = FillService.Most + 1;

    private static readonly QueryShape ListQuery = new([
        QueryParameter.Limit(MostShown) with { Most = MostShown, Description = "How many fills at most; 1001 are all that a trade can have." },
        QueryParameter.Cursor, CsvExport.Format]);

    public static IEnumerable<Operation> All(FillService fills, Database database)
    {
        yield return new Read<Page<Fill>>("listFills", "GET /api/trades/{id}/fills", "Entries and exits of a trade, newest first", TradeJson.Default.PageFill,
            static (session, call, query) => FillService.PageAsync(session, call.Id, query))
        {
            Query = ListQuery,
            MayFindNothing = true,
            PerMinute = 300,
            Csv = new CsvExport<Fill>("fills.csv", database, TradeJson.Default.Fill, static (session, call, query) => FillService.PageAsync(session, call.Id, query)),
        };

        var add = new Write<NewFill, FillStored>(
            "addFill", "POST /api/trades/{id}/fills", "Add an entry or an exit to an open trade; the exit that leaves nothing closes it",
            TradeJson.Default.NewFill, TradeJson.Default.FillStored,
            async (session, call, fill) => AnswerOf(await fills.AddAsync(session, call.Caller, call.Id, fill)))
        {
            Statuses = [201, 200],
            PerMinute = 100,
            Consents = new(static fill => [fill.IsEntry ? ConsentSettings.OpenTrade : ConsentSettings.CloseTrade], TradeAccess.BotOfAsync),
            Together = async (session, call, items) => (await fills.AddManyAsync(session, call.Caller, call.Id, items)).ConvertAll(AnswerOf),
        };
        yield return add;
        yield return add.Batch("addFills", "Add up to 5,000 entries and exits to a trade, all or none");
    }

    private static Answer<FillStored> AnswerOf(StoredFill stored)
    {
        var answer = new FillStored(true, stored.IsNew ? "Fill stored successfully" : "Fill was stored before", stored.Fill.Id!.Value, stored.After);
        return new Answer<FillStored>(stored.IsNew ? 201 : 200, answer)
        {
            Id = stored.Fill.Id,
            Changed = stored.IsNew ? new(FillStore.Table.Name, stored.Fill.Id, null, _ => new(JsonText.OfRecord(stored.Fill, TradeJson.Default.Fill))) : null,
        };
    }
}
