using Pilothouse.Storage.Files;

namespace Pilothouse.Storage;

/// <summary>How a database is copied into one file, and how such a file is read again. Backups are such copies.</summary>
internal abstract class DatabaseCopies
{
    /// <summary>The ending of a copy of a database that is a file.</summary>
    public const string OfFile = ".db";

    /// <summary>The ending of a copy of a database on a server.</summary>
    public const string OfServer = ".dump";

    /// <summary>Whether this is the name of a copy of a database on a server, compressed or not.</summary>
    public static bool IsOfServer(string name) => name.EndsWith(OfServer, StringComparison.Ordinal) || name.EndsWith(OfServer + ".gz", StringComparison.Ordinal);

    /// <summary>The ending of a copy's name: <see cref="OfFile"/> or <see cref="OfServer"/>.</summary>
    public abstract string Ending { get; }

    /// <summary>The engine, as a manifest names it: sqlite or postgresql.</summary>
    public abstract string Engine { get; }

    /// <summary>The version of the engine that made the copy.</summary>
    public abstract string Version { get; }

    /// <summary>Copies a database that this process does not serve; otherwise like <see cref="Upkeep.CopyTo"/>.</summary>
    public abstract DatabaseFacts Copy(string target, IProgress<double>? progress, CancellationToken cancel);

    /// <summary>Reads all of a copy that no other program has open.</summary>
    /// <returns>What is in it.</returns>
    /// <exception cref="DamagedCopyException">It is damaged. The message says how, as a phrase.</exception>
    /// <exception cref="EngineException">It cannot be read.</exception>
    /// <exception cref="DatabaseRefusedException">It is no copy of ours, or a program that is needed is not installed.</exception>
    public abstract CheckedCopy Check(string copy, CancellationToken cancel);
}

/// <summary>What a check found in a copy.</summary>
/// <param name="Facts">Its rows and migrations.</param>
/// <param name="Note">What the check could not do, as a sentence; null if it did everything.</param>
internal sealed record CheckedCopy(DatabaseFacts Facts, string? Note);

/// <summary>A copy of a database is damaged.</summary>
internal sealed class DamagedCopyException(string how) : Exception(how);
