using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Signals;
using Pilothouse.Storage;

namespace Pilothouse.Analysis;

/// <summary>Stores analyses. Every new analysis goes through this class.</summary>
internal sealed class AnalysisService(TimeProvider clock)
{
    /// <summary>
    /// Stores a checked analysis in the transaction of <paramref name="session"/>. The signal that it names must be stored.
    /// </summary>
    /// <returns>Its id.</returns>
    public async ValueTask<long> RecordAsync(Session session, Caller caller, NewChartAnalysis analysis)
    {
        if (analysis.SignalId is { } signal && !await SignalStore.ExistsAsync(session, signal))
        {
            throw Refusal.Invalid("signal_id", "must be the id of a stored signal");
        }

        return await AnalysisStore.Table.InsertAsync(session, caller, analysis, clock.GetUtcNow());
    }
}
