using System.Globalization;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Checklist;

/// <summary>
/// Checks for trades whose close lies in the future or before their opening. They come from a bot that writes its local time into the file,
/// because the server reads a time without a zone as UTC.
/// </summary>
internal static class CloseTimeChecks
{
    /// <summary>
    /// Two UTC times sort as text in the order of time. Rows in which a time has a zone offset are selected too; the code below compares
    /// all of them as times.
    /// </summary>
    private static readonly Sql Suspects = new("""
        SELECT id, time_of(timestamp), time_of(closed_at) FROM trades
        WHERE lower(status) = 'closed' AND closed_at IS NOT NULL
          AND (time_key(closed_at) > @now OR time_key(closed_at) < time_key(timestamp)
            OR may_have_zone(closed_at) OR may_have_zone(timestamp))
        """);

    public static async Task<Finding> LookAsync(Session connection, DateTimeOffset now, TimeSpan tolerance)
    {
        var (ahead, before) = (new Found(), new Found());
        await connection.Prepare(Suspects).SetKey("now", Timestamps.ToStored(now + tolerance)).EachAsync(row =>
        {
            if (row.Time(2) is not { } closed)
            {
                return;
            }

            if (closed > now + tolerance)
            {
                ahead.Add(row.Id(0), closed - now);
            }
            else if (row.Time(1) is { } opened && closed < Timestamps.Cut(opened))
            {
                before.Add(row.Id(0), opened - closed);
            }
        });
        return ahead.Count + before.Count == 0
            ? Finding.Green("closes", "No trade closed in the future or before it was opened.")
            : Finding.Yellow(
                "closes",
                string.Join(" ", ((string?[])[ahead.Say("in the future"), before.Say("before they were opened")]).OfType<string>()),
                "A time without a zone is read as UTC: a bot that writes the file itself must write UTC (in Python, "
                    + "datetime.now(timezone.utc)), or set FOREIGN_TIME_ZONE to the zone whose local time it writes. Then correct the rows that are "
                    + "still named here: until then their days, their order and how long they were held are wrong.");
    }

    /// <summary>The trades of one kind that were found.</summary>
    private sealed class Found
    {
        private long farthest;
        private TimeSpan by;

        public long Count { get; private set; }

        public void Add(long id, TimeSpan off)
        {
            Count++;
            if (off > by)
            {
                (farthest, by) = (id, off);
            }
        }

        /// <summary>Returns a sentence about them; null if there are none.</summary>
        public string? Say(string where) => Count == 0 ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"Trades that closed {where}: {Count}, at most by {Spans.Words(by.TotalSeconds)} (trade {farthest}).");
    }
}
