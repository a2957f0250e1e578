using System.Net;
using Pilothouse.Api;
using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>
/// How often a PIN may be tried: 5 times in 15 minutes a client, and, since six digits are only a million, 50 times an hour over all
/// addresses together. Loopback and IP_ALLOWLIST share a budget of their own, so that strangers cannot lock the owner out. Every
/// attempt counts, right or wrong, before the PIN is looked at; the counts are in the database, so a restart does not forget them.
/// </summary>
internal sealed class LoginBudget(Database database, Settings settings, TimeProvider clock)
{
    public const int PerClient = 5;
    public const int PerHour = 50;
    private static readonly TimeSpan ClientWindow = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan HourWindow = TimeSpan.FromHours(1);

    /// <summary>Counts an attempt; one too many leaves less than 0 and counts no further.</summary>
    public async Task<(int Most, int Left, DateTimeOffset Ends)> TakeAsync(IPAddress? address)
    {
        var client = "client:" + Caller.AddressOf(address);
        var all = settings.IsOwn(address) ? "all:trusted" : "all:strangers";
        return await database.WriteAsync(async session =>
        {
            var now = clock.GetUtcNow();
            var mine = await CredentialStore.FindBudgetAsync(session, client, now);
            var total = await CredentialStore.FindBudgetAsync(session, all, now);
            if (mine.Attempts >= PerClient)
            {
                return (PerClient, -1, mine.Ends);
            }

            if (total.Attempts >= PerHour)
            {
                return (PerHour, -1, total.Ends);
            }

            await CredentialStore.CountAttemptAsync(session, client, now, now + ClientWindow);
            await CredentialStore.CountAttemptAsync(session, all, now, now + HourWindow);
            var mineLeft = PerClient - mine.Attempts - 1;
            var totalLeft = PerHour - total.Attempts - 1;
            return mineLeft <= totalLeft
                ? (PerClient, mineLeft, mine.Attempts == 0 ? now + ClientWindow : mine.Ends)
                : (PerHour, totalLeft, total.Attempts == 0 ? now + HourWindow : total.Ends);
        });
    }
}
