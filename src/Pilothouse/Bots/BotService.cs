using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>Stores the reports of bots. Every new report goes through this class.</summary>
internal sealed class BotService(TimeProvider clock)
{
    /// <summary>Stores a checked report in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewBotStatus status) =>
        BotStore.Table.InsertAsync(session, caller, status, clock.GetUtcNow());
}
