using System.Text.Json.Serialization;
using Pilothouse.Api;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Backups;

/// <summary>A backup as the API shows it.</summary>
/// <param name="State">good: made and verified here; unproven: without a manifest, as the seed's; broken: it cannot be what was made.</param>
internal sealed record BackupRow(string Name, DateTimeOffset MadeAt, string? MadeBy, long SizeBytes, long? DatabaseSizeBytes, string State, string? Problem, string? Sha256, string? SchemaVersion,
    long? ForeignKeyViolations, IReadOnlyDictionary<string, long>? Tables)
{
    public static BackupRow Of(Backup backup) => new(
        backup.Name, backup.MadeAt, backup.Manifest?.MadeBy, backup.SizeBytes, backup.Manifest?.DatabaseSizeBytes,
        backup.State switch { BackupState.Good => "good", BackupState.Unproven => "unproven", _ => "broken" }, backup.Problem,
        backup.Manifest?.Sha256, backup.Manifest?.SchemaVersion, backup.Manifest?.ForeignKeyViolations, backup.Manifest?.Tables);
}

internal sealed record BackupList(bool Success, int Count, IReadOnlyList<BackupRow> Data, string? NextCursor);

internal sealed record BackupCreated(bool Success, string Message, string BackupName, BackupRow Data);

internal sealed record BackupVerified(bool Success, string Message, string BackupName, long DatabaseSizeBytes, long ForeignKeyViolations, IReadOnlyDictionary<string, long> Tables);

/// <summary>Backups over HTTP; every call needs the scope <c>control</c>. Restoring is the command line's: no server may run meanwhile.</summary>
internal static partial class BackupEndpoints
{
    private static readonly QueryShape ListQuery = new(QueryParameter.MostOf("backups"));

    public static void AddBackups(this IServiceCollection services)
    {
        services.AddSingleton(static provider => new BackupMaker(
            provider.GetRequiredService<Settings>(), provider.GetRequiredService<TimeProvider>(), (SqliteDatabase)provider.GetRequiredService<Database>()));
        services.AddSingleton(static provider => provider.GetRequiredService<BackupMaker>().Folder);
        services.AddSingleton<BackupVerifier>();
        services.AddSingleton<BackupHealth>();
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<BackupHealth>());
        services.AddSingleton<BackupSchedule>();
        services.AddSingleton<BackupMeters>();
        services.AddHostedService<BackupWorker>();
        services.AddSingleton(static provider => new LostFileWatch(
            (SqliteDatabase)provider.GetRequiredService<Database>(), provider.GetRequiredService<BackupMaker>(), provider.GetRequiredService<FatalEnd>(), provider.GetRequiredService<ILogger<LostFileWatch>>()));
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<LostFileWatch>());
        services.AddHostedService(static provider => provider.GetRequiredService<LostFileWatch>());
    }

    public static void MapBackups(this IEndpointRouteBuilder routes)
    {
        var backups = routes.MapGroup("/api/backups").WithTags("Backups");
        backups.MapMethods("", Http.Read, ListAsync).Named("listBackups", "Every backup, the newest first").Takes(ListQuery).Answers<BackupList>().Refuses(400, 401, 403, 429).AsksForItsScope();
        backups.MapPost("", CreateAsync).Named("createBackup", "Make a backup now and verify it; takes seconds to minutes").Answers<BackupCreated>(201).Refuses(400, 401, 403, 409, 429, 503);
        backups.MapPost("/{name}/verify", VerifyAsync).Named("verifyBackup", "Unpack a backup and check it; takes seconds to minutes").TakesName().Answers<BackupVerified>().Refuses(400, 401, 403, 404, 409, 429, 503);
    }

    private static Task ListAsync(HttpContext http, BackupFolder folder)
    {
        Caller.Of(http).Require(Scopes.Control);
        var limit = (int?)ListQuery.Read(http.Request).Number("limit");
        BackupRow[] rows = [.. folder.List().Select(BackupRow.Of).Take(limit ?? int.MaxValue)];
        return JsonAnswer.WriteAsync(http, new BackupList(true, rows.Length, rows, null), BackupJson.Default.BackupList);
    }

    private static async Task CreateAsync(HttpContext http, CallerDatabase database, BackupMaker maker, BackupHealth health, IHostApplicationLifetime server, ILogger<BackupMaker> logger)
    {
        await DemandAsync(http, database);
        try
        {
            // Not cancelled with its request: a proxy that has waited too long must not undo it.
            var backup = await PatientThread.Run(() => maker.Make(Backup.ByApi, TimeSpan.Zero, NoProgress.Instance, out _, server.ApplicationStopping));
            health.Refresh();
            Made(logger, backup.Name, backup.SizeBytes, http.TraceIdentifier);
            http.Response.StatusCode = 201;
            await JsonAnswer.WriteAsync(http, new BackupCreated(true, "Backup created and verified", backup.Name, BackupRow.Of(backup)), BackupJson.Default.BackupCreated);
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
            MakingFailed(logger, http.TraceIdentifier, failed);
            throw new Refusal(503, ErrorCodes.BackupFailed, "Backup failed", "The backup was not made; the server's log says why. Older backups are untouched.");
        }
    }

    private static async Task VerifyAsync(HttpContext http, CallerDatabase database, BackupFolder folder, BackupVerifier verifier, ILogger<BackupVerifier> logger)
    {
        await DemandAsync(http, database);
        var name = (string)http.Request.RouteValues["name"]!;
        var backup = folder.List().FirstOrDefault(one => one.Name == name)
            ?? throw Refusal.NotFound("Backup not found", "There is no backup of this name; GET /api/backups lists them.");
        try
        {
            var verified = await PatientThread.Run(() => verifier.Verify(backup, TimeSpan.Zero, NoProgress.Instance, http.RequestAborted));
            Verified(logger, backup.Name, http.TraceIdentifier);
            await JsonAnswer.WriteAsync(http, new BackupVerified(true, "Backup is good", backup.Name, verified.DatabaseSizeBytes, verified.Facts.ForeignKeyViolations, verified.Facts.Tables), BackupJson.Default.BackupVerified);
        }
        catch (BackupRunningException running)
        {
            throw Running(running);
        }
        catch (BackupFailedException failed) when (failed.InnerException is IOException or UnauthorizedAccessException)
        {
            VerifyingFailed(logger, backup.Name, http.TraceIdentifier, failed);
            throw new Refusal(503, ErrorCodes.BackupFailed, "Backup not verified", "The backup could not be read or unpacked; the server's log says why.");
        }
        catch (BackupFailedException failed)
        {
            VerifyingFailed(logger, backup.Name, http.TraceIdentifier, failed);
            throw new Refusal(409, ErrorCodes.BackupDamaged, "Backup damaged", "The backup is not what was made, or not whole; the server's log says what is wrong. Do not restore it.");
        }
    }

    /// <summary>The right, asked once more where the work begins. What has begun is carried out.</summary>
    private static ValueTask DemandAsync(HttpContext http, CallerDatabase database)
    {
        var caller = Caller.Of(http);
        caller.Require(Scopes.Control);
        return database.DemandAsync(caller, http.RequestAborted);
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

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimeJson)])]
[JsonSerializable(typeof(BackupList))]
[JsonSerializable(typeof(BackupCreated))]
[JsonSerializable(typeof(BackupVerified))]
internal sealed partial class BackupJson : JsonSerializerContext;
