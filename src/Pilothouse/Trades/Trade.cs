using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>A trade as a bot posts it: one that it opened, or one from its history that is closed already.</summary>
internal sealed record NewTrade : IInput<NewTrade>
{
    /// <summary>When it was opened; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    public string? TradingPair { get; init; }

    /// <summary>BUY or SELL.</summary>
    public string? Side { get; init; }

    /// <summary>Price of one unit of the base asset, in the quote asset.</summary>
    public decimal? EntryPrice { get; init; }

    /// <summary>In units of the base asset, or in contracts of contract_size.</summary>
    public decimal? Quantity { get; init; }

    /// <summary>Base units of one contract, quote units if it is inverse; 1 if it is left out.</summary>
    public decimal? ContractSize { get; init; }

    /// <summary>linear or inverse; if it is left out, the pair decides: BTC/USD:BTC is inverse.</summary>
    public string? ContractType { get; init; }

    /// <summary>The asset of pnl, fees and funding; that of the pair if it is left out.</summary>
    public string? SettleAsset { get; init; }

    public decimal? Leverage { get; init; }

    /// <summary>one-way or hedge.</summary>
    public string? PositionMode { get; init; }

    /// <summary>The signal that it follows; it must exist.</summary>
    public long? SignalId { get; init; }

    public decimal? StopLoss { get; init; }

    public decimal? TakeProfit { get; init; }

    /// <summary>The bot's or exchange's own id. A trade that is posted again with the same id is stored only once.</summary>
    public string? ExternalId { get; init; }

    public string? BotName { get; init; }

    /// <summary>auto, manual or paper.</summary>
    public string? Mode { get; init; }

    /// <summary>open (the default), or closed together with exit_price.</summary>
    public string? Status { get; init; }

    public decimal? ExitPrice { get; init; }

    /// <summary>When it was closed; its timestamp if it is left out.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Of the whole trade, in fee_asset; negative is a rebate.</summary>
    public decimal? Fees { get; init; }

    /// <summary>The asset in which the fees are paid; the settle asset if it is left out.</summary>
    public string? FeeAsset { get; init; }

    /// <summary>How many settle units one unit of fee_asset is worth.</summary>
    public decimal? FeeRate { get; init; }

    /// <summary>In the settle asset: received is positive, paid negative.</summary>
    public decimal? Funding { get; init; }

    public string? Strategy { get; init; }

    public string? ExitReason { get; init; }

    public static readonly Choices Sides = new("BUY", "SELL") { Also = new Dictionary<string, string> { ["LONG"] = "BUY", ["SHORT"] = "SELL" } };

    public static readonly Choices Statuses = new("open", "closed");

    /// <summary>The statuses by which a list can be filtered. Voided trades are listed only if the filter asks for them.</summary>
    public static readonly Choices ListedStatuses = new("open", "closed", "voided");

    public static readonly Choices PositionModes = new("one-way", "hedge") { Also = new Dictionary<string, string> { ["ONE_WAY"] = "one-way" } };

    public static readonly Choices Modes = new("auto", "manual", "paper");

    public static readonly Choices ContractTypes = new("linear", TradeContract.InverseType);

    public bool IsClosed => Statuses.Normal(Status) == "closed";

    public static InputRules<NewTrade> Rules => TradeStore.Rules;
}

/// <summary>A stored trade. A value of another program that the API would not accept is read as null.</summary>
internal sealed record Trade
{
    public long Id { get; set; }

    public DateTimeOffset? Timestamp { get; set; }

    public string? TradingPair { get; set; }

    public string? Side { get; set; }

    public decimal? EntryPrice { get; set; }

    public decimal? ExitPrice { get; set; }

    public decimal? Quantity { get; set; }

    public decimal? Pnl { get; set; }

    public string? Status { get; set; }

    public long? SignalId { get; set; }

    public decimal? Leverage { get; set; }

    public string? PositionMode { get; set; }

    public decimal? StopLoss { get; set; }

    public decimal? TakeProfit { get; set; }

    public DateTimeOffset? ClosedAt { get; set; }

    public string? BotName { get; set; }

    public string? Mode { get; set; }

    public decimal? Fees { get; set; }

    public decimal? PnlPercentage { get; set; }

    public string? ExitReason { get; set; }

