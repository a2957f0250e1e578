namespace Pilothouse.Replay;

/// <summary>
/// One minute of one pair. <paramref name="Time"/> is the start of the minute in UTC; the candle is complete, and known to the bot, only at
/// <see cref="Closes"/>. Prices are in the quote currency, the volume in base units.
/// </summary>
internal sealed record MinuteCandle(
    string Pair, DateTimeOffset Time, decimal Open, decimal High, decimal Low, decimal Close, decimal Volume)
{
    public DateTimeOffset Closes => Time.AddMinutes(1);

    public string BaseAsset => Pair[..Pair.IndexOf('/', StringComparison.Ordinal)];
}
