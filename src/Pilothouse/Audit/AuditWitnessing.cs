using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Audit;

/// <summary>
/// Writes the ends of the audit log's chains to the server's log, at the start and every hour. If somebody replaces the database with an
/// older one, the server's log reveals it.
/// </summary>
internal sealed partial class AuditWitnessing(Database database, TimeProvider clock, ILogger<AuditWitnessing> logger) : SteadyService(logger)
{
    protected override Task RunSteadilyAsync(CancellationToken stoppingToken) =>
        NowAndEachHourAsync(TellAsync, error => Failed(logger, error), clock, stoppingToken);

    /// <summary>Writes the ends once, now.</summary>
    public async Task TellAsync(CancellationToken cancel)
    {
        foreach (var chain in await database.ReadAsync(AuditChain.ListAsync, cancel))
        {
            var now = Timestamps.ToStored(clock.GetUtcNow());
            Ends(logger, chain.Chain, chain.Number, chain.Hash, now);
        }
    }

    // WitnessFiles parses this line.
    [LoggerMessage(Level = LogLevel.Information, Message = "Audit log: chain {Chain} ends at row {Number} with hash {Hash} at {Time}")]
    private static partial void Ends(ILogger logger, string chain, long number, string hash, string time);

    [LoggerMessage(Level = LogLevel.Error, Message = "The end of the audit log could not be logged; it is tried again in an hour")]
    private static partial void Failed(ILogger logger, Exception error);
}
