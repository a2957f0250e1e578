using System.Globalization;

namespace Pilothouse.Storage.Files;

/// <summary>Facts that two copies of one database must have in common.</summary>
/// <param name="Tables">The number of rows of each table.</param>
/// <param name="ForeignKeyViolations">The number of rows whose foreign key refers to a missing row. Databases of the previous Python server
/// have some.</param>
/// <param name="Migrations">The versions in schema_migrations, in order.</param>
internal sealed record DatabaseFacts(SortedDictionary<string, long> Tables, long ForeignKeyViolations, IReadOnlyList<string> Migrations)
{
    /// <summary>Reads the facts. Inside a transaction they are of one snapshot.</summary>
    public static DatabaseFacts Read(FileSession file)
    {
        var tables = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var name in file.Column("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"))
        {
            tables[name] = long.Parse(file.Scalar($"SELECT count(*) FROM {Quote(name)}")!, CultureInfo.InvariantCulture);
        }

        var violations = long.Parse(file.Scalar("SELECT count(*) FROM pragma_foreign_key_check")!, CultureInfo.InvariantCulture);
        var migrations = tables.ContainsKey("schema_migrations") ? file.Column("SELECT version FROM schema_migrations ORDER BY version") : [];
        return new(tables, violations, migrations);
    }

    /// <summary>Returns the first difference as a phrase; null if there is none.</summary>
    public string? DifferenceTo(DatabaseFacts other)
    {
        foreach (var table in Tables.Keys.Union(other.Tables.Keys))
        {
            var (mine, its) = (Tables.GetValueOrDefault(table, -1), other.Tables.GetValueOrDefault(table, -1));
            if (mine != its)
            {
                return its < 0 ? $"table {table} is missing" : mine < 0 ? $"there is a table {table} more" : string.Create(CultureInfo.InvariantCulture, $"table {table} has {its} rows instead of {mine}");
            }
        }

        return ForeignKeyViolations == other.ForeignKeyViolations
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{other.ForeignKeyViolations} rows refer to nothing, instead of {ForeignKeyViolations}");
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
