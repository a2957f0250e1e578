using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Correlation;

/// <summary>Stores correlations. Every new correlation goes through this class.</summary>
internal sealed class CorrelationService(TimeProvider clock)
{
    /// <summary>Stores a checked correlation in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewCorrelation correlation) => CorrelationStore.Table.InsertAsync(
        session, caller, correlation, clock.GetUtcNow(),
        ("strength", NewCorrelation.Strengths.Normal(correlation.Strength) ?? NewCorrelation.StrengthOf(correlation.CorrelationValue!.Value)));
}
