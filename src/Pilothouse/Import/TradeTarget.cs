using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Import;

/// <summary>Trades with their fills, which follow the source when they change there.</summary>
internal sealed class TradeTarget(TradeMirror mirror) : RecordTarget(TradeStore.Table)
{
    public override object Read(ImportedRow row, DateTimeOffset now)
    {
        var trade = InputReader.Parse(row.Body, TradeJson.Default.NewTrade, now, out _);
        var fills = row.Fills.Select(fill => InputReader.Parse(fill, TradeJson.Default.NewFill, now, out _)).ToList();
        return new MirroredTrade(trade, fills, row.FirstStop);
    }

    public override async ValueTask<(long Id, bool WasThere)> StoreAsync(Session session, Caller caller, object record, long? known)
    {
        var mirrored = (MirroredTrade)record;
        var wasThere = known is not null || await IsStoredAsync(session, caller, record);
        return (await mirror.StoreAsync(session, caller, mirrored), wasThere);
    }

    public override object WithSignal(object record, long signalId) =>
        ((MirroredTrade)record) with { Trade = ((MirroredTrade)record).Trade with { SignalId = signalId } };

    public override async ValueTask<bool> IsStoredAsync(Session session, Caller caller, object record) =>
        await TradeMirror.FindAsync(session, caller, ((MirroredTrade)record).Trade) is not null;
}
