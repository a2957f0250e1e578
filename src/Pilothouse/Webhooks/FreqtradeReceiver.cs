using System.Globalization;
using Pilothouse.Bots;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Webhooks;

/// <summary>
/// Makes trades with fills of freqtrade's messages. The first filled entry opens a trade, each further one is an entry of it; a filled exit
/// closes it, or a part. Orders that are not filled are noted only. What freqtrade says of itself becomes a report of the bot.
/// </summary>
internal sealed class FreqtradeReceiver(OperationRunner runner, IServiceProvider parts, TimeProvider clock) : MessageReceiver
{
    private const int LongestStrategy = 100;
    private const int LongestReason = 200;
    private const int LongestStatus = 2000;

    /// <summary>Within this time the same report of the bot is one that was sent again.</summary>
    private static readonly TimeSpan SentAgain = TimeSpan.FromSeconds(10);

    private OperationList? operations;

    public override string Kind => WebhookKinds.Freqtrade;

    /// <summary>It is asked for at the first message: the list of operations is made with the operation that takes messages.</summary>
    private OperationList Operations => operations ??= parts.GetRequiredService<OperationList>();

    public override async ValueTask<Taken> TakeAsync(Session session, Call call, Webhook hook, MessageText message)
    {
        var told = FreqtradeMessage.Of(message.IsJson ? message.JsonFields() : message.FormFields());
        if (told.IsOfBot)
        {
            return await ReportAsync(session, call, hook, told);
        }

        if (FreqtradeMessage.OfOrders.Contains(told.Event))
        {
            return new(Outcomes.Noted, $"{told.Event} tells of an order that is not filled, so nothing was stored. What is filled has a message of its own.");
        }

        var identity = new MessageIdentity("fill:" + told.FillId, told.FillId);
        if (await DeliveryStore.FindEarlierAsync(session, hook.Id, identity.Key!, null) is { } earlier)
        {
            return new(Outcomes.Repeated, string.Create(CultureInfo.InvariantCulture, $"The same {told.Event} of freqtrade's trade {told.TradeId} had come before."),
                earlier.RecordTable, earlier.RecordId);
        }

        var taken = told.Event == FreqtradeMessage.EntryFill ? await EnterAsync(session, call, hook, told) : await ExitAsync(session, call, hook, told);
        return taken with { Identity = identity };
    }

    private async ValueTask<Taken> EnterAsync(Session session, Call call, Webhook hook, FreqtradeMessage told)
    {
        var (trade, externalId) = await FreqtradeTrades.FindAsync(session, hook.BotName, told);
        if (trade is not null && told.IsPart != false)
        {
            return await AddAsync(session, call, trade, told, "entry", told.Amount, null, DateTimeOffset.MinValue);
        }

        if (told.IsPart == true)
        {
            // Its figures would be taken for those of the whole trade.
            throw FreqtradeTrades.Unknown(told, "This entry is a further one of a trade whose first entry has not come.");
        }

        var terms = WebhookSecrets.TermsOf(hook);
        var body = new RecordBody()
            .Add("timestamp", told.OpenDate).Add("trading_pair", told.Pair).Add("side", told.IsShort == true ? "SELL" : "BUY")
            .Add("entry_price", told.Rate).Add("quantity", told.Amount).Add("contract_type", "linear").Add("settle_asset", told.StakeCurrency)
            .Add("leverage", told.Leverage is > 0 ? told.Leverage : null).Add("external_id", externalId).Add("mode", terms.Mode)
            .Add("strategy", Cut(told.EnterTag ?? terms.Strategy, LongestStrategy));
        var answer = await RunAsync<NewTrade, TradeStored>(session, call, "createTrade", body, told);
        return answer.Changed is null
            ? OfTrade(Outcomes.Repeated, $"freqtrade's trade {told.TradeId} was stored before.", answer.Id)
            : OfTrade(Outcomes.Accepted, $"The entry of freqtrade's trade {told.TradeId} opened trade {answer.Id}.", answer.Id) with { Then = answer.Then };
    }

