using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.CashFlows;

/// <summary>Stores deposits and withdrawals. A stored one is never changed; an opposite one takes a mistake back.</summary>
internal sealed class CashFlowService(TimeProvider clock)
{
    /// <summary>Stores a checked cash flow, or finds the one that was stored under its external id before.</summary>
    /// <returns>The flow as it is stored, and whether it is new.</returns>
    public async ValueTask<(CashFlow Flow, bool IsNew)> RecordAsync(Session session, Caller caller, NewCashFlow flow)
    {
        var botName = caller.BotFor(flow.BotName);
        if (flow.ExternalId is { } externalId && await CashFlowStore.FindExternalAsync(session, botName, externalId) is { } known)
        {
            DemandSame(known, flow);
            return (known, false);
        }

        return (await CashFlowStore.Table.StoreAsync(session, caller, flow, clock.GetUtcNow()), true);
    }

    /// <summary>Refuses a flow that differs from the stored one, and names the fields. What it leaves out says nothing.</summary>
    private static void DemandSame(CashFlow known, NewCashFlow sent)
    {
        (string Field, bool Differs)[] fields =
        [
            ("timestamp", sent.Timestamp is { } time && (known.Timestamp is not { } stored || Timestamps.Cut(time) != Timestamps.Cut(stored))),
            ("mode", sent.Mode is { } mode && NewCashFlow.Modes.Normal(mode) != NewCashFlow.Modes.Normal(known.Mode)),
            ("amount", sent.Amount is { } amount && !(known.Amount is { } one && Exact.ToDouble(amount).Equals(Exact.ToDouble(one)))),
            ("asset", sent.Asset is { } asset && !asset.Equals(known.Asset, StringComparison.OrdinalIgnoreCase)),
            ("note", sent.Note is { } note && note != known.Note),
        ];
        var others = fields.Where(static field => field.Differs).Select(static field => field.Field).ToList();
        if (others.Count == 0)
        {
            return;
        }

        var id = known.Id.ToString(CultureInfo.InvariantCulture);
        throw new Refusal(409, ErrorCodes.ExternalIdTaken, "External id taken",
            $"Cash flow {id} has this external_id and is not the same in {string.Join(", ", others)}. Another cash flow needs an external_id of its own; an opposite one takes a mistake back.")
        { Details = [.. others.Select(static field => new FieldError(field, "is not what is stored"))] };
    }
}
