using Pilothouse.Contract;

namespace Pilothouse.Import;

/// <summary>An entry or an exit of a freqtrade trade.</summary>
/// <param name="Quantity">In the base asset.</param>
/// <param name="FeeRate">The part of its value that is paid.</param>
/// <param name="At">When it was filled, to the millisecond.</param>
/// <param name="ExternalId">The exchange's id of the order.</param>
internal sealed record FreqtradeFill(bool IsExit, decimal Price, decimal Quantity, decimal FeeRate, DateTimeOffset At, string ExternalId)
{
    /// <summary>In the stake currency.</summary>
    public decimal Fees { get; init; }

    /// <summary>Returns it with fees of its rate.</summary>
    public FreqtradeFill WithFees() => this with { Fees = RecordBody.Kept(Price * Quantity * FeeRate) };

    public byte[] Body() => new RecordBody()
        .Add("kind", IsExit ? "exit" : "entry").Add("price", Price).Add("quantity", Quantity).Add("fees", RecordBody.Kept(Fees)).Add("filled_at", At).Add("external_id", ExternalId).Done();

    /// <summary>What the fills of a closed trade earned, less their fees, without funding.</summary>
    /// <exception cref="OverflowException">It does not fit a decimal.</exception>
    public static decimal ProfitOf(IReadOnlyList<FreqtradeFill> fills, bool isShort) =>
        fills.Sum(fill => (fill.IsExit == isShort ? -1 : 1) * fill.Price * fill.Quantity) - fills.Sum(static fill => fill.Fees);

    /// <summary>Whether no exit is larger than what was open at its moment.</summary>
    public static bool FitTogether(IReadOnlyList<FreqtradeFill> fills)
    {
        var (open, entered) = (0m, 0m);
        foreach (var fill in fills)
        {
            open += fill.IsExit ? -fill.Quantity : fill.Quantity;
            entered += fill.IsExit ? 0 : fill.Quantity;
            if (open < -entered * 1e-12m)
            {
                return false;
            }
        }

        return true;
    }
}
