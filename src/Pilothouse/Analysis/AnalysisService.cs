using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Analysis;

/// <summary>Stores analyses. Every new analysis goes through this class.</summary>
internal sealed class AnalysisService(TimeProvider clock)
{
    /// <summary>Stores a checked analysis in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewChartAnalysis analysis) =>
        AnalysisStore.Table.InsertAsync(session, caller, analysis, clock.GetUtcNow());
}
