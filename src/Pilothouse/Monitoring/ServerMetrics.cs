using System.Diagnostics.Metrics;
using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>
/// Metrics of the server as a whole: its version, its uptime, the disks that it writes to, and the conditions of its parts.
/// </summary>
internal sealed class ServerMetrics(IMeterFactory meters, Settings settings, IEnumerable<IWatched> watched, TimeProvider clock) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var began = clock.GetUtcNow();
        var meter = meters.Create("Pilothouse");
        meter.CreateObservableGauge("pilothouse.build.info",
            static () => new Measurement<int>(1, new("version", ThisVersion.Text), new("sqlite", DatabaseEngine.Version), new("dotnet", Environment.Version.ToString())),
            null, "Always 1; its labels say which version this is.");
        meter.CreateObservableGauge("pilothouse.start_time", () => began.ToUnixTimeMilliseconds() / 1000d, "s", "When this server started, in seconds since 1970.");
        meter.CreateObservableGauge("pilothouse.uptime", () => (clock.GetUtcNow() - began).TotalSeconds, "s", "For how long it has run.");
        meter.CreateObservableGauge("pilothouse.condition", Conditions, null, "How well each part is: 0 ok, 1 warning, 2 failed.");
        meter.CreateObservableGauge("pilothouse.disk.free", () => Disks(static disk => disk.AvailableFreeSpace), "By", "Room left for this user on the disk of a folder.");
        meter.CreateObservableGauge("pilothouse.disk.size", () => Disks(static disk => disk.TotalSize), "By", "Size of the disk of a folder.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<int>> Conditions() =>
        watched.Select(static part => part.Look()).Select(static now => new Measurement<int>((int)now.State, new KeyValuePair<string, object?>("name", now.Name)));

    private IEnumerable<Measurement<long>> Disks(Func<DriveInfo, long> look)
    {
        (string Folder, string Path)[] database = DatabaseEngine.FolderOf(settings) is { } own ? [("database", own)] : [];
        (string Folder, string Path)[] folders = [.. database, ("backups", settings.BackupDir), ("logs", settings.LogDir)];
        foreach (var (folder, path) in folders)
        {
            if (Try(path, look) is { } bytes)
            {
                yield return new(bytes, new KeyValuePair<string, object?>("folder", folder));
            }
        }
    }

    /// <summary>Returns null if the folder does not exist (yet): no value is better than the value of another disk.</summary>
    private static long? Try(string path, Func<DriveInfo, long> look)
    {
        try
        {
            return Directory.Exists(path) ? look(new DriveInfo(Path.GetFullPath(path))) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
