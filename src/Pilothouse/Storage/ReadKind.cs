namespace Pilothouse.Storage;

/// <summary>
/// The purpose of a read. Each kind has its own connections and its own queue, so that a caller with a credential never waits for callers
/// without one, and reads that every request needs never wait for a query over a million rows.
/// </summary>
internal enum ReadKind
{
    /// <summary>The server's own work. It is never interrupted, so it must read in small pieces.</summary>
    Own,

    /// <summary>One or two rows by their key, which every request needs: credentials, kept answers, health.</summary>
    LookUp,

    /// <summary>A page for a caller with a credential. If it turns out to be long, it is run again as <see cref="LongKnown"/>.</summary>
    Known,

    /// <summary>
    /// A page for a caller without a credential. If it turns out to be long, it is run again as <see cref="LongAnonymous"/>.
    /// </summary>
    Anonymous,

    /// <summary>
    /// An unlimited number of rows for a caller with a credential. One such read runs at a time, each for a limited time.
    /// </summary>
    LongKnown,

    /// <summary>An unlimited number of rows for a caller without a credential, for a shorter time.</summary>
    LongAnonymous,
}
