using Pilothouse.Bots;
using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>A starting balance and where it comes from: parameter, setting, bot_status, or null for none.</summary>
internal readonly record struct StartingBalance(decimal? Amount, string? Source);

/// <summary>Where E₀ comes from: the request, else STARTING_BALANCE, else the first balance that each bot reported, added up.</summary>
internal sealed class StartingBalances(Settings settings)
{
    public async ValueTask<StartingBalance> FindAsync(Session session, decimal? parameter, string? botName)
    {
        if (parameter is not null)
        {
            return new(parameter, "parameter");
        }

        if (settings.StartingBalance is not null)
        {
            return new(settings.StartingBalance, "setting");
        }

        var first = await BotStore.FirstBalancesAsync(session, botName);
        return first.Count == 0 ? default : new(first.Sum(), "bot_status");
    }
}
