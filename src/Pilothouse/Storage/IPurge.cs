namespace Pilothouse.Storage;

/// <summary>What a part of the server no longer needs, and removes itself; the hourly job calls it.</summary>
internal interface IPurge
{
    /// <summary>Removes a batch, so small that no writer waits for long.</summary>
    /// <returns>How many rows; 0 when nothing is left to remove.</returns>
    Task<int> PurgeAsync(CancellationToken cancel);
}
