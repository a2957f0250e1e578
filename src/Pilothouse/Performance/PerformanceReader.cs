using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// Answers questions about closed trades. What is asked without a filter is kept by the ledger; anything else is read, and begins with the
/// sums that the ledger keeps of what had closed before.
/// </summary>
internal sealed class PerformanceReader(
    Database database, PerformanceLedger ledger, KeptTape tapes, StartingBalances balances, SharedReads<PerformanceQuestion, KeptBytes> shared, MoneyUnits units,
    TimeProvider clock)
{
    /// <summary>Returns the answer as JSON. It contains everything that was committed before the call.</summary>
    /// <exception cref="Refusal">The window is impossible.</exception>
    public async ValueTask<KeptBytes> AnswerAsync(Call call, PerformanceQuestion question)
    {
        if (question.IsForEverything)
        {
            return await ledger.AnswerAsync(question.View, call.Cancel);
        }

        // An impossible window is refused at once, and not after waiting in the queue.
        var filter = question.FilterAt(clock.GetUtcNow());
        if (filter.From is not null && question.NeedsEquity)
        {
            // The ledger is brought up to date here, so that no read of many rows waits for another one.
            await ledger.AnswerAsync(PerformanceView.Report, call.Cancel);
        }

        await tapes.PrepareAsync(question.View.Kind == ViewKind.Distribution, call.Cancel);
        return await shared.RunAsync(question,
            (begun, cancel) => database.SnapshotAsync(question.Reads, session =>
            {
                begun();
                return ReadAsync(session, question, clock.GetUtcNow());
            }, cancel),
            call.Cancel);
    }

    private async ValueTask<KeptBytes> ReadAsync(Session session, PerformanceQuestion question, DateTimeOffset now)
    {
        var filter = question.FilterAt(now);
        var to = filter.To ?? (filter.From is null ? null : now);
        var basis = new PerformanceBasis(null, null, question.Zone.Id, Ratios.DaysPerYear, question.Period, filter.From, to);
        if (!question.NeedsEquity)
        {
            var fold = await ClosedTradeReader.FoldAsync(await RowsAsync(session), new WindowQuestion(filter, question.Zone, null, now, units), question.View);
            return new(fold.ToJson(basis));
        }

        var source = await balances.FindAsync(session, question.StartingBalance, filter.BotName, filter.Mode);
        var figures = await FiguresAsync(session, filter, source, question.Zone, now, question.View.Kind == ViewKind.Equity);
        return new(PerformanceAnswers.ToJson(question.View, figures, basis with { StartingBalanceSource = source.Source }, source.Book));
    }

    /// <summary>Returns the figures of the trades of a window.</summary>
    /// <param name="filter">Selects the trades, with the bounds of the window.</param>
    /// <param name="source">Where the equity comes from.</param>
    /// <param name="zone">Whose calendar days count.</param>
    /// <param name="withSeries">Whether the states of the equity are asked for.</param>
    public async ValueTask<PerformanceFigures> FiguresAsync(
        Session session, ClosedTradeFilter filter, EquitySource source, TimeZoneInfo zone, DateTimeOffset now, bool withSeries)
    {
        // Days in the future have no returns.
        var to = filter.To ?? (filter.From is null ? null : now);
        var question = new WindowQuestion(filter, zone, to > now ? now : to, now, units, withSeries);
        var closes = await EarlierCloses.OfAsync(session, ledger.Sums);
        var figures = await ClosedTradeReader.ReadAsync(await RowsAsync(session), question, source, closes);
        figures.Unexplained = figures.Conversion is not null ? null : await new UnexplainedBalance().ReadAsync(session, source, closes, question.End);
        return figures;
    }

    private async ValueTask<TradeRows> RowsAsync(Session session) => new(session, await tapes.FindAsync(session));
}
