using System.Diagnostics.Metrics;
using System.Globalization;
using Pilothouse.Bots;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Costs;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Budgets;

/// <summary>
/// Notes when a month has reached 80 and 100 percent of a budget, and with COST_BUDGET_ENFORCE asks the bot to pause. It follows every
/// commit, so that a use which another program stores counts like one over HTTP. What was reached is stored, once for each month, budget
/// and percent: a restart or another server does not say it again, and a budget that was raised may be reached again. It never lifts a pause.
/// </summary>
internal sealed partial class BudgetWatch(
    Database database, BudgetReader budgets, ControlService controls, AuditLog audit, Settings settings, TimeProvider clock, IMeterFactory meters, ILogger<BudgetWatch> logger)
    : SteadyService(logger), IWatched
{
    public const string Name = "budgets";

    private static readonly long[] Marks = [80, 100];
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>After so long it looks again without a commit, because a new month begins by the clock.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private volatile List<CostBudget> seen = [];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create("Pilothouse");
        meter.CreateObservableGauge("pilothouse.budget.used", () => Measure(static budget => budget.UsedPercent / 100), "{part}",
            "How much of its budget the current month (UTC) has spent on outside APIs: 1 is all of it. The bot * stands for all bots.");
        meter.CreateObservableGauge("pilothouse.budget.unpriced", () => Measure(static budget => budget.UnpricedUses), "{use}",
            "Uses of the current month (UTC) that have no known price, and so are not in pilothouse_budget_used.");
        return base.StartAsync(cancellationToken);
    }

    public Condition Look()
    {
        var used = seen.Where(static budget => budget.UsedPercent >= Marks[0]).ToList();
        if (used.Count == 0)
        {
            return new(Name, ConditionState.Ok, seen.Count == 0 ? "No budget for outside APIs is set." : "No budget for outside APIs is used to 80 percent.");
        }

        var most = used.Max(static budget => budget.UsedPercent!.Value);
        var whose = used.Exists(static budget => budget.BotName == CostBudget.All) ? "The budget of all bots" : used.Count == 1 ? "The budget of a bot" : "Budgets of bots";
        return new(Name, ConditionState.Warning, string.Create(CultureInfo.InvariantCulture,
            $"{whose} for outside APIs {(used.Count > 1 ? "and others are" : "is")} used to {most:0.#} percent in this month. GET /api/cost-budgets shows each."));
    }

    /// <summary>Notes what the current month has reached, and asks bots to pause.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        var all = await budgets.ReadAsync(cancel);
        foreach (var budget in all)
        {
            foreach (var percent in Marks.Where(percent => budget.Spent >= budget.MonthlyBudget * percent / 100 && !budget.Reached.Contains(percent)))
            {
                var mark = new BudgetMark(0, budget.Month, budget.BotName, percent, budget.MonthlyBudget, budget.Spent, clock.GetUtcNow(), null);
                if (await database.WriteAsync(session => BudgetStore.NoteAsync(session, mark), cancel) > 0)
                {
                    var bot = PrintableText.Name(budget.BotName);
                    Reached(logger, bot, percent, budget.Spent ?? 0, budget.MonthlyBudget, budget.Month);
                }
            }
        }

        if (settings.CostBudgetEnforce && all.Exists(static budget => budget.Spent >= budget.MonthlyBudget))
        {
            await PauseAsync(all, cancel);
        }

        seen = all;
    }

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                var stamp = await database.StampAsync(stoppingToken);
                await LookAsync(stoppingToken);
                await Task.Delay(Rest, TimeProvider.System, stoppingToken);
                using var end = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                end.CancelAfter(LongestWait);
                await database.WaitForChangeAsync(stamp, end.Token);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // Nothing was committed for a while. The month may be another one now.
            }
            catch (Exception error) when (MayWorkLater(error))
            {
                // The next look does it. /health reports what is wrong with the database.
                await Task.Delay(Pause, TimeProvider.System, stoppingToken);
            }
        }
    }

    /// <summary>Asks those to pause whose budget is used up and who were not asked for it in this month.</summary>
    private async Task PauseAsync(List<CostBudget> all, CancellationToken cancel)
    {
        var marks = await database.ReadAsync(session => BudgetStore.MarksAsync(session, all[0].Month), cancel);
        foreach (var budget in all.Where(static budget => budget.Spent >= budget.MonthlyBudget))
        {
            if (marks.Find(mark => mark.BotName == budget.BotName && mark.Percent == 100 && mark.MonthlyBudget == budget.MonthlyBudget && mark.PausedBy is null) is not { } mark
                || await database.WriteAsync(session => PauseAsync(session, mark, budget), cancel) is not { } seq)
            {
                continue;
            }

            var bot = PrintableText.Name(budget.BotName);
            Paused(logger, bot, seq);
        }
    }

    /// <returns>The control by which the bot is asked to pause; null if another server was first, or if the bot was asked to stop before.</returns>
    private async ValueTask<long?> PauseAsync(Session session, BudgetMark mark, CostBudget budget)
    {
        if (!await BudgetStore.ClaimPauseAsync(session, mark.Id))
        {
            return null;
        }

        // Who was asked to stop does less than one who pauses.
        var orders = await ControlService.ReadOrdersAsync(session, mark.BotName);
        if (orders is { State: BotControl.Stopped, ControlSeq: { } stopped })
        {
            await BudgetStore.NotePauseAsync(session, mark.Id, stopped);
            return null;
        }

        var whose = mark.BotName == CostBudget.All ? "all bots" : "this bot";
        var reason = string.Create(CultureInfo.InvariantCulture,
            $"The budget of {whose} for outside APIs is used up: {Exact.Trim(budget.Spent!.Value)} of {Exact.Trim(budget.MonthlyBudget)} dollars in {budget.Month}. Raise the budget or ask for running to go on.");
        var call = Call.OfServer();
        var row = await controls.AskAsync(session, call, mark.BotName, new NewBotControl { State = BotControl.Paused, Reason = reason });
        await BudgetStore.NotePauseAsync(session, mark.Id, row.ControlSeq);
        await audit.RecordAsync(session, call, "controlBot", new("bot_controls", row.ControlSeq, null, _ => new(JsonText.OfRecord(row, BotJson.Default.BotControlRow))) { Reason = reason });
        return row.ControlSeq;
    }

    private IEnumerable<Measurement<double>> Measure(Func<CostBudget, double?> figure)
    {
        foreach (var budget in seen)
        {
            if (figure(budget) is { } value)
            {
                yield return new(value, new KeyValuePair<string, object?>("bot", budget.BotName));
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bot {Bot} (* is all) has used {Percent} percent of its budget for outside APIs: {Spent} of {Budget} dollars in {Month}")]
    private static partial void Reached(ILogger logger, string bot, long percent, decimal spent, decimal budget, string month);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bot {Bot} (* is all) was asked to pause, because its budget for outside APIs is used up (control {ControlSeq})")]
    private static partial void Paused(ILogger logger, string bot, long controlSeq);
}
