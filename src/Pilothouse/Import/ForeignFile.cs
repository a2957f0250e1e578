using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Import;

/// <summary>
/// The database file of another program, which may have it open and write to it. It is only read, and never for longer than a page of rows
/// takes, so that the program does not wait. What is wrong with it is said in a sentence.
/// </summary>
internal sealed class ForeignFile : IDisposable
{
    private readonly FileSession session;
    private readonly Dictionary<string, HashSet<string>> columns = [];

    private ForeignFile(string path, FileSession session) => (Path, this.session) = (path, session);

    public string Path { get; }

    /// <exception cref="ImportRefusedException">It is not there, or is no database file.</exception>
    public static ForeignFile Open(string path)
    {
        if (Directory.Exists(path) || !File.Exists(path))
        {
            throw new ImportRefusedException(Directory.Exists(path) ? $"{path} is a folder. Name the file in it." : $"There is no file {path}.");
        }

        try
        {
            if (new FileInfo(path).Length == 0)
            {
                throw new ImportRefusedException($"{path} is empty.");
            }

            if (!DatabaseFile.HasHeader(path))
            {
                throw new ImportRefusedException($"{path} is no database file.");
            }

            return new(path, FileSession.Open(path, OpenFor.Inspect));
        }
        catch (Exception error) when (error is UnauthorizedAccessException or DatabaseRefusedException)
        {
            throw new ImportRefusedException($"{path} cannot be read: {error.Message}");
        }
    }

    /// <summary>The names of the columns of a table, in small letters; none if there is no such table.</summary>
    public IReadOnlySet<string> ColumnsOf(string table)
    {
        if (!columns.TryGetValue(table, out var known))
        {
            known = columns[table] = [.. Try(() => session.Column($"SELECT lower(name) FROM pragma_table_info('{table}')"))];
        }

        return known;
    }

    /// <summary>The names of its tables, without those of the engine.</summary>
    public IReadOnlyList<string> Tables() => Try(session.Tables);

    /// <summary>Returns what a SELECT names to read a column by one of its names; NULL if the table has none of them.</summary>
    /// <param name="table">The table.</param>
    /// <param name="names">The names that the column had in the versions of the other program, the newest first.</param>
    public string Select(string table, params IEnumerable<string> names) =>
        names.FirstOrDefault(ColumnsOf(table).Contains) is { } name ? $"\"{name}\"" : "NULL";

    /// <summary>Returns a number that a statement selects; 0 if it selects none.</summary>
    public long Count(string sql) => long.TryParse(Try(() => session.Scalar(sql)), out var count) ? count : 0;

    /// <summary>Runs reads on one snapshot of the file.</summary>
    public async ValueTask<T> ReadAsync<T>(Func<Session, ValueTask<T>> work)
    {
        try
        {
            session.Execute("BEGIN");
            try
            {
                return await work(session);
            }
            finally
            {
                session.Execute("ROLLBACK");
            }
        }
        catch (EngineException error)
        {
            throw Explain(error);
        }
    }

    public void Dispose() => session.Dispose();

    private T Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (EngineException error)
        {
            throw Explain(error);
        }
    }

    private ImportRefusedException Explain(EngineException error) => new(error switch
    {
        { IsLock: true } => $"{Path} is locked by another program, for more than 5 seconds. Stop that program, or import a copy of the file.",
        { IsDamage: true } => $"{Path} is damaged ({PrintableText.Of(error.Message)}). Import a copy from before.",
        _ => $"{Path} cannot be read ({PrintableText.Of(error.Message)}). If the program that writes it was killed, start and stop it once; if this user may not write to its folder, import a copy.",
    });
}
