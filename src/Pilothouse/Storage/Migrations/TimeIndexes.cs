using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage.Migrations;

/// <summary>
/// Makes every index over a time anew with the expression that looks first for the UTC of a local time (<see cref="ForeignTimes"/>). It
/// reads which indexes there are: a list of them here would forget one.
/// </summary>
internal static class TimeIndexes
{
    public static void MakeAnew(SqliteConnection connection)
    {
        foreach (var table in ForeignTimes.Tables)
        {
            var names = connection.Column($"""
                SELECT name FROM sqlite_schema
                WHERE type = 'index' AND tbl_name = '{table.Name}' AND sql IS NOT NULL AND substr(name, 1, 3) = 'ph_' ORDER BY name
                """);
            foreach (var name in names)
            {
                var sql = connection.Scalar($"SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = '{name}'")!;
                if (Sql.WithForeignTimes(sql) is var changed && changed != sql)
                {
                    connection.Execute($"DROP INDEX {name}");
                    connection.Execute(changed);
                }
            }
        }
    }
}
