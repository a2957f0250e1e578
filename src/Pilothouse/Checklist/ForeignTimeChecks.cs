using System.Globalization;
using Pilothouse.Storage;

namespace Pilothouse.Checklist;

/// <summary>Checks how times without a zone are read that other programs have stored.</summary>
internal static class ForeignTimeChecks
{
    private static readonly Sql Zone = new("SELECT zone FROM foreign_time_offsets LIMIT 1");

    private static readonly Sql Backlog = new(
        "SELECT total(done_id < last_id), total(converted), total(left_alone) FROM foreign_time_backlog");

    public static async Task<Finding> LookAsync(FileSession connection, TimeZoneInfo? wanted)
    {
        var zone = await connection.Prepare(Zone).FirstAsync(static row => row.Text(0));
        if (wanted?.Id != zone)
        {
            return Finding.Yellow(
                "foreign-times",
                $"FOREIGN_TIME_ZONE is {wanted?.Id ?? "not set"}, but the database still reads times of other programs as {zone ?? "UTC"}.",
                "Restart the server: it takes the setting over.");
        }

        if (zone is null)
        {
            return Finding.Green("foreign-times", "Times without a zone are read as UTC.");
        }

        var (waiting, converted, left) = await connection.Prepare(Backlog)
            .FirstAsync(static row => (row.Number(0), row.Number(1), row.Number(2)));
        return Finding.Green("foreign-times", string.Create(CultureInfo.InvariantCulture,
            $"Times without a zone that other programs store are read as {zone}. Of what was there before the setting, {converted} rows are read so "
            + $"too; {left} times look like those of the server and stay UTC{(waiting > 0 ? "; the server still goes through them" : "")}."));
    }
}