    public string? ExternalId { get; set; }

    public DateTimeOffset? VoidedAt { get; set; }

    public string? VoidReason { get; set; }

    public decimal? ContractSize { get; set; }

    public string? ContractType { get; set; }

    public string? SettleAsset { get; set; }

    public string? FeeAsset { get; set; }

    public decimal? FeeRate { get; set; }

    public decimal? Funding { get; set; }

    public string? Strategy { get; set; }

    /// <summary>What is left open.</summary>
    public decimal? RemainingQuantity { get; set; }

    /// <summary>What the exits until now earned against the average cost at their moment, less the fees of these exits.</summary>
    public decimal? RealizedPnl { get; set; }

    /// <summary>The mean price of what is left open; null if nothing is.</summary>
    public decimal? AverageCost { get; set; }

    /// <summary>The first stop that was set.</summary>
    public decimal? InitialStopLoss { get; set; }

    /// <summary>The loss of a closed trade at its first stop, without fees and funding; null without a stop that limits the loss.</summary>
    public decimal? Risk => TradeRisk.Of(this);

    /// <summary>The pnl of a closed trade divided by its risk.</summary>
    public decimal? RMultiple => TradeRisk.MultipleOf(this);

    /// <summary>Whether the table fills may have rows of it. The entry and the exit of any other trade are only in its own row.</summary>
    [JsonIgnore]
    public bool MayHaveFills { get; private set; }

    /// <summary>The last known price of the pair, while the trade is open; null without one.</summary>
    public decimal? Price { get; private set; }

    /// <summary>How old that price is.</summary>
    public long? PriceAgeSeconds { get; private set; }

    /// <summary>What the trade would earn at that price, without fees.</summary>
    public decimal? UnrealizedPnl { get; private set; }

    /// <summary>The best unrealized pnl of a closed trade by the stored prices between entry and exit; null without any.</summary>
    public decimal? Mfe { get; private set; }

    /// <summary>The worst.</summary>
    public decimal? Mae { get; private set; }

    [JsonIgnore]
    public bool IsClosed => "closed".Equals(Status, StringComparison.OrdinalIgnoreCase);

    [JsonIgnore]
    public bool IsVoided => "voided".Equals(Status, StringComparison.OrdinalIgnoreCase);

    /// <summary>Fills in what a row leaves to its pair or to the definition, because other programs do not store it.</summary>
    public void Complete()
    {
        // Nothing is left of an open trade only where another program has opened a closed one again.
        MayHaveFills = IsClosed ? RemainingQuantity is not null : RemainingQuantity is > 0;
        var terms = TradeTerms.Of(this);
        ContractSize ??= terms.Contract.Size;
        ContractType ??= terms.Contract.IsInverse ? TradeContract.InverseType : NewTrade.ContractTypes.All[0];
        SettleAsset ??= terms.SettleAsset;
        InitialStopLoss ??= StopLoss;
        if (!IsClosed)
        {
            RemainingQuantity = MayHaveFills ? RemainingQuantity : Quantity;
            RealizedPnl = MayHaveFills ? RealizedPnl : 0;
            AverageCost = MayHaveFills ? AverageCost : EntryPrice;
            return;
        }

        // Another program may have closed a trade of which a part was left.
        RealizedPnl = RemainingQuantity == 0 && RealizedPnl is { } realized ? realized
            : Pnl is { } earned ? default(MoneySum).Plus(earned).Plus(-(Funding ?? 0)).Value : null;
        RemainingQuantity = 0;
        AverageCost = null;
        if (PnlPercentage is null && Pnl is { } pnl && EntryPrice is { } entry && Quantity is { } quantity)
        {
            // Rounded as the column would return it.
            PnlPercentage = TradePnl.Percentage(pnl, entry, quantity, Leverage ?? 1, terms.Contract) is { } part ? Exact.ToDecimal(Exact.ToDouble(part)) : null;
        }
    }

    public void ShowPrice(decimal price, long ageSeconds, decimal? unrealizedPnl) =>
        (Price, PriceAgeSeconds, UnrealizedPnl) = (price, ageSeconds, unrealizedPnl);

    public void ShowSpan(decimal best, decimal worst) => (Mfe, Mae) = (best, worst);
}
