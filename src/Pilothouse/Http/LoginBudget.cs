using System.Collections.Concurrent;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Http;

/// <summary>
/// How often a PIN may be tried: 5 times in 15 minutes per client, and 50 times in an hour over all addresses, because there are only a
/// million PINs of six digits. This machine and the addresses of IP_ALLOWLIST share a budget of their own, so that strangers cannot lock
/// the owner out. Every attempt counts, right or wrong, before the PIN is compared. The counts are in the database, so they survive a
/// restart.
/// </summary>
internal sealed class LoginBudget(Database database, Settings settings, TimeProvider clock)
{
    public const int PerClient = 5;
    public const int PerHour = 50;
    private const int MostRemembered = 1_000;
    private static readonly TimeSpan ClientWindow = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan HourWindow = TimeSpan.FromHours(1);

    /// <summary>
    /// Budgets that are used up, and until when. Further attempts are refused from memory and do not occupy the database's one writer.
    /// </summary>
    private readonly ConcurrentDictionary<string, (int Most, DateTimeOffset Ends)> usedUp = new();

    /// <summary>
    /// Counts an attempt and returns what is left. Left is below 0 if the budget was used up already; such an attempt is not counted.
    /// </summary>
    public async Task<(int Most, int Left, DateTimeOffset Ends)> TakeAsync(HttpContext http)
    {
        var client = "client:" + ClientOf(http);
        var all = settings.IsOwn(http) ? "all:trusted" : "all:strangers";
        if ((Remembered(client, ClientWindow) ?? Remembered(all, HourWindow)) is var (most, ends))
        {
            return (most, -1, ends);
        }

        // Remember only what was committed: the work of a transaction may be rolled back and run again.
        var (taken, budget) = await database.WriteAsync(session => TakeAsync(session, client, all));
        if (taken.Left < 0)
        {
            Remember(budget, taken.Most, taken.Ends);
        }

        return taken;
    }

    /// <returns>What is left, and the name of the budget that it was taken from.</returns>
    private async ValueTask<((int Most, int Left, DateTimeOffset Ends) Taken, string Budget)> TakeAsync(Session session, string client, string all)
    {
        var now = clock.GetUtcNow();
        var mine = await FindAsync(session, client, now, ClientWindow);
        var total = await FindAsync(session, all, now, HourWindow);
        if (mine.Attempts >= PerClient)
        {
            return ((PerClient, -1, mine.Ends), client);
        }

        if (total.Attempts >= PerHour)
        {
            return ((PerHour, -1, total.Ends), all);
        }

        await CredentialStore.CountAttemptAsync(session, client, now, now + ClientWindow);
        await CredentialStore.CountAttemptAsync(session, all, now, now + HourWindow);
        var mineLeft = PerClient - mine.Attempts - 1;
        var totalLeft = PerHour - total.Attempts - 1;
        return mineLeft <= totalLeft
            ? ((PerClient, mineLeft, mine.Attempts == 0 ? now + ClientWindow : mine.Ends), client)
            : ((PerHour, totalLeft, total.Attempts == 0 ? now + HourWindow : total.Ends), all);
    }

    /// <summary>
    /// Returns the attempts of the running window and its end. If the clock was set back, the stored end is too far away: it is shortened
    /// to that of a window that begins now, and the attempts stay.
    /// </summary>
    private static async ValueTask<(int Attempts, DateTimeOffset Ends)> FindAsync(Session session, string client, DateTimeOffset now, TimeSpan window)
    {
        var found = await CredentialStore.FindBudgetAsync(session, client, now);
        if (found.Ends > now + window)
        {
            await CredentialStore.CutBudgetAsync(session, client, now + window);
            found.Ends = now + window;
        }

        return found;
    }

    private void Remember(string budget, int most, DateTimeOffset ends)
    {
        if (usedUp.Count >= MostRemembered)
        {
            usedUp.Clear();
        }

        usedUp[budget] = (most, ends);
    }

    private (int Most, DateTimeOffset Ends)? Remembered(string budget, TimeSpan window)
    {
        var now = clock.GetUtcNow();
        return usedUp.TryGetValue(budget, out var known) && known.Ends > now && known.Ends <= now + window ? known : null;
    }

    /// <summary>
    /// The client whose budget is used. A request through a proxy that TRUSTED_PROXIES does not name has this machine's address, but must
    /// not use up the owner's attempts.
    /// </summary>
    private string ClientOf(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address && settings.IsThisMachine(address) && !settings.IsOfThisMachine(http) ? "by proxy" : Caller.AddressOf(http.Connection.RemoteIpAddress);
}
