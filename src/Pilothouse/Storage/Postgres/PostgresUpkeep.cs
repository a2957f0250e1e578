using System.Globalization;
using Npgsql;
using Pilothouse.Storage.Files;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// The maintenance of a PostgreSQL database. PostgreSQL renews its statistics and shortens its log by itself (autovacuum, checkpointer), so
/// there is less to do than with a file.
/// </summary>
/// <param name="address">The database.</param>
/// <param name="source">The pool of connections to it.</param>
/// <param name="standby">Answers long reads; null if there is none.</param>
/// <param name="clock">The clock of this machine.</param>
internal sealed class PostgresUpkeep(PostgresAddress address, NpgsqlDataSource source, PostgresStandby? standby, TimeProvider clock) : Upkeep
{
    /// <summary>
    /// How many standbys follow, and how far the slowest is behind. PostgreSQL has no lag for one that has everything. Without the right to see
    /// it (pg_monitor) all is null.
    /// </summary>
    private const string AskReplication =
        """
        SELECT count(*), extract(epoch FROM max(CASE WHEN replay_lsn >= sent_lsn THEN interval '0' ELSE replay_lag END))::double precision, clock_timestamp()
        FROM pg_stat_replication
        """;

    /// <summary>With clocks that differ more, sessions end early or late at one of several servers, and lists by time are mixed up.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    private volatile bool isDamaged;

    public override bool IsDamaged => isDamaged;

    /// <summary>PostgreSQL recovers by itself after a crash, before it answers.</summary>
    public override bool WasClosedCleanly => true;

    public override FileUpkeep? Files => null;

    public override string? Concern => ClockConcern ?? standby?.Concern;

    private string? ClockConcern { get; set; }

    /// <summary>What <see cref="LookAsync"/> has found; null before that, and while PostgreSQL cannot be reached.</summary>
    public ReplicationState? Replication { get; private set; }

    public override async Task LookAsync(CancellationToken cancel)
    {
        try
        {
            await using var command = source.CreateCommand(AskReplication);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            Replication = new(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetDouble(1));
            var ahead = clock.GetUtcNow() - reader.GetFieldValue<DateTimeOffset>(2);
            ClockConcern = ahead.Duration() <= ClockTolerance ? null : string.Create(CultureInfo.InvariantCulture,
                $"The clock of this machine is {ahead.Duration().TotalSeconds:0} seconds {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} that of PostgreSQL's. Set both right (NTP): sessions end early or late at one of several servers, and records get wrong times.");
        }
        catch (NpgsqlException)
        {
            // Reads and writes report that PostgreSQL cannot be reached.
            Replication = null;
        }

        if (standby is { IsUsable: true })
        {
            await TryStandbyAsync(standby, cancel);
        }
    }

    private static async Task TryStandbyAsync(PostgresStandby standby, CancellationToken cancel)
    {
        try
        {
            await using var command = standby.Source.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(cancel);
            standby.Answered();
        }
        catch (NpgsqlException error)
        {
            standby.Failed(error);
        }
    }

    public override Task OptimizeAsync(CancellationToken cancel) => Task.CompletedTask;

    public override Task ShortenLogAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>
    /// Reads every row of every table. PostgreSQL checks each page that it reads, if the cluster was made with data checksums.
    /// </summary>
    public override string? FindDamage(Action<string> notCopied, CancellationToken cancel)
    {
        try
        {
            using var connection = source.OpenConnection();
            foreach (var table in connection.Column(PostgresCopies.OurTables))
            {
                cancel.ThrowIfCancellationRequested();
                connection.Number($"SELECT count(*) FROM {PostgresCopies.Quote(table)}");
            }

            return null;
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted)
        {
            isDamaged = true;
            return error.MessageText;
        }
    }

    public override void RemoveLeftovers(Action<string> notRemoved)
    {
        // A check of PostgreSQL leaves nothing behind.
    }

    /// <summary>Writes a dump in pg_dump's custom format.</summary>
    public override DatabaseFacts CopyTo(string target, IProgress<double>? progress, CancellationToken cancel) => new PostgresCopies(address).Copy(target, progress, cancel);
}

/// <summary>The standbys of a PostgreSQL server.</summary>
/// <param name="Standbys">How many follow.</param>
/// <param name="LagSeconds">How far the slowest is behind; null if none is, or if that is unknown.</param>
internal sealed record ReplicationState(long Standbys, double? LagSeconds);
