using Pilothouse.Storage.Files;

namespace Pilothouse.Storage;

/// <summary>What only the engine knows of keeping an open database in good order. Nothing of it holds up readers or writers for long.</summary>
internal abstract class Upkeep
{
    /// <summary>Whether a read or write has come upon damage since the start.</summary>
    public abstract bool IsDamaged { get; }

    /// <summary>Whether the last program that had the database open closed it. False after a crash, and while another program has it open.</summary>
    public abstract bool WasClosedCleanly { get; }

    /// <summary>Renews the statistics by which the engine chooses indexes.</summary>
    public abstract Task OptimizeAsync(CancellationToken cancel);

    /// <summary>Moves what was committed from the engine's log to its place, beside those who write.</summary>
    public abstract Task ShortenLogAsync(CancellationToken cancel);

    /// <summary>Reads everything and looks whether it fits together. It takes as long as the disk: call it on a thread of its own.</summary>
    /// <param name="notCopied">Is told why the check holds the log for longer than it would like.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>What is wrong, or null.</returns>
    public abstract string? FindDamage(Action<string> notCopied, CancellationToken cancel);

    /// <summary>Removes what a check that was killed has left.</summary>
    public abstract void RemoveLeftovers(Action<string> notRemoved);

    /// <summary>Copies the database as it is at one moment. It takes as long as the disk: call it on a thread of its own.</summary>
    /// <param name="target">A file that exists and is empty.</param>
    /// <param name="progress">Is told the part that is done, 0 to 1.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="EngineException">The source cannot be read, or there is no room for the copy.</exception>
    /// <exception cref="DatabaseBusyException">The database is closed, or locked by another program.</exception>
    public abstract DatabaseFacts CopyTo(string target, IProgress<double>? progress, CancellationToken cancel);

    /// <summary>What has become of the files that are open.</summary>
    public abstract FilesFound LookAtFiles();

    /// <summary>Opens everything anew where that loses nothing.</summary>
    /// <returns>False where something would be lost by it; nothing was closed then.</returns>
    /// <exception cref="DatabaseBrokenException">Everything is closed, and it could not be opened again.</exception>
    public abstract Task<bool> TryOpenAnewAsync(CancellationToken cancel);

    /// <summary>Copies what is still open of files that were lost; else as <see cref="CopyTo"/>.</summary>
    public abstract DatabaseFacts CopyLost(string target, IProgress<double>? progress, CancellationToken cancel);

    /// <summary>Leaves a sentence beside the database that keeps the next start away until somebody has acted on it.</summary>
    public abstract void MarkLost(string sentence);
}
