using Pilothouse.Storage.Files;

namespace Pilothouse.Storage.Postgres;

/// <summary>The rows of a dump, counted while pg_restore writes it as text.</summary>
internal sealed class DumpContent
{
    private const string Begin = "COPY ";
    private const string End = @"\.";
    private const string Journal = "schema_migrations";
    private readonly SortedDictionary<string, long> tables = new(StringComparer.Ordinal);
    private readonly List<string> migrations = [];
    private string? table;
    private int versionColumn;

    /// <summary>The schema of the tables.</summary>
    public string Schema { get; private set; } = "public";

    public DatabaseFacts Facts => new(tables, 0, [.. migrations.Order(StringComparer.Ordinal)]);

    /// <summary>Whether every table that began has ended, and one of them is ours.</summary>
    public bool IsWhole => table is null && tables.ContainsKey(Journal);

    /// <summary>Takes the next line.</summary>
    public void Take(string line)
    {
        if (table is null)
        {
            // COPY public.schema_migrations (id, version, description, applied_at) FROM stdin;
            if (line.StartsWith(Begin, StringComparison.Ordinal) && line.EndsWith(" FROM stdin;", StringComparison.Ordinal))
            {
                BeginTable(line[Begin.Length..]);
            }

            return;
        }

        if (line == End)
        {
            table = null;
            return;
        }

        tables[table]++;
        if (table == Journal)
        {
            migrations.Add(line.Split('\t')[versionColumn]);
        }
    }

    private void BeginTable(string rest)
    {
        var columns = rest.IndexOf(" (", StringComparison.Ordinal);
        var names = SplitName(rest[..columns]);
        (Schema, table) = (names[0], names[1]);
        tables[table] = 0;
        var listed = rest[(columns + 2)..rest.LastIndexOf(')')].Split(", ");
        versionColumn = Math.Max(0, Array.IndexOf(listed, "version"));
    }

    /// <summary>Splits <c>schema.table</c>, of which each may be in double quotes.</summary>
    private static string[] SplitName(string name)
    {
        var parts = new List<string> { "" };
        for (var (at, isQuoted) = (0, false); at < name.Length; at++)
        {
            if (name[at] == '"' && isQuoted && at + 1 < name.Length && name[at + 1] == '"')
            {
                parts[^1] += name[at++];
            }
            else if (name[at] == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (name[at] == '.' && !isQuoted)
            {
                parts.Add("");
            }
            else
            {
                parts[^1] += name[at];
            }
        }

        return parts.Count == 2 ? [.. parts] : throw new DamagedCopyException($"it names a table {name} without a schema");
    }
}
