using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Configuration;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Move;
using Pilothouse.Storage.Postgres;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Move;

/// <summary>A folder with a migrated file, and an empty PostgreSQL database, between which a test moves rows.</summary>
internal sealed class MovingFolder : IAsyncDisposable
{
    private const string RemoveLogged = "DELETE FROM changes WHERE kind <> 'made';";

    private readonly PostgresCluster cluster;

    private MovingFolder(PostgresCluster cluster, string url)
    {
        this.cluster = cluster;
        Url = url;
    }

    public TemporaryFolder Folder { get; } = new();

    public string Url { get; }

    public string Path => Folder.File("trading_bot.db");

    public string DatabaseName => Url[(Url.LastIndexOf('/') + 1)..];

    /// <summary>The files with rows that were set aside.</summary>
    public string[] SetAsideFiles => Directory.GetFiles(Folder.Path, "move_set_aside_*");

    public static async Task<MovingFolder> MakeAsync()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var made = new MovingFolder(cluster, await cluster.CreateDatabaseAsync());
        new Migrator(made.Path, made.Folder.File("backups"), TimeProvider.System, NullLogger<Migrator>.Instance).Migrate();
        return made;
    }

    /// <summary>Runs SQL on the file, in another program.</summary>
    public Task<string> FileAsync(string sql) => Tool.SqliteAsync(Path, sql);

    /// <summary>Runs SQL on the database, in a connection of its own.</summary>
    public Task<string?> ServerAsync(string sql) => cluster.ExecuteAsync(DatabaseName, sql);

    public void MigrateServer() =>
        new PostgresMigrator(new PostgresAddress(DatabaseUrl.Parse(Url)), NullLogger<PostgresMigrator>.Instance).Migrate();

    /// <summary>Runs <c>pilothouse move</c>.</summary>
    public Task<(int Code, string Out, string Error)> MoveAsync(string from, string to, params string[] more) =>
        ServerProcess.RunAsync(Folder, ["move", "--from", from, "--to", to, .. more], ("LOG_DIR", Folder.File("logs")));

    /// <summary>Moves the file to the server.</summary>
    /// <returns>What the command printed.</returns>
    public async Task<string> MustMoveAsync(string? from = null, string? to = null)
    {
        var (code, output, error) = await MoveAsync(from ?? Path, to ?? Url);
        Assert.True(code == 0, error + output);
        return output;
    }

    /// <summary>Every value of every moved table of a file, with its type.</summary>
    public static Task<string> DumpAsync(string path) => Tool.SqliteAsync(path, string.Concat(MovedTables.All.Select(static table =>
    {
        var names = table.Columns.Select(static column => MovedTable.Quote(column.Name));
        var values = string.Join(", ", names.Select(static name => $"typeof({name}), quote({name})"));
        return $"SELECT '{table.Name}', {values} FROM {table.Name} ORDER BY {table.Order};\n";
    })));

    /// <summary>Stores three rows in every table of the file: all columns filled, all null that may be, and extreme values.</summary>
    public async Task FillAsync()
    {
        var sql = string.Concat(MovedTables.All.SelectMany(static table => Enumerable.Range(1, 3).Select(row =>
            $"INSERT INTO {table.Name}({table.ColumnList}) VALUES ({Values(table, row)});\n")));

        // What the triggers log of these rows goes: the rows of the log are among those that are made here.
        var all = sql.Replace("INSERT INTO changes(", $"{RemoveLogged} INSERT INTO changes(", StringComparison.Ordinal);
        await FileAsync($"BEGIN;\n{all}COMMIT;");
    }

    public async ValueTask DisposeAsync()
    {
        await cluster.DropAsync(DatabaseName);
        Folder.Dispose();
    }

    private static string Values(MovedTable table, int row) =>
        string.Join(", ", table.Columns.Select((column, at) => Value(table, column, at, row)));

    private static string Value(MovedTable table, MovedColumn column, int at, int row) => column switch
    {
        _ when at == table.NumberOfId => row.ToString(CultureInfo.InvariantCulture),
        { RefersTo: not null } => row == 2 && !column.IsRequired ? "NULL" : "1",
        { IsRequired: false } when row == 2 => "NULL",
        { Name: "kind" } => "'made'",
        _ => Value(column, row),
    };

    private static string Value(MovedColumn column, int row) => column.Kind switch
    {
        MovedKind.Whole => row == 3 ? "-9223372036854775808" : "42",
        MovedKind.Number => row switch { 3 => "4.9e-324", 2 => "-1.7976931348623157e308", _ => "0.1" },
        MovedKind.Money => row switch { 3 => "123456789.12345679", 2 => "1e-15", _ => "0.07" },
        MovedKind.Time => row switch { 3 => "'1999-12-31 23:59:59.999'", 2 => "'2026-03-02 12:00:00'", _ => "'2026-03-02 12:00:00.123'" },
        MovedKind.Json => row == 3 ? "'[1, \"x\", null, 1.50]'" : "'{\"a\": 1, \"bb\": {\"c\": \"\u20ac\"}}'",
        _ => row switch { 3 => $"'{column.Name} \u20ac \U0001F6E5 ''x'' \\ \t'", _ => $"'{column.Name} {row}'" },
    };
}
