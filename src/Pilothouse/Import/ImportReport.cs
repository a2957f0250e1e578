using System.Text.Json.Serialization;

namespace Pilothouse.Import;

/// <summary>What became of the rows of one table.</summary>
internal sealed record ImportedTable(string Table)
{
    /// <summary>Rows that became new records.</summary>
    public long Stored { get; set; }

    /// <summary>Rows that have changed in the source since they were imported, and whose records were changed.</summary>
    public long Updated { get; set; }

    /// <summary>Rows that are stored as the source has them.</summary>
    public long Unchanged { get; set; }

    public long LeftOut { get; set; }
}

/// <summary>Why rows were left out, how many they are, and the first of them.</summary>
internal sealed record LeftOutKind(string Table, string Reason, long Rows, IReadOnlyList<string> First);

/// <summary>What an import did, or would do.</summary>
internal sealed class ImportReport
{
    private const int MostNamed = 5;

    /// <summary>More kinds than this are one kind, because somebody reads them.</summary>
    private const int MostKinds = 50;

    private const string Others = "There are further reasons";
    private readonly SortedDictionary<string, ImportedTable> tables = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Table, string Reason), (long Rows, List<string> First)> leftOut = [];

    public IReadOnlyCollection<ImportedTable> Tables => tables.Values;

    public IEnumerable<LeftOutKind> LeftOut => leftOut.Select(static kind => new LeftOutKind(kind.Key.Table, kind.Key.Reason, kind.Value.Rows, kind.Value.First))
        .OrderByDescending(static kind => kind.Rows).ThenBy(static kind => kind.Reason, StringComparer.Ordinal);

    public long Changes => tables.Values.Sum(static table => table.Stored + table.Updated);

    public ImportedTable Of(string table) => tables.TryGetValue(table, out var known) ? known : tables[table] = new(table);

    public void Add(LeftOutRow row)
    {
        Of(row.Table).LeftOut++;
        var kind = (row.Table, Reason: leftOut.Count < MostKinds || leftOut.ContainsKey((row.Table, row.Reason)) ? row.Reason : Others);
        var (rows, first) = leftOut.TryGetValue(kind, out var known) ? known : (0, []);
        if (first.Count < MostNamed)
        {
            first.Add(row.Name);
        }

        leftOut[kind] = (rows + 1, first);
    }

    /// <summary>Adds the counts of some rows.</summary>
    public void Add(IEnumerable<(string Table, RowOutcome Outcome)> rows)
    {
        foreach (var (table, outcome) in rows)
        {
            var counts = Of(table);
            _ = outcome switch
            {
                RowOutcome.Stored => counts.Stored++,
                RowOutcome.Updated => counts.Updated++,
                _ => counts.Unchanged++,
            };
        }
    }
}

/// <summary>What became of a row.</summary>
internal enum RowOutcome
{
    Stored,
    Updated,
    Unchanged,
}

/// <summary>What the audit log keeps of an import; the counts only in its row at the end.</summary>
internal sealed record ImportAudit(string Kind, string Source, string File, IReadOnlyList<ImportedTable>? Tables);

/// <summary>The report for programs (<c>--json</c>).</summary>
internal sealed record ImportAnswer(
    bool DryRun, string Kind, string Source, string File, IReadOnlyList<string> Understood, IReadOnlyCollection<ImportedTable> Tables,
    IReadOnlyList<LeftOutKind> LeftOut, IReadOnlyList<string> Notes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImportAudit))]
[JsonSerializable(typeof(ImportAnswer))]
internal sealed partial class ImportJson : JsonSerializerContext;
