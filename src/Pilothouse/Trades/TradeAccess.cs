using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Finds trades, and refuses those that a caller may not change.</summary>
internal sealed class TradeAccess(Settings settings)
{
    /// <summary>Returns the trade; throws a refusal (404) if it does not exist.</summary>
    public static async ValueTask<Trade> FindAsync(Session session, long id) =>
        await TradeStore.FindAsync(session, id)
        ?? throw Refusal.NotFound("Trade not found", string.Create(CultureInfo.InvariantCulture, $"There is no trade {id}; GET /api/trades lists them."));

    /// <summary>Returns the bot of the trade that the path of a call names; null if it names none.</summary>
    public static async ValueTask<string?> BotOfAsync<TInput>(Session session, Operations.Call call, TInput input) => (await FindAsync(session, call.Id)).BotName;

    /// <summary>Returns the trade; throws a refusal unless the caller may change it and it is not voided.</summary>
    public async ValueTask<Trade> FindOwnAsync(Session session, Caller caller, long id)
    {
        var trade = await FindAsync(session, id);
        caller.DemandBot(trade.BotName, settings.BotKeysMayChangeUnnamed);
        return !trade.IsVoided ? trade : throw new Refusal(409, ErrorCodes.TradeVoided, "Trade is voided",
            "A voided trade does not change. GET /api/trades/{id} shows when and why it was voided.");
    }

    /// <summary>The refusal of a change that a closed trade does not take.</summary>
    public static Refusal AlreadyClosed(string todo) => new(409, ErrorCodes.AlreadyClosed, "Trade already closed", todo);

    /// <summary>The refusal of a trade that another program stored and that cannot be computed.</summary>
    public static Refusal Unreadable(string error, string what) =>
        new(409, ErrorCodes.UnreadableTrade, error, $"Another program stored {what}; correct that row in the database first.");
}
