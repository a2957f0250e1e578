namespace Pilothouse.Storage;

/// <summary>Removes rows that a feature no longer needs. The hourly job calls it.</summary>
internal interface IPurge
{
    /// <summary>Removes a batch that is small enough that no writer waits for long.</summary>
    /// <returns>How many rows were removed; 0 if there are no more.</returns>
    Task<int> PurgeAsync(CancellationToken cancel);
}
