#!/usr/bin/python3
"""Correlations of hourly log returns (docs/metrics.md, "Correlation"), computed a second time with pandas from the rows that were posted. It shares
nothing with the server but the definitions.

  correlation.py FILE   reads {now, period_days, assets, candles, signals, market}. Prints {assets, matrix, samples}; assets null is all with prices.
"""
import json
import sys

import numpy as np
import pandas as pd

DOLLARS = ["USD", "USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "USDE", "PYUSD"]
MINUTES = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60}


def base(pair):
    """The asset of a pair in dollars; None of any other."""
    symbol, _, settle = pair.upper().partition(":")
    if "-" in settle:
        return None
    for separator in "/-_":
        if separator in symbol:
            asset, quote = symbol.split(separator, 1)
            return asset if quote in DOLLARS else None
    quote = next((quote for quote in sorted(DOLLARS, key=len, reverse=True) if symbol.endswith(quote) and len(symbol) - len(quote) >= 2), None)
    return symbol[: -len(quote)] if quote else None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        asked = json.load(file)
    end = pd.Timestamp(asked["now"]).floor("h")
    start = end - pd.Timedelta(days=asked["period_days"])
    rows = []
    for candle in asked["candles"]:
        if candle["timeframe"] in MINUTES:
            begin = pd.Timestamp(candle["open_time"])
            length = pd.Timedelta(minutes=MINUTES[candle["timeframe"]])
            rows.append((base(candle["trading_pair"]), begin, begin + length, length / pd.Timedelta(seconds=1), candle["close"]))
    for signal in asked["signals"]:
        time = pd.Timestamp(signal["timestamp"])
        rows.append((base(signal["trading_pair"]), time, time, 1e12, signal["price"]))
    for look in asked["market"]:
        time = pd.Timestamp(look["timestamp"])
        rows += [(asset, time, time, 1e13, look[column]) for asset, column in (("BTC", "btc_price"), ("ETH", "eth_price")) if look.get(column) is not None]
    prices = pd.DataFrame(rows, columns=["asset", "begin", "known", "rank", "price"]).dropna(subset="asset")
    prices["hour"] = prices.begin.dt.floor("h")
    prices = prices[(prices.hour >= start) & (prices.hour < end)]
    last = prices.sort_values(["known", "rank"], ascending=[True, False]).groupby(["hour", "asset"]).price.last().unstack()
    last = last.reindex(pd.date_range(start, end, freq="h", inclusive="left"))
    if asked["assets"] is None:
        counts = last.count()
        chosen = counts[counts > 24].rename_axis("asset").reset_index(name="n").sort_values(["n", "asset"], ascending=[False, True]).head(30).asset
        last = last[sorted(chosen)]
    else:
        last = last.reindex(columns=sorted(asked["assets"]))
    returns = np.log(last / last.shift(1)).iloc[1:]
    matrix = returns.corr(min_periods=24)
    known = returns.notna().astype(int)
    samples = known.T @ known
    json.dump({
        "assets": list(last.columns),
        "matrix": [[None if np.isnan(value) else float(value) for value in row] for row in matrix.to_numpy()],
        "samples": samples.to_numpy().tolist(),
    }, sys.stdout)


main()
