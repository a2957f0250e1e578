using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Candles;

/// <summary>The table <c>candles</c>: one row for each pair (in any case), timeframe and time.</summary>
internal static class CandleStore
{
    public static readonly Table<NewCandle, Candle> Table = new(
        "candles", CandleJson.Default.NewCandle, CandleJson.Default.Candle, time: "open_time",
        Column.Pair() with { IsKey = true },
        Column.Text("timeframe", Timeframe.Longest, required: true) with
        { IsKey = true, Problem = Timeframe.Problem, Filter = "Only of this timeframe, as ccxt writes it: 1m, 1h, 1d." },
        Column.Time("open_time") with { IsKey = true, IsRequired = true },
        Column.Money("low", above: 0, required: true),
        Column.Money("open", above: 0, required: true),
        Column.Money("close", above: 0, required: true),
        Column.Money("high", above: 0, required: true),
        Column.Number("volume", least: 0),
        Column.Computed("known_at", ColumnKind.Time));

    public static readonly InputRules<NewCandle> Rules = Table.Rules
        .Also("high", static candle => candle.High < candle.Low ? "must not be below low" : null)
        .Also("open", static candle => IsOutside(candle, candle.Open) ? "must lie between low and high" : null)
        .Also("close", static candle => IsOutside(candle, candle.Close) ? "must lie between low and high" : null);

    private const string Series = "upper(trading_pair) = @trading_pair AND timeframe = @timeframe";

    private const string Key = "time_key(open_time)";

    private static readonly Sql Forward = new($"""
        SELECT {Table.Selection}, {Key} FROM candles WHERE {Series} AND {Key} >= @first AND {Key} < @end
        ORDER BY {Key} LIMIT @limit
        """);

    private static readonly Sql Backward = new($"""
        SELECT {Table.Selection}, {Key} FROM candles WHERE {Series} AND {Key} < @end ORDER BY {Key} DESC LIMIT @limit
        """);

    /// <summary>
    /// Returns candles of one pair and timeframe, the oldest first, as exchanges do: with <c>from</c> those that follow it, and without it
    /// the newest. The cursor goes on in the same direction.
    /// </summary>
    public static async ValueTask<Page<Candle>> PageAsync(Session session, QueryValues query)
    {
        var limit = query.Whole("limit");
        var end = query.Time("to") is { } to ? Timestamps.ToStoredAfter(to) : Latest;
        var place = query.Text("cursor") is { } cursor ? PlaceOf(cursor) : null;
        var rows = new List<(Candle Candle, string Key)>();
        if (query.Time("from") is { } from)
        {
            // The place is that of the next candle, so it is part of the page.
            await ReadAsync(Forward, place ?? Timestamps.ToStored(from), end);
        }
        else
        {
            // The place is that of the oldest candle so far, so it is not part of the page.
            await ReadAsync(Backward, null, place is not null && string.CompareOrdinal(place, end) < 0 ? place : end);
        }

        string? next = null;
        if (rows.Count > limit)
        {
            next = query.Has("from") ? CursorOf(rows[limit].Key) : CursorOf(rows[limit - 1].Key);
            rows.RemoveAt(limit);
        }

        if (!query.Has("from"))
        {
            rows.Reverse();
        }

        return new(true, rows.Count, rows.ConvertAll(static row => row.Candle), next);

        ValueTask ReadAsync(Sql sql, string? first, string last)
        {
            var statement = session.Prepare(sql).Set("trading_pair", query.Text("trading_pair")).Set("timeframe", query.Text("timeframe"))
                .SetKey("end", last).Set("limit", limit + 1L);
            return (first is null ? statement : statement.SetKey("first", first))
                .EachAsync(row => rows.Add((Table.Read(row), row.Text(Table.Columns.Count + 1) ?? "")));
        }
    }

    /// <summary>Sorts behind every time.</summary>
    private const string Latest = "\uffff";

    private static bool IsOutside(NewCandle candle, decimal? price) => candle.High >= candle.Low && (price > candle.High || price < candle.Low);

    private static string CursorOf(string key) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes($"candles|{key}"));

    private static string PlaceOf(string cursor)
    {
        try
        {
            var parts = Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(cursor)).Split('|');
            if (parts is ["candles", var key] && Timestamps.TryParse(key, out _))
            {
                return key;
            }
        }
        catch (FormatException)
        {
            // The text is not base64. It is refused below, like any other cursor that this server did not make.
        }

        throw ListPosition.Foreign();
    }
}
