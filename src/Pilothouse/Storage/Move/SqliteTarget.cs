using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage.Move;

/// <summary>
/// A SQLite file that receives everything. It is filled under another name, and gets its own name when it is complete and on the disk.
/// </summary>
/// <param name="path">The file. It does not exist, or has no rows.</param>
/// <param name="clock">The clock for the journal of migrations.</param>
internal sealed class SqliteTarget(string path, TimeProvider clock) : MoveTarget
{
    /// <summary>Reads the names of all tables but SQLite's own.</summary>
    public const string AllTables =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

    private readonly List<string> triggers = [];
    private readonly List<string> indexes = [];
    private FileClaim? claim;
    private SqliteConnection? file;
    private (MovedTable Table, SqliteStatement Statement)? insert;

    public override string Place => Path.GetFullPath(path);

    private string Unfinished => Place + ".moving";

    private SqliteConnection File => file ?? throw new InvalidOperationException("The move was not begun.");

    public override string Look()
    {
        RefuseRows();
        return System.IO.File.Exists(Place) ? $"{Place} has no rows; the move replaces it." : $"{Place} does not exist; the move makes it.";
    }

    public override void Begin()
    {
        RefuseRows();
        claim = FileClaim.Take(path);
        RemoveUnfinished();
        new Migrator(Unfinished, Path.GetDirectoryName(Place)!, clock, NullLogger<Migrator>.Instance).Migrate();
        file = new SqliteConnection(Unfinished, OpenFor.Copy);

        // A file that is not complete is removed, so it needs no journal on the disk. It is flushed before it gets its name.
        file.Execute("PRAGMA synchronous=OFF");
        file.Scalar("PRAGMA journal_mode=MEMORY");
        file.Execute("BEGIN");
        TakeAway("trigger", triggers, "");
        TakeAway("index", indexes, "AND sql NOT LIKE 'CREATE UNIQUE%'");
    }

    public override string? Objection(MovedKind kind, in MovedValue value) => kind switch
    {
        MovedKind.Money when Exact.ToDecimal(Exact.ToDouble(value.Money)) != value.Money =>
            "an amount with more digits than a file can hold",
        MovedKind.Number when double.IsNaN(value.Number) => "no number (NaN), which a file cannot hold",
        MovedKind.Time when !value.IsOrdinaryTime => "a time outside of the years 1 to 9999",
        _ => null,
    };

    public override void Store(RowBatch batch, Action<int, string> refuse)
    {
        var statement = InsertInto(batch.Table);
        for (var row = 0; row < batch.Count; row++)
        {
            Bind(statement, batch.Table, batch[row]);
            try
            {
                statement.Run();
            }
            catch (SqliteException error) when (error.IsBrokenRule)
            {
                refuse(row, error.Message);
            }
        }
    }

    public override MoveCursor Read(MovedTable table) => new SqliteCursor(File, table);

    public override void Finish(IReadOnlyList<(MovedTable Table, long Last)> lastNumbers)
    {
        insert?.Statement.Dispose();
        insert = null;
        indexes.ForEach(File.Execute);
        triggers.ForEach(File.Execute);
        foreach (var (table, last) in lastNumbers.Where(one => IsCounted(one.Table) && one.Last > 0))
        {
            var number = last.ToString(CultureInfo.InvariantCulture);
            File.Execute($"DELETE FROM sqlite_sequence WHERE name = '{table.Name}'");
            File.Execute($"INSERT INTO sqlite_sequence(name, seq) VALUES ('{table.Name}', {number})");
        }
    }

    public override void Commit()
    {
        File.Execute("COMMIT");
        File.Scalar("PRAGMA journal_mode=DELETE");
        File.Dispose();
        file = null;
        using (var written = PlainFile.Write(Unfinished, FileAccess.ReadWrite))
        {
            written.Flush(flushToDisk: true);
        }

        RefuseRows();
        if (System.IO.File.Exists(Place))
        {
            // What stands beside a file without rows must not be taken for the log of the new one. This moves it into the old file.
            FileHolders.Hold(Place).Dispose();
            FileOwner.Copy(Place, Unfinished);
        }

        System.IO.File.Move(Unfinished, Place, overwrite: true);
        DurableFile.FlushFolder(Path.GetDirectoryName(Place)!);
    }

