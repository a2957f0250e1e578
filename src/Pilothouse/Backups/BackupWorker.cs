using System.Diagnostics.Metrics;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Backups;

/// <summary>Runs the backup schedule inside the server, unless ENABLE_AUTO_BACKUP is off.</summary>
internal sealed class BackupWorker(Settings settings, BackupSchedule schedule, BackupHealth health, BackupMeters meters, ILogger<BackupWorker> logger) : SteadyService(logger)
{
    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        _ = meters;

        // Returns at once, so that the start does not wait for reading the folder or the database.
        await Task.Yield();
        health.DatabaseBegan();
        if (settings.EnableAutoBackup)
        {
            await schedule.RunAsync(stoppingToken);
        }
    }
}

/// <summary>The metrics of backups.</summary>
internal sealed class BackupMeters
{
    public BackupMeters(IMeterFactory meters, BackupHealth health)
    {
        var meter = meters.Create("Pilothouse");
        meter.CreateObservableGauge("pilothouse_backup_last_success_timestamp_seconds", () => Each(health.LastGood?.MadeAt.ToUnixTimeMilliseconds() / 1000.0), description: "When the newest verified backup was made, in seconds since 1970");
        meter.CreateObservableGauge("pilothouse_backup_last_size_bytes", () => Each(health.LastGood?.SizeBytes), description: "Size of the newest verified backup");
        meter.CreateObservableGauge("pilothouse_backups", () => health.Count, description: "Backups in BACKUP_DIR");
        meter.CreateObservableCounter("pilothouse_backup_failures_total", () => health.Failures, description: "Backups that failed since the start");
    }

    /// <summary>Returns no measurement if the value is unknown.</summary>
    private static Measurement<T>[] Each<T>(T? value)
        where T : struct => value is { } known ? [new(known)] : [];
}
