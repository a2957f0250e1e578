using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>
/// Whether the database's write-ahead log stays short. The server keeps its own reads from holding it; a program
/// beside it that reads for long it cannot end.
/// </summary>
internal sealed class LogWatch(Database database) : IWatched
{
    public const string Name = "log";
    public const long Long = 100_000_000;
    public const long FarTooLong = 500_000_000;

    public Condition Look()
    {
        var bytes = database.LogBytes;
        var state = bytes > FarTooLong ? ConditionState.Failed : bytes > Long ? ConditionState.Warning : ConditionState.Ok;
        var size = $"The write-ahead log has {Sizes.Text(bytes)}";
        return new(Name, state, state == ConditionState.Ok
            ? $"{size}."
            : $"{size}: somebody reads an old state of the database, so that it cannot be moved into the file. A backup or a check of the "
                + "file ends by itself; else find the program and end its transaction (docs/operations.md, The write-ahead log).");
    }
}
