namespace Pilothouse.Storage;

/// <summary>
/// What a read is for. Each kind has connections and a queue of its own, so that no caller with a credential waits for one without, and
/// nothing that every request needs waits for a question that reads a million rows.
/// </summary>
internal enum ReadKind
{
    /// <summary>The server's own work. Nothing ends it, so it must read in small pieces.</summary>
    Own,

    /// <summary>A row or two by their key, on the way of every request: credentials, kept answers, health.</summary>
    LookUp,

    /// <summary>A page, for a caller with a credential. One that turns out to be long is run again as <see cref="LongKnown"/>.</summary>
    Known,

    /// <summary>The same for a caller without a credential; the long ones as <see cref="LongAnonymous"/>.</summary>
    Anonymous,

    /// <summary>As many rows as there are, for a caller with a credential: one such read at a time, and each for a limited time.</summary>
    LongKnown,

    /// <summary>The same for a caller without a credential, for a shorter time.</summary>
    LongAnonymous,
}
