using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Backups;

/// <summary>
/// The operations on backups, all with the scope <c>control</c>. There is none for restoring: that is a command, because no server may run
/// during a restore.
/// </summary>
internal sealed partial class BackupFeature : Feature
{
    private static readonly QueryShape ListQuery = new(QueryParameter.MostOf("backups"));

    public override string Tag => "Backups";

    public override string About => "Copies of the database that were proven to be whole.";

    public override IJsonTypeInfoResolver Json => BackupJson.Default;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton(static provider => new BackupMaker(
            provider.GetRequiredService<Settings>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<Database>().Upkeep));
        services.AddSingleton(static provider => provider.GetRequiredService<BackupMaker>().Folder);
        services.AddSingleton<BackupVerifier>();
        services.AddSingleton<BackupHealth>();
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<BackupHealth>());
        services.AddSingleton<BackupRecorder>(static provider => backup => provider.GetRequiredService<AuditLog>()
            .RecordAsync(provider.GetRequiredService<Database>(), Call.OfServer(), AuditedWork.CreateBackup, BackupRow.ChangeOf(backup)));
        services.AddSingleton<BackupSchedule>();
        services.AddSingleton<BackupMeters>();
        services.AddHostedService<BackupWorker>();
        services.AddSingleton<LostFileWatch>();
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<LostFileWatch>());
        services.AddHostedService(static provider => provider.GetRequiredService<LostFileWatch>());
    }

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var folder = parts.GetRequiredService<BackupFolder>();
        yield return new FreshRead<BackupList>("listBackups", "GET /api/backups", "Every backup, the newest first", BackupJson.Default.BackupList, (_, query) =>
        {
            BackupRow[] rows = [.. folder.List().Select(BackupRow.Of).Take((int?)query.Number("limit") ?? int.MaxValue)];
            return new(new BackupList(true, rows.Length, rows, null));
        })
        { Query = ListQuery, Scope = Scopes.Control };

        yield return new Act<BackupCreated>(AuditedWork.CreateBackup, "POST /api/backups", "Make a backup now and verify it; takes seconds to minutes", 201, BackupJson.Default.BackupCreated,
            call => CreateAsync(call, parts))
        { Scope = Scopes.Control };

        yield return new Act<BackupVerified>("verifyBackup", "POST /api/backups/{name}/verify", "Unpack a backup and check it; takes seconds to minutes", 200, BackupJson.Default.BackupVerified,
            call => VerifyAsync(call, folder, parts.GetRequiredService<BackupVerifier>(), parts.GetRequiredService<ILogger<BackupVerifier>>()))
        { Scope = Scopes.Control };
    }

    private static async ValueTask<BackupCreated> CreateAsync(Call call, IServiceProvider parts)
    {
        var (maker, health) = (parts.GetRequiredService<BackupMaker>(), parts.GetRequiredService<BackupHealth>());
        var stopping = parts.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var logger = parts.GetRequiredService<ILogger<BackupMaker>>();
        Backup backup;
        try
        {
            // The request's token does not cancel it: a proxy that gives up waiting must not undo the backup.
            backup = await PatientThread.Run(() => maker.Make(Backup.ByApi, TimeSpan.Zero, NoProgress.Instance, out _, stopping));
        }
        catch (BackupRunningException running)
        {
            throw Running(running);
        }
        catch (OperationCanceledException)
        {
            throw new Refusal(503, ErrorCodes.BackupFailed, "Backup failed", "The server stops; the backup was not made. Older backups are untouched.");
        }
        catch (Exception failed) when (failed is BackupFailedException or DatabaseRefusedException)
        {
            health.Failed();
            MakingFailed(logger, call.RequestId, failed);
            throw new Refusal(503, ErrorCodes.BackupFailed, "Backup failed", "The backup was not made; the server's log says why. Older backups are untouched.");
        }

        health.Refresh();
        Made(logger, backup.Name, backup.SizeBytes, call.RequestId);
        await parts.GetRequiredService<AuditLog>().RecordAsync(parts.GetRequiredService<Database>(), call, AuditedWork.CreateBackup, BackupRow.ChangeOf(backup));
        return new BackupCreated(true, "Backup created and verified", backup.Name, BackupRow.Of(backup));
    }

    private static async ValueTask<BackupVerified> VerifyAsync(Call call, BackupFolder folder, BackupVerifier verifier, ILogger<BackupVerifier> logger)
    {
        var backup = folder.List().FirstOrDefault(one => one.Name == call.Target)
            ?? throw Refusal.NotFound("Backup not found", "There is no backup of this name; GET /api/backups lists them.");
        try
        {
            var verified = await PatientThread.Run(() => verifier.Verify(backup, TimeSpan.Zero, NoProgress.Instance, call.Cancel));
            Verified(logger, backup.Name, call.RequestId);
            return new BackupVerified(true, "Backup is good", backup.Name, verified.DatabaseSizeBytes, verified.Facts.ForeignKeyViolations, verified.Facts.Tables, verified.Note);
        }
        catch (BackupRunningException running)
        {
            throw Running(running);
        }
        catch (BackupFailedException failed) when (failed.InnerException is IOException or UnauthorizedAccessException)
        {
            VerifyingFailed(logger, backup.Name, call.RequestId, failed);
            throw new Refusal(503, ErrorCodes.BackupFailed, "Backup not verified", "The backup could not be read or unpacked; the server's log says why.");
        }
        catch (BackupFailedException failed)
        {
            VerifyingFailed(logger, backup.Name, call.RequestId, failed);
            throw new Refusal(409, ErrorCodes.BackupDamaged, "Backup damaged", "The backup is not what was made, or not whole; the server's log says what is wrong. Do not restore it.");
        }
    }

    private static Refusal Running(BackupRunningException running) => new(409, ErrorCodes.BackupRunning, "Backup running", running.Message) { RetryAfterSeconds = 10 };

    [LoggerMessage(Level = LogLevel.Information, Message = "Backup {Name} was made and verified: {SizeBytes} bytes (request {RequestId})")]
    private static partial void Made(ILogger logger, string name, long sizeBytes, string requestId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Backup {Name} was verified and is good (request {RequestId})")]
    private static partial void Verified(ILogger logger, string name, string requestId);

    [LoggerMessage(Level = LogLevel.Error, Message = "The backup that request {RequestId} asked for failed")]
    private static partial void MakingFailed(ILogger logger, string requestId, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Backup {Name} did not pass its verification (request {RequestId})")]
    private static partial void VerifyingFailed(ILogger logger, string name, string requestId, Exception error);
}
