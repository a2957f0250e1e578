using Npgsql;
using Pilothouse.Configuration;

namespace Pilothouse.Storage.Move;

/// <summary>A move between a SQLite file and a PostgreSQL database, in either direction.</summary>
internal sealed class DatabaseMove
{
    /// <summary>What a command says of itself.</summary>
    public const string Description = "Move a whole database from a SQLite file to PostgreSQL, or back. Stop servers and bots first.";

    private readonly string from;
    private readonly string to;
    private readonly DatabaseUrl? url;

    private DatabaseMove(string from, string to, DatabaseUrl url)
    {
        this.from = from;
        this.to = to;
        this.url = url;
    }

    private bool IsFromFile => !IsUrl(from);

    /// <summary>Reads the two ends.</summary>
    /// <param name="from">The path of a file or the URL of a database.</param>
    /// <param name="to">The other of the two.</param>
    /// <exception cref="FormatException">They are not one of each, or the URL is none. The message has no password.</exception>
    public static DatabaseMove Between(string from, string to)
    {
        if (from.Length == 0 || to.Length == 0)
        {
            throw new FormatException("--from and --to must not be empty.");
        }

        if (IsUrl(from) == IsUrl(to))
        {
            throw new FormatException(IsUrl(from)
                ? "Both ends are URLs of PostgreSQL. A move is between a SQLite file and PostgreSQL; between two servers use pg_dump."
                : "Both ends are files. A move is between a SQLite file and PostgreSQL, whose URL begins with postgres://. "
                    + "To copy a file use `pilothouse backup`.");
        }

        try
        {
            return new(from, to, DatabaseUrl.Parse(IsUrl(from) ? from : to));
        }
        catch (FormatException error)
        {
            throw new FormatException($"The URL of PostgreSQL {error.Message}.");
        }
    }

    /// <summary>Moves everything, or reads it only.</summary>
    /// <param name="dryRun">True to change nothing.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancel">Cancels it; then nothing stays.</param>
    /// <exception cref="DatabaseRefusedException">It failed. Nothing stays in the target but the empty schema.</exception>
    public MoveReport Run(bool dryRun, TimeProvider clock, IMoveProgress progress, CancellationToken cancel)
    {
        using MoveSource source = IsFromFile ? new SqliteSource(from) : new PostgresSource(url!);
        using MoveTarget target = IsFromFile ? new PostgresTarget(url!) : new SqliteTarget(to, clock);
        using var setAside = new SetAsideFile(Directory.GetCurrentDirectory(), clock, isWritten: !dryRun);
        try
        {
            var mover = new Mover(source, target, setAside, progress);
            return dryRun ? mover.Try(cancel) : mover.Run(cancel);
        }
        catch (NpgsqlException error)
        {
            var said = (error as PostgresException)?.MessageText ?? error.Message;
            throw new DatabaseRefusedException($"{url} cannot be used for this: {said}. Nothing was moved. "
                + "Look whether PostgreSQL is running, and at the rights of the role, which must own the tables.");
        }
        catch (EngineException error) when (EngineException.Translate(error) is var known && known != error)
        {
            throw new DatabaseRefusedException($"{known.Message} Nothing was moved.");
        }
    }

    private static bool IsUrl(string text) =>
        text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
        || (text.Contains("dbname=", StringComparison.Ordinal) && !File.Exists(text));
}
