using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Bots;

/// <summary>The operations by which an owner steers bots, and by which bots answer.</summary>
internal static partial class ControlOperations
{
    private const string Controls = "bot_controls";

    private static readonly QueryShape Query = new(QueryParameter.Limit(20) with
    {
        Description = "How many of the past controls at most; more than 500 is cut to 500.",
    });

    public static IEnumerable<Operation> All(ControlService controls, ILogger logger)
    {
        yield return new Read<One<BotControlView>>("botControl", "GET /api/bots/{name}/control", "What is asked of a bot, and what it has heard",
            BotJson.Default.OneBotControlView,
            static async (session, call, query) => new One<BotControlView>(true, await ControlService.ViewAsync(session, NameOf(call), query.Whole("limit"))))
        { Query = Query, PerMinute = 300 };

        yield return new Write<NewBotControl, BotControlAsked>(
            "controlBot", "POST /api/bots/{name}/control", "Ask a bot, or all bots (*), to run, pause, stop or close everything",
            BotJson.Default.NewBotControl, BotJson.Default.BotControlAsked, async (session, call, input) =>
            {
                var bot = NameOf(call);
                var row = await controls.AskAsync(session, call, bot, input);
                var orders = await ControlService.OrdersOfAsync(session, bot);
                string[] warnings = bot == BotControl.AllBots || await BotStore.AnyAsync(session, bot)
                    ? []
                    : ["No bot of this name has reported yet. It hears this with its first report; GET /api/bots lists the bots that have reported."];
                return new Answer<BotControlAsked>(201, new(true, "Control asked", row.ControlSeq, orders, warnings))
                {
                    Id = row.ControlSeq,
                    Changed = new(Controls, row.ControlSeq, null, _ => new(JsonText.OfRecord(row, BotJson.Default.BotControlRow))) { Reason = row.Reason },
                    Then = () => Tell(logger, row, call),
                };
            })
        { Scope = Scopes.Control, PerMinute = 100, Consents = new(ConsentsOf, static (_, call, _) => new(NameOf(call))) };

        yield return new Write<BotControlAck, BotControlHeard>("hearControl", "POST /api/bots/{name}/control/heard", "A bot says that it has heard a control, or done it",
            BotJson.Default.BotControlAck, BotJson.Default.BotControlHeard, async (session, call, ack) =>
            {
                var bot = call.Caller.BotFor(NameOf(call))!;
                if (bot == BotControl.AllBots)
                {
                    throw Refusal.Invalid("name", "must be the bot's own name here: each bot answers for itself");
                }

                var (seq, isDone) = (ack.ControlSeq!.Value, ack.Done == true);
                var isNew = await controls.TakeAsync(session, bot, seq, isDone);
                var message = isNew ? isDone ? "Control done" : "Control heard"
                    : string.Create(CultureInfo.InvariantCulture, $"This control or a later one was {(isDone ? "done" : "heard")} before; nothing has changed");
                var answer = Answer.Ok(new BotControlHeard(true, message, seq, await ControlService.OrdersOfAsync(session, bot))) with { Id = seq };
                return isNew
                    ? answer with { Changed = new(Controls, seq, null, _ => new(JsonText.OfRecord(ack with { Done = isDone }, BotJson.Default.BotControlAck))) }
                    : answer;
            })
        { Statuses = [200], PerMinute = 100 };
    }

    private static IEnumerable<string> ConsentsOf(NewBotControl control)
    {
        yield return ConsentSettings.ControlBot;
        if (BotControl.States.Find(control.State ?? "") == BotControl.Running)
        {
            yield return ConsentSettings.ResumeBot;
        }

        if (NewBotStatus.Modes.Find(control.Mode ?? "") == "auto")
        {
            yield return ConsentSettings.ModeAuto;
        }
    }

    private static void Tell(ILogger logger, BotControlRow row, Call call)
    {
        var (bot, asked) = (PrintableText.Name(row.BotName), $"{row.State ?? "same state"}{(row.EmergencyClose == true ? ", close everything" : "")}");
        Asked(logger, row.ControlSeq, bot, asked, call.Caller.Owner, call.Address, call.RequestId);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Control {ControlSeq} was asked of the bot {Bot} ({Asked}) by {Owner} from {Client} (request {RequestId})")]
    private static partial void Asked(ILogger logger, long controlSeq, string bot, string asked, string owner, string? client, string requestId);

    /// <summary>The bot in the path.</summary>
    /// <exception cref="Refusal">No bot can have this name.</exception>
    private static string NameOf(Call call) => PrintableText.ProblemOfName(call.Target!) is { } problem ? throw Refusal.Invalid("name", problem) : call.Target!;
}
