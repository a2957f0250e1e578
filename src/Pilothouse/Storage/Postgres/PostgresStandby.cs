using System.Diagnostics;
using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// A standby that answers long reads, whose answers may be some moments old. While it cannot be reached, the primary answers them.
/// </summary>
internal sealed partial class PostgresStandby(PostgresAddress address, int connections, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(15);
    private readonly string place = address.ToString();
    private long failedAt;
    private volatile bool isGone;

    public NpgsqlDataSource Source { get; } = address.Open(connections, mayBeStandby: true, PostgresReaders.LongestSeconds);

    /// <summary>Whether it is to be asked now: it answered the last time, or some time has passed.</summary>
    public bool IsUsable => !isGone || Stopwatch.GetElapsedTime(Interlocked.Read(ref failedAt)) > TryAgainAfter;

    /// <summary>What is wrong with it, as a sentence; null if it answers.</summary>
    public string? Concern => isGone ? "The standby of DATABASE_READ_URL does not answer. Long reads go to the primary until it does." : null;

    public void Failed(Exception error)
    {
        Interlocked.Exchange(ref failedAt, Stopwatch.GetTimestamp());
        if (!isGone)
        {
            isGone = true;
            Gone(logger, place, error.Message);
        }
    }

    public void Answered()
    {
        if (isGone)
        {
            isGone = false;
            Back(logger, place);
        }
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The standby {Place} does not answer, so long reads go to the primary: {Reason}")]
    private static partial void Gone(ILogger logger, string place, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The standby {Place} answers again")]
    private static partial void Back(ILogger logger, string place);
}
