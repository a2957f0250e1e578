#!/usr/bin/python3
"""The price of a pair at a time and 1, 4 and 24 hours later (docs/metrics.md, "A price at a time"), computed a second time and by definition,
with pandas, from the rows that the API lists. It shares nothing with the server but the definitions.

  moves.py FILE   reads {now, candles, signals, market, moments: [{trading_pair, at}]}. Prints {moves: [[[from, to], ... by horizon], ...]}.
"""
import json
import sys

import pandas as pd

from prices import observations, read

HORIZONS = [pd.Timedelta(hours=hours) for hours in (1, 4, 24)]


def sources(pair, candles, signals, market):
    """The observations of a pair by where they come from: candles count first, then signals, then the market context."""
    seen = observations(pair, candles, signals, market)
    return [seen[seen.source == source] for source in ("candle", "signal", "market_context")]


def price_at(tables, time, within, now):
    """The last price that was known at a time, else the first one after it, neither further away than a limit."""
    for table in tables:
        table = table[table.time <= now]
        for near, pick in ((table[(table.time <= time) & (table.time >= time - within)], "max"), (table[(table.time > time) & (table.time <= time + within)], "min")):
            if len(near):
                same = near[near.time == getattr(near.time, pick)()]
                return float(same[same["rank"] == same["rank"].min()].iloc[-1].price)
    return None


def main():
    world, candles, signals, market = read(sys.argv[1])
    now = pd.Timestamp(world["now"])
    tables, moves = {}, []
    for moment in world["moments"]:
        pair, at = moment["trading_pair"].upper(), pd.Timestamp(moment["at"])
        if pair not in tables:
            tables[pair] = sources(pair, candles, signals, market)
        moves.append([
            [price_at(tables[pair], at, horizon / 4, now), price_at(tables[pair], at + horizon, horizon / 4, now) if at + horizon <= now else None]
            for horizon in HORIZONS])
    json.dump({"moves": moves}, sys.stdout)


if __name__ == "__main__":
    main()
