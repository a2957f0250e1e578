using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>The one door to the reports of bots.</summary>
internal sealed class BotService(TimeProvider clock)
{
    /// <summary>Stores a checked report in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewBotStatus status) =>
        BotStore.Table.InsertAsync(session, caller, status, clock.GetUtcNow());
}
