using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>
/// Reports whether the write-ahead log of the database stays short. The server's own reads never keep it from being emptied for long; a
/// long read of another program does, and the server cannot end it.
/// </summary>
internal sealed class LogWatch(Database database) : IWatched
{
    public const string Name = "log";
    public const long Long = 100_000_000;
    public const long FarTooLong = 500_000_000;

    public Condition Look()
    {
        if (database.Upkeep.Files is null)
        {
            return new(Name, ConditionState.Ok, "The server of the database looks after its own log.");
        }

        var bytes = database.LogBytes;
        var state = bytes > FarTooLong ? ConditionState.Failed : bytes > Long ? ConditionState.Warning : ConditionState.Ok;
        var size = $"The write-ahead log has {Sizes.Text(bytes)}";
        return new(Name, state, state == ConditionState.Ok
            ? $"{size}."
            : $"{size}: a program keeps an old state of the database open for reading, so that the log cannot be moved "
                + "into the file. A backup or a check of the file ends by itself; else find the program and end its transaction (docs/operations.md, The write-ahead log).");
    }
}
