using Pilothouse.Storage;

namespace Pilothouse.Import;

/// <summary>The table <c>imported_rows</c>: which row of which source became which record.</summary>
internal static class ImportStore
{
    private static readonly Sql Find = new("""
        SELECT record_id, fingerprint FROM imported_rows WHERE source = @source AND record_table = @record_table AND source_key = @source_key
        """);

    private static readonly Sql FindSignal = new("""
        SELECT record_id FROM imported_rows WHERE source = @source AND record_table = 'signals' AND source_key = @source_key
          AND EXISTS (SELECT 1 FROM signals WHERE signals.id = imported_rows.record_id)
        """);

    private static readonly Sql Keep = new("""
        INSERT INTO imported_rows(source, record_table, source_key, record_id, fingerprint, imported_at)
        VALUES (@source, @record_table, @source_key, @record_id, @fingerprint, @now)
        ON CONFLICT (source, record_table, source_key) DO UPDATE SET
          record_id = excluded.record_id, fingerprint = excluded.fingerprint, imported_at = excluded.imported_at
        """);

    /// <summary>Returns what became of a row; null if it was never imported.</summary>
    public static ValueTask<KnownRow?> FindAsync(Session session, string source, string table, string key) =>
        session.Prepare(Find).Set("source", source).Set("record_table", table).Set("source_key", key)
            .FirstAsync(static row => new KnownRow(row.Id(0), row.Text(1)!));

    /// <summary>Returns the id of the signal that a row of signals became; null if it was never imported, or is gone.</summary>
    public static ValueTask<long?> FindSignalAsync(Session session, string source, string key) =>
        session.Prepare(FindSignal).Set("source", source).Set("source_key", key).FirstAsync(static row => row.Whole(0));

    public static ValueTask<int> KeepAsync(Session session, string source, ImportedRow row, long id, string fingerprint, DateTimeOffset now) =>
        session.Prepare(Keep).Set("source", source).Set("record_table", row.Table).Set("source_key", row.Key).Set("record_id", (long?)id)
            .Set("fingerprint", fingerprint).Set("now", (DateTimeOffset?)now).ExecuteAsync();
}

/// <summary>A row that was imported before.</summary>
/// <param name="RecordId">The record that it became.</param>
/// <param name="Fingerprint">What the source said of it then.</param>
internal sealed record KnownRow(long RecordId, string Fingerprint);
