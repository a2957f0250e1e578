using Pilothouse.Storage.Files;

namespace Pilothouse.Storage;

/// <summary>The watch over the files of an open database, which another program may move or remove.</summary>
internal abstract class FileUpkeep
{
    /// <summary>Checks whether the open files are still the ones under the database's names.</summary>
    public abstract FilesFound LookAtFiles();

    /// <summary>Closes and opens all connections again, if nothing is lost by that.</summary>
    /// <returns>False if writes would be lost. Then nothing was closed.</returns>
    /// <exception cref="DatabaseBrokenException">Everything was closed, and the database could not be opened again.</exception>
    public abstract Task<bool> TryOpenAnewAsync(CancellationToken cancel);

    /// <summary>Copies the content of the open files after they were lost; otherwise like <see cref="Upkeep.CopyTo"/>.</summary>
    public abstract DatabaseFacts CopyLost(string target, IProgress<double>? progress, CancellationToken cancel);

    /// <summary>
    /// Writes a sentence into a marker beside the database. It keeps the server from starting until somebody has acted on it.
    /// </summary>
    public abstract void MarkLost(string sentence);
}
