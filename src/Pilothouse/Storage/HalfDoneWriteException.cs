namespace Pilothouse.Storage;

/// <summary>A write of a group failed after it had changed something, and no savepoint can undo that alone.</summary>
internal sealed class HalfDoneWriteException(Exception reason) : Exception(reason.Message, reason);
