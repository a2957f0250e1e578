using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Import;

/// <summary>
/// Imports a source in small transactions, so that a running server's writes wait milliseconds only. An import that is ended at any moment
/// leaves whole transactions, and the next run stores the rest: a row that is stored as the source has it is not touched again.
/// </summary>
internal sealed class Importer(Database database, RecordTargets targets, AuditLog audit, TimeProvider clock)
{
    private const int RowsOfTransaction = 200;

    /// <summary>Imports the source; the report fills while it works, so that it is right also where it is ended.</summary>
    /// <param name="source">The source.</param>
    /// <param name="dryRun">Whether it only says what it would do.</param>
    /// <param name="report">Gets what became of the rows.</param>
    /// <param name="progress">Is told the part that is done, from 0 to 1.</param>
    /// <param name="cancel">Ends it after the transaction that runs.</param>
    public async Task RunAsync(ImportSource source, bool dryRun, ImportReport report, Action<double> progress, CancellationToken cancel)
    {
        try
        {
            while (await source.NextAsync() is { } page)
            {
                foreach (var row in page.LeftOut)
                {
                    report.Add(row);
                }

                foreach (var rows in Read(page.Rows, report).Chunk(RowsOfTransaction))
                {
                    cancel.ThrowIfCancellationRequested();
                    await (dryRun ? LookAsync(source, rows, report) : StoreAsync(source, rows, report));
                }

                progress(source.Part);
            }
        }
        finally
        {
            if (!dryRun && report.Changes > 0)
            {
                await audit.RecordAsync(database, Call.AtCommandLine(CancellationToken.None), AuditedWork.Import, ChangeOf(source, [.. report.Tables]));
            }
        }
    }

    /// <summary>Reads rows and checks them by the rules of their tables. What does not keep them is left out.</summary>
    private List<CheckedRow> Read(IReadOnlyList<ImportedRow> rows, ImportReport report)
    {
        var read = new List<CheckedRow>(rows.Count);
        foreach (var row in rows)
        {
            try
            {
                var target = targets.Of(row.Table);
                read.Add(new(row, target, target.Read(row, clock.GetUtcNow()), row.Fingerprint()));
            }
            catch (Refusal refusal)
            {
                report.Add(LeftOut(row, refusal));
            }
        }

        return read;
    }

    private async Task StoreAsync(ImportSource source, CheckedRow[] rows, ImportReport report)
    {
        try
        {
            var isFirst = report.Changes == 0;
            report.Add(await database.WriteAsync(session => StoreAsync(session, source, rows, isFirst)));
        }
        catch (Refusal refusal) when (rows.Length == 1)
        {
            report.Add(LeftOut(rows[0].Row, refusal));
        }
        catch (Refusal)
        {
            // One of them is refused. Nothing was stored, and now each is stored by itself.
            foreach (var row in rows)
            {
                await StoreAsync(source, [row], report);
            }
        }
    }

    private async ValueTask<List<(string Table, RowOutcome Outcome)>> StoreAsync(Session session, ImportSource source, CheckedRow[] rows, bool isFirst)
    {
        var outcomes = new List<(string, RowOutcome)>(rows.Length);
        foreach (var (row, target, record, fingerprint) in rows)
        {
            var (known, isSame, followed, print) = await LookUpAsync(session, source, row, fingerprint);
            if (isSame)
            {
                outcomes.Add((row.Table, RowOutcome.Unchanged));
                continue;
            }

            if (isFirst)
            {
                // An import that is killed before its end has this row.
                await audit.RecordAsync(session, Call.AtCommandLine(), AuditedWork.BeginImport, ChangeOf(source, null));
                isFirst = false;
            }

            var whole = followed is { } found ? target.WithSignal(record, found) : record;
            var (id, wasThere) = await target.StoreAsync(session, Caller.AtCommandLine, whole, known?.RecordId);
            await ImportStore.KeepAsync(session, source.Name, row, id, print, clock.GetUtcNow());
            outcomes.Add((row.Table, wasThere ? RowOutcome.Updated : RowOutcome.Stored));
        }

        return outcomes;
    }

    private async Task LookAsync(ImportSource source, CheckedRow[] rows, ImportReport report)
    {
        foreach (var row in rows)
        {
            try
            {
                report.Add(await database.ReadAsync(async session =>
                {
                    var (known, isSame, _, _) = await LookUpAsync(session, source, row.Row, row.Fingerprint);
                    var outcome = isSame ? RowOutcome.Unchanged
                        : await row.Target.IsStoredAsync(session, Caller.AtCommandLine, row.Record) || known is not null ? RowOutcome.Updated
                        : RowOutcome.Stored;
                    return new[] { (row.Row.Table, outcome) };
                }));
            }
            catch (Refusal refusal)
            {
                report.Add(LeftOut(row.Row, refusal));
            }
        }
    }

    /// <summary>
    /// Finds what became of a row, and the signal that it follows. The signal is a part of the kept fingerprint: one that was left out, and is
    /// imported later, changes the rows that follow it. One that is gone here changes nothing.
    /// </summary>
    private static async ValueTask<(KnownRow? Known, bool IsSame, long? Followed, string Print)> LookUpAsync(
        Session session, ImportSource source, ImportedRow row, string fingerprint)
    {
        var known = await ImportStore.FindAsync(session, source.Name, row.Table, row.Key);
        if (row.SignalKey is not { } signal)
        {
            return (known, known?.Fingerprint == fingerprint, null, fingerprint);
        }

        return await ImportStore.FindSignalAsync(session, source.Name, signal) is { } followed
            && string.Create(CultureInfo.InvariantCulture, $"{fingerprint}:{followed}") is var print
            ? (known, known?.Fingerprint == print, followed, print)
            : (known, known?.Fingerprint.Split(':')[0] == fingerprint, null, fingerprint);
    }

    private static LeftOutRow LeftOut(ImportedRow row, Refusal refusal) => new(row.Table, row.Name, refusal.Details is [var detail, ..]
        ? $"{InputNames.Shown(detail.Field)} {detail.Message}"
        : refusal.Message.TrimEnd('.'));

    private static Changed ChangeOf(ImportSource source, IReadOnlyList<ImportedTable>? tables) => new("imported_rows", null, null, _ => new(JsonText.Of(
        new ImportAudit(source.Kind, source.Name, Path.GetFileName(source.Path), tables), ImportJson.Default.ImportAudit)));

    private sealed record CheckedRow(ImportedRow Row, RecordTarget Target, object Record, string Fingerprint);
}