    public override void Dispose()
    {
        insert?.Statement.Dispose();
        if (file is not null)
        {
            file.Dispose();
            file = null;
        }

        if (claim is not null)
        {
            RemoveUnfinished();
            claim.Dispose();
        }
    }

    private static void Bind(SqliteStatement statement, MovedTable table, ReadOnlySpan<MovedValue> row)
    {
        statement.Renew();
        for (var at = 0; at < row.Length; at++)
        {
            var (name, value) = (table.Columns[at].Name, row[at]);
            _ = !value.HasValue ? statement.Set(name, (string?)null) : table.Columns[at].Kind switch
            {
                MovedKind.Whole => statement.Set(name, value.Whole),
                MovedKind.Number => statement.Set(name, value.Number),
                MovedKind.Money => statement.Set(name, value.Money),
                MovedKind.Time => statement.Set(name, Text(value)),
                _ => statement.Set(name, value.Text),
            };
        }
    }

    /// <summary>
    /// The text of a time as the server stores it, in UTC. One that needs microseconds ends with a Z: without it, it would look like the
    /// local time of a bot (<see cref="ForeignTimes.IsCertain"/>).
    /// </summary>
    private static string Text(in MovedValue time) => time.Whole % 1000 == 0
        ? Timestamps.ToStored(time.Time)
        : time.Time.ToString("yyyy-MM-dd HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private SqliteStatement InsertInto(MovedTable table)
    {
        if (insert is not { } kept || kept.Table != table)
        {
            insert?.Statement.Dispose();
            var values = string.Join(", ", table.Columns.Select(static column => "@" + column.Name));
            insert = kept = (table, new SqliteStatement(File, $"INSERT INTO {table.Name}({table.ColumnList}) VALUES ({values})"));
        }

        return kept.Statement;
    }

    /// <summary>Takes indexes or triggers away until all rows are there.</summary>
    private void TakeAway(string type, List<string> kept, string condition)
    {
        var all = $"FROM sqlite_schema WHERE type = '{type}' AND sql IS NOT NULL {condition} ORDER BY name";
        kept.AddRange(File.Column($"SELECT sql {all}"));
        foreach (var name in File.Column($"SELECT name {all}"))
        {
            File.Execute($"DROP {type} {MovedTable.Quote(name)}");
        }
    }

    /// <summary>Whether SQLite notes the last number of the table, so that the number of a removed row is not given out again.</summary>
    private bool IsCounted(MovedTable table) =>
        File.Scalar($"SELECT 1 FROM sqlite_schema WHERE name = '{table.Name}' AND sql LIKE '%AUTOINCREMENT%'") is not null;

    /// <exception cref="DatabaseRefusedException">A table has rows, whoever made it, or the file is not a database.</exception>
    private void RefuseRows()
    {
        new DatabaseFile(path).Glance();
        if (new FileInfo(path) is not { Exists: true, Length: > 0 })
        {
            return;
        }

        using var present = new SqliteConnection(path, OpenFor.Glance);
        var filled = present.Column(AllTables).Except(["schema_migrations"])
            .FirstOrDefault(name => present.Scalar($"SELECT 1 FROM {MovedTable.Quote(name)} LIMIT 1") is not null);
        if (filled is not null)
        {
            throw new DatabaseRefusedException($"{Place} has rows in {filled}. A move fills an empty database only. "
                + "Name another file, or move this one away. Nothing was moved.");
        }
    }

    private void RemoveUnfinished() => Array.ForEach(FileHolders.Suffixes, suffix => System.IO.File.Delete(Unfinished + suffix));
}
