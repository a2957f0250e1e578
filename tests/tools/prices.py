#!/usr/bin/python3
"""Last known prices, and what they say of trades (docs/metrics.md, "Prices" and "One trade"), computed a second time and by definition, with
pandas, from the rows that the API lists. It shares nothing with the server but the definitions.

  prices.py FILE   reads {now, candles, signals, market, trades, fills}; each candle has stored_at, when it was posted, and fills has those of
                   each closed trade by its id. Prints {prices, trades}.
"""
import json
import sys

import pandas as pd

DOLLARS = {"USD", "USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "USDE", "PYUSD"}
UNITS = {"s": pd.Timedelta(seconds=1), "m": pd.Timedelta(minutes=1), "h": pd.Timedelta(hours=1), "d": pd.Timedelta(days=1), "w": pd.Timedelta(weeks=1)}


def length(timeframe):
    return int(timeframe[:-1]) * UNITS[timeframe[-1]]


def market_column(pair):
    """Which column of the market context has the price of a pair; None if none has."""
    symbol = pair.upper().partition(":")[0]
    for asset, column in (("BTC", "btc_price"), ("ETH", "eth_price")):
        if symbol.startswith(asset) and symbol[len(asset):].lstrip("/-_") in DOLLARS:
            return column
    return None


def moments(texts):
    return pd.Series([pd.Timestamp(text) for text in texts], index=texts.index, dtype="datetime64[ns, UTC]")


def frame(rows, time, columns):
    table = pd.DataFrame(rows, columns=columns)
    table[time] = moments(table[time])
    return table


def observations(pair, candles, signals, market):
    """Every price of a pair with its time, and which counts first among those of one moment."""
    own = candles[candles.pair == pair]
    known = pd.DataFrame({"time": own.known_at, "price": own.close, "source": "candle", "rank": own.length / pd.Timedelta(seconds=1)})
    said = signals[signals.pair == pair]
    told = pd.DataFrame({"time": said.timestamp, "price": said.price, "source": "signal", "rank": 1e12})
    parts = [known, told]
    if column := market_column(pair):
        seen = market[market[column].notna()]
        parts.append(pd.DataFrame({"time": seen.timestamp, "price": seen[column], "source": "market_context", "rank": 1e13}))
    return pd.concat([part for part in parts if len(part)] or [known])


def between(pair, entry, exit_, candles, signals, market):
    """Every stored price of a pair that is known to lie between two times."""
    began = candles[(candles.pair == pair) & (candles.open_time >= entry) & (candles.open_time <= exit_)]
    complete = began[began.known_at <= exit_]
    prices = [*began.open, *complete.high, *complete.low, *complete.close]
    prices += [*signals[(signals.pair == pair) & (signals.timestamp >= entry) & (signals.timestamp <= exit_)].price]
    if column := market_column(pair):
        prices += [*market[(market.timestamp >= entry) & (market.timestamp <= exit_)][column].dropna()]
    return prices


def read(path):
    """The rows of a world as tables, and the world."""
    with open(path, encoding="utf-8") as file:
        world = json.load(file)
    candles = frame(world["candles"], "open_time", ["trading_pair", "timeframe", "open_time", "open", "high", "low", "close", "stored_at"])
    candles["stored_at"] = moments(candles.stored_at)
    candles["length"] = candles.timeframe.map(length)
    candles["known_at"] = pd.concat([candles.open_time + candles.length, candles.stored_at], axis=1).min(axis=1)
    signals = frame(world["signals"], "timestamp", ["trading_pair", "timestamp", "price"])
    market = frame(world["market"], "timestamp", ["timestamp", "btc_price", "eth_price"])
    for table in (candles, signals):
        table["pair"] = table.trading_pair.str.upper()
    return world, candles, signals, market


def main():
    world, candles, signals, market = read(sys.argv[1])
    now = pd.Timestamp(world["now"])
    prices = {}
    for pair in {*candles.pair, *signals.pair, *(trade["trading_pair"].upper() for trade in world["trades"]), "BTC/USD", "ETH/USD"}:
        seen = observations(pair, candles, signals, market).sort_values(["time", "rank"], ascending=[False, True])
        if len(seen):
            newest = seen.iloc[0]
            prices[pair] = {"price": float(newest.price), "source": newest.source, "age_seconds": max(0, int((now - newest.time).total_seconds() // 1))}

    trades = {}
    for trade in world["trades"]:
        pair, sign = trade["trading_pair"].upper(), 1 if trade["side"] == "BUY" else -1
        inverse = trade["contract_type"] == "inverse"

        def gain(price, cost=trade["entry_price"], quantity=trade["quantity"]):
            return sign * quantity * ((1 / cost - 1 / price) if inverse else (price - cost))

        shown = {"price": None, "price_age_seconds": None, "unrealized_pnl": None, "mfe": None, "mae": None}
        if trade["status"] == "open" and pair in prices:
            price = prices[pair]
            shown |= {"price": price["price"], "price_age_seconds": price["age_seconds"], "unrealized_pnl": gain(price["price"])}
        if trade["status"] == "closed":
            gains, seen, open_, cost = [], 0, 0.0, 0.0
            fills = world["fills"][str(trade["id"])][::-1]  # They are listed newest first.
            for fill, following in zip(fills, fills[1:]):
                # The average cost of what is open is its mean price; of an inverse contract the harmonic mean.
                if fill["kind"] == "entry":
                    mean = (lambda price: 1 / price) if inverse else (lambda price: price)
                    cost = mean(((mean(cost) * open_ if open_ else 0) + mean(fill["price"]) * fill["quantity"]) / (open_ + fill["quantity"]))
                open_ += fill["quantity"] if fill["kind"] == "entry" else -fill["quantity"]
                stored = between(pair, pd.Timestamp(fill["filled_at"]), pd.Timestamp(following["filled_at"]), candles, signals, market)
                seen += len(stored)
                gains += [gain(price, cost, open_) for price in [*stored, fill["price"], following["price"]]]
            if seen:
                shown |= {"mfe": max(gains), "mae": min(gains)}
        trades[str(trade["id"])] = shown
    json.dump({"prices": prices, "trades": trades}, sys.stdout)


if __name__ == "__main__":
    main()
