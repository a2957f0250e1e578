using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>
/// Checks whether a trade that is posted under a known external id is the stored one. It is if every field that it contains equals the
/// stored value; missing fields and null are not compared. A trade that was changed or closed since then is compared as it is now:
/// otherwise a bot would believe that its old stop loss, or an open position, is stored.
/// </summary>
internal static class TradeRepetition
{
    /// <summary>Refuses a trade that differs from the stored one, and names the fields.</summary>
    public static void Demand(Trade known, NewTrade sent)
    {
        var others = Differences(known, sent).ToList();
        if (others.Count == 0)
        {
            return;
        }

        var fields = string.Join(", ", others);
        var id = known.Id.ToString(CultureInfo.InvariantCulture);
        var todo = known.IsClosed
            ? $"It is closed; PATCH /api/trades/{id} puts fees, fee_asset, fee_rate, funding, exit_price, closed_at and exit_reason of it right."
            : known.IsVoided ? "It is voided and does not change."
            : $"PATCH /api/trades/{id} changes stop_loss, take_profit, quantity and funding of it, and POST /api/trades/{id}/close closes it.";
        throw new Refusal(409, ErrorCodes.ExternalIdTaken, "External id taken",
            $"Trade {id} has this external_id and is not the same in {fields}. {todo} Another trade needs an external_id of its own.")
        { Details = [.. others.Select(static field => new FieldError(field, "is not what is stored"))] };
    }

    /// <summary>Whether the sent value equals the stored one. The database stores doubles, so it is compared as a double.</summary>
    public static bool Same(decimal sent, decimal? stored) => stored is { } value && Exact.ToDouble(sent).Equals(Exact.ToDouble(value));

    private static IEnumerable<string> Differences(Trade known, NewTrade sent)
    {
        (string Field, bool Differs)[] fields =
        [
            ("timestamp", Differ(sent.Timestamp, known.Timestamp)),
            ("trading_pair", Differ(sent.TradingPair, known.TradingPair, StringComparison.OrdinalIgnoreCase)),
            ("side", Differ(NewTrade.Sides, sent.Side, known.Side)),
            ("entry_price", Differ(sent.EntryPrice, known.EntryPrice)),
            ("quantity", Differ(sent.Quantity, known.Quantity)),
            ("leverage", Differ(sent.Leverage, known.Leverage)),
            ("position_mode", Differ(NewTrade.PositionModes, sent.PositionMode, known.PositionMode)),
            ("signal_id", sent.SignalId is { } signal && signal != known.SignalId),
            ("stop_loss", Differ(sent.StopLoss, known.StopLoss)),
            ("take_profit", Differ(sent.TakeProfit, known.TakeProfit)),
            ("mode", Differ(NewTrade.Modes, sent.Mode, known.Mode)),
            ("status", Differ(NewTrade.Statuses, sent.Status, known.Status)),
            ("exit_price", Differ(sent.ExitPrice, known.ExitPrice)),
            ("closed_at", Differ(sent.ClosedAt, known.ClosedAt)),
            ("fees", Differ(sent.Fees, known.Fees)),
            ("exit_reason", Differ(sent.ExitReason, known.ExitReason, StringComparison.Ordinal)),
            ("contract_size", Differ(sent.ContractSize, known.ContractSize)),
            ("contract_type", Differ(NewTrade.ContractTypes, sent.ContractType, known.ContractType)),
            ("settle_asset", Differ(sent.SettleAsset, known.SettleAsset, StringComparison.OrdinalIgnoreCase)),
            ("fee_asset", Differ(sent.FeeAsset, known.FeeAsset, StringComparison.OrdinalIgnoreCase)),
            ("fee_rate", Differ(sent.FeeRate, known.FeeRate)),
            ("funding", Differ(sent.Funding, known.Funding)),
            ("strategy", Differ(sent.Strategy, known.Strategy, StringComparison.Ordinal)),
        ];
        return fields.Where(static field => field.Differs).Select(static field => field.Field);
    }

    /// <summary>Returns the fields of a fill that differ from the stored one of its external id.</summary>
    public static List<string> Differences(Fill known, NewFill sent)
    {
        (string Field, bool Differs)[] fields =
        [
            ("kind", Differ(NewFill.Kinds, sent.Kind, known.Kind)),
            ("price", Differ(sent.Price, known.Price)),
            ("quantity", Differ(sent.Quantity, known.Quantity)),
            ("fees", Differ(sent.Fees, known.Fees)),
            ("filled_at", Differ(sent.FilledAt, known.FilledAt)),
        ];
        return [.. fields.Where(static field => field.Differs).Select(static field => field.Field)];
    }

    private static bool Differ(decimal? sent, decimal? stored) => sent is { } value && !Same(value, stored);

    /// <summary>Compares words in any spelling, because another program may have stored one of its own.</summary>
    private static bool Differ(Choices choices, string? sent, string? stored) =>
        Differ(choices.Normal(sent), choices.Normal(stored) ?? stored, StringComparison.OrdinalIgnoreCase);

    private static bool Differ(string? sent, string? stored, StringComparison comparison) =>
        sent is not null && !sent.Equals(stored, comparison);

    private static bool Differ(DateTimeOffset? sent, DateTimeOffset? stored) =>
        sent is { } time && (stored is not { } known || Timestamps.Cut(time) != Timestamps.Cut(known));
}
