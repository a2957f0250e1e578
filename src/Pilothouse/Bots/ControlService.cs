using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>Takes what is asked of bots and what they say of it. Every control goes through this class.</summary>
internal sealed class ControlService(TimeProvider clock)
{
    /// <summary>Stores a checked control of a bot, or of all bots, in the transaction of <paramref name="session"/>.</summary>
    public async ValueTask<BotControlRow> AskAsync(Session session, Call call, string botName, NewBotControl input)
    {
        var isEmergency = input.EmergencyClose == true;

        // A bot that has closed everything in an emergency must not open again by itself.
        var state = input.State is { } word ? BotControl.States.Find(word) : isEmergency ? BotControl.Paused : null;
        var row = new BotControlRow(
            0, call.Caller.BotFor(botName)!, clock.GetUtcNow(), call.Caller.Owner, call.Caller.DisplayName, state,
            input.Mode is { } mode ? NewBotStatus.Modes.Find(mode) : null, input.EmergencyClose,
            state == BotControl.Stopped ? BotControl.OpenTrades.Find(input.OpenTrades ?? BotControl.Leave) : null, input.Reason);
        var stored = row with { ControlSeq = await ControlStore.InsertAsync(session, row) };
        OrdersOfCommit.Of(session).Forget();
        return stored;
    }

    /// <summary>Notes that a bot has heard a control, or done it. A bot that names an older one than before has said nothing new.</summary>
    /// <returns>Whether that was new.</returns>
    /// <exception cref="Refusal">The control was never asked of this bot.</exception>
    public async ValueTask<bool> TakeAsync(Session session, string botName, long controlSeq, bool isDone)
    {
        if (!await ControlStore.ExistsAsync(session, botName, controlSeq))
        {
            throw Refusal.Invalid("control_seq", $"must be that of a control of this bot or of all bots; GET /api/bots/{Uri.EscapeDataString(botName)}/control has them");
        }

        if (!isDone)
        {
            return await ControlStore.HearAsync(session, botName, controlSeq, clock.GetUtcNow()) > 0;
        }

        if (await ControlStore.IsDoneAsync(session, botName, controlSeq))
        {
            return false;
        }

        await ControlStore.FinishAsync(session, botName, controlSeq, clock.GetUtcNow());
        OrdersOfCommit.Of(session).Forget();
        return true;
    }

    /// <summary>Returns what is asked of a bot, for the answer of a write. It is read once for all reports of the bot in one commit.</summary>
    public static ValueTask<BotOrders> OrdersOfAsync(Session session, string botName) => OrdersOfCommit.Of(session).FindAsync(session, botName);

    /// <summary>Returns what is asked of a bot.</summary>
    public static async ValueTask<BotOrders> ReadOrdersAsync(Session session, string botName) =>
        await OrdersAsync(session, botName, await ControlStore.HoldingAsync(session, botName));

    /// <summary>Returns what was asked of a bot, or of all bots, and what was heard.</summary>
    public static async ValueTask<BotControlView> ViewAsync(Session session, string botName, int limit)
    {
        var holding = await ControlStore.HoldingAsync(session, botName);
        var rows = await ControlStore.ListAsync(session, botName, limit);
        var orders = await OrdersAsync(session, botName, holding);
        var isOne = botName != BotControl.AllBots;
        var oldest = holding.Concat(rows).Select(static row => row.ControlSeq).DefaultIfEmpty(0).Min();
        var said = !isOne ? [] : await ControlStore.SaidFromAsync(session, botName, oldest);
        var newest = rows.Count == 0 ? null : WithSaid(rows[0], said);
        return new(orders)
        {
            Progress = newest is null || !isOne ? null : newest.DoneAt is not null ? "done" : newest.HeardAt is not null ? "heard" : "asked",
            HeardAt = newest?.HeardAt,
            DoneAt = newest?.DoneAt,
            Asked = new(Part(static row => row.State is not null), Part(static row => row.Mode is not null), Part(static row => row.EmergencyClose is not null)),
            Said = isOne ? [.. said.TakeLast(1)] : newest is null ? [] : await ControlStore.SaidByAllAsync(session, newest.ControlSeq),
            Controls = [.. rows.Select(row => WithSaid(row, said))],
        };

        BotControlPart? Part(Func<BotControlRow, bool> names) => BotControlPart.Of(holding.Find(row => names(row)) is { } row ? WithSaid(row, said) : null);
    }

    /// <summary>Who has heard or done a control has heard or done all before it.</summary>
    private static BotControlRow WithSaid(BotControlRow row, List<BotControlSaid> said)
    {
        var later = said.Where(one => one.ControlSeq >= row.ControlSeq).ToList();
        return row with { HeardAt = later.Min(static one => one.HeardAt), DoneAt = later.Min(static one => one.DoneAt) };
    }

    /// <param name="session">The read.</param>
    /// <param name="botName">The bot.</param>
    /// <param name="holding">The controls that may hold, the newest first.</param>
    private static async ValueTask<BotOrders> OrdersAsync(Session session, string botName, List<BotControlRow> holding)
    {
        if (holding.Count == 0)
        {
            return BotOrders.Nothing(botName);
        }

        var (newest, state, emergency) = (holding[0], holding.Find(static row => row.State is not null), holding.Find(static row => row.EmergencyClose is not null));
        return new(
            botName, newest.ControlSeq, state?.State ?? BotControl.Running, holding.Find(static row => row.Mode is not null)?.Mode,
            emergency?.EmergencyClose == true && !await ControlStore.IsDoneAsync(session, botName, emergency.ControlSeq),
            state?.State == BotControl.Stopped ? state.OpenTrades ?? BotControl.Leave : null, newest.Reason, newest.AskedAt, newest.AskedBy);
    }

    /// <summary>What is asked of the bots that report in one commit.</summary>
    private sealed class OrdersOfCommit : CommitState
    {
        private readonly Dictionary<string, BotOrders> known = new(StringComparer.Ordinal);

        public static OrdersOfCommit Of(Session session) => session.Commit.Of(static () => new OrdersOfCommit());

        public void Forget() => known.Clear();

        public async ValueTask<BotOrders> FindAsync(Session session, string botName) =>
            known.TryGetValue(botName, out var orders) ? orders : known[botName] = await ReadOrdersAsync(session, botName);
    }
}