    private async ValueTask<Taken> ExitAsync(Session session, Call call, Webhook hook, FreqtradeMessage told)
    {
        var trade = (await FreqtradeTrades.FindAsync(session, hook.BotName, told)).Trade
            ?? throw FreqtradeTrades.Unknown(told, "No entry_fill of it has come to this webhook.");
        var fills = trade.IsClosed || trade.IsVoided ? [] : await ShownFills.OfAsync(session, trade);
        var last = fills.Count > 0 ? fills[^1].FilledAt ?? trade.Timestamp : trade.Timestamp;
        if (told.IsPart == true || trade.IsClosed || !FreqtradeTrades.ClosesAll(trade, told))
        {
            var fees = FreqtradeTrades.FeesOfPart(trade, told);
            var taken = await AddAsync(session, call, trade, told, "exit", told.Amount, fees, last ?? DateTimeOffset.MinValue);
            return told.IsPart == true ? taken : taken with
            {
                Message = $"{taken.Message} freqtrade says that nothing is left of it, so messages of it are missing: "
                    + "`pilothouse import freqtrade` brings them.",
            };
        }

        var paid = FreqtradeTrades.FeesOfWhole(trade, fills, told);
        var body = new RecordBody()
            .Add("exit_price", told.Rate).Add("closed_at", FreqtradeTrades.NotBefore(told.CloseDate!.Value, last)).Add("fees", paid)
            .Add("exit_reason", Cut(told.ExitReason, LongestReason));
        var answer = await RunAsync<TradeClose, TradeChanged>(session, At(call, trade), "closeTrade", body, told);
        var unknown = paid is null ? "; its fees are not known" : "";
        return OfTrade(Outcomes.Accepted, $"The exit of freqtrade's trade {told.TradeId} closed trade {trade.Id}{unknown}.", trade.Id) with
        { Then = answer.Then };
    }

    private async ValueTask<Taken> AddAsync(
        Session session, Call call, Trade trade, FreqtradeMessage told, string kind, decimal? quantity, decimal? fees, DateTimeOffset last)
    {
        var at = told.CloseDate is { } closed && kind == "exit" ? FreqtradeTrades.NotBefore(closed, last) : (DateTimeOffset?)null;
        var body = new RecordBody().Add("kind", kind).Add("price", told.Rate).Add("quantity", quantity).Add("fees", fees).Add("filled_at", at)
            .Add("external_id", "webhook:" + told.FillId);
        var answer = await RunAsync<NewFill, FillStored>(session, At(call, trade), "addFill", body, told);
        return OfTrade(Outcomes.Accepted, $"The {kind} of freqtrade's trade {told.TradeId} became a fill of trade {trade.Id}.", trade.Id) with
        { Then = answer.Then };
    }

    private async ValueTask<Taken> ReportAsync(Session session, Call call, Webhook hook, FreqtradeMessage told)
    {
        var identity = new MessageIdentity($"report:{told.Event}:{told.Status}", "");
        if (await DeliveryStore.FindEarlierAsync(session, hook.Id, identity.Key!, clock.GetUtcNow() - SentAgain) is { } earlier)
        {
            return new(Outcomes.Repeated, "The same report of the bot had come a moment before.", earlier.RecordTable, earlier.RecordId);
        }

        var word = told.Event == "exception" ? "error" : told.Event == "status" ? told.Status!.Trim('\'', ' ').ToLowerInvariant() switch
        {
            "stopped" => "stopped",
            "paused" => "paused",
            "process died" => "error",
            _ => "running",
        }
        : "running";
        var body = new RecordBody().Add("bot_name", hook.BotName).Add("status", word).Add("mode", WebhookSecrets.TermsOf(hook).Mode)
            .Add("message", Cut(told.Status, LongestStatus));
        var create = (Write<NewBotStatus, BotStatusStored>)Operations.Named("createBotStatus");
        var answer = await runner.WithinAsync(session, create, call, body.Done());
        return new(Outcomes.Accepted, $"The bot reported that it is {word}.", BotStore.Table.Name, answer.Id, identity) { Then = answer.Then };
    }

    private static Taken OfTrade(string outcome, FormattableString message, long? id) =>
        new(outcome, FormattableString.Invariant(message), TradeStore.Table.Name, id);

    private async ValueTask<Answer<TAnswer>> RunAsync<TInput, TAnswer>(
        Session session, Call call, string operation, RecordBody body, FreqtradeMessage told)
        where TInput : class, IInput<TInput>
        where TAnswer : WriteAnswer
    {
        try
        {
            return await runner.WithinAsync(session, (Write<TInput, TAnswer>)Operations.Named(operation), call, body.Done());
        }
        catch (Refusal refusal)
        {
            throw FreqtradeTrades.Explained(refusal, told);
        }
    }

    private static Call At(Call call, Trade trade) => call with { Target = trade.Id.ToString(CultureInfo.InvariantCulture) };

    private static string? Cut(string? text, int longest) =>
        text is null || text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];
}
