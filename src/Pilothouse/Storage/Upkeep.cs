using Pilothouse.Storage.Files;

namespace Pilothouse.Storage;

/// <summary>The maintenance of an open database that depends on the engine. None of it blocks readers or writers for long.</summary>
internal abstract class Upkeep
{
    /// <summary>Whether a read or write has found damage since the start.</summary>
    public abstract bool IsDamaged { get; }

    /// <summary>
    /// Whether the last program that used the database closed it properly. False after a crash, and while another program has it open.
    /// </summary>
    public abstract bool WasClosedCleanly { get; }

    /// <summary>Updates the statistics by which the engine chooses indexes.</summary>
    public abstract Task OptimizeAsync(CancellationToken cancel);

    /// <summary>Moves commits from the engine's log into the database file (a checkpoint) while writes go on.</summary>
    public abstract Task ShortenLogAsync(CancellationToken cancel);

    /// <summary>Checks the whole database for damage. It takes as long as the disk needs: call it on a thread of its own.</summary>
    /// <param name="notCopied">Called with the reason if no copy could be checked, so that the check keeps the log from being
    /// shortened.</param>
    /// <param name="cancel">Cancels the check.</param>
    /// <returns>What is wrong, or null.</returns>
    public abstract string? FindDamage(Action<string> notCopied, CancellationToken cancel);

    /// <summary>Removes the files of a check that was killed.</summary>
    public abstract void RemoveLeftovers(Action<string> notRemoved);

    /// <summary>Copies a snapshot of the database. It takes as long as the disk needs: call it on a thread of its own.</summary>
    /// <param name="target">A file that exists and is empty.</param>
    /// <param name="progress">Receives the finished part, 0 to 1.</param>
    /// <param name="cancel">Cancels the copy.</param>
    /// <exception cref="EngineException">The source cannot be read, or there is not enough space for the copy.</exception>
    /// <exception cref="DatabaseBusyException">The database is closed, or locked by another program.</exception>
    public abstract DatabaseFacts CopyTo(string target, IProgress<double>? progress, CancellationToken cancel);

    /// <summary>What needs attention, as a sentence for an operator; null if nothing does.</summary>
    public virtual string? Concern => null;

    /// <summary>Looks at what the engine depends on, for <see cref="Concern"/> and metrics. It is called every few seconds.</summary>
    public virtual Task LookAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>The watch over the database's files; null if the engine has none of ours.</summary>
    public abstract FileUpkeep? Files { get; }
}
