#!/usr/bin/python3
"""Writes indicators.expected.csv: the sample bot's indicators as pandas computes them (docs/metrics.md).

Run with Debian's python3-pandas: /usr/bin/python3 tests/Pilothouse.Tests/Replay/indicators.py
Kept are the first 60 rows of each file, every 37th, the first 20 of the second day (the VWAP starts anew after a gap),
and the rows where the RSI has no losses to divide by. Figures are written with all their digits; an empty field is undefined.
"""
import csv
import pathlib

import numpy
import pandas

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parents[2] / "samples" / "data"
COLUMNS = ["rsi", "macd", "macd_signal", "macd_histogram", "vwap", "ema9", "ema21", "sma50",
           "bb_upper", "bb_middle", "bb_lower"]


def indicators(candles):
    close = candles["close"]
    change = close.diff()
    gain = change.where(change > 0, 0).rolling(14).mean()
    loss = (-change.where(change < 0, 0)).rolling(14).mean()
    candles["rsi"] = (100 - 100 / (1 + gain / loss)).fillna(50)
    candles["ema9"] = close.ewm(span=9, adjust=False).mean()
    candles["ema21"] = close.ewm(span=21, adjust=False).mean()
    candles["macd"] = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    candles["macd_signal"] = candles["macd"].ewm(span=9, adjust=False).mean()
    candles["macd_histogram"] = candles["macd"] - candles["macd_signal"]
    candles["sma50"] = close.rolling(50).mean()
    candles["bb_middle"] = close.rolling(20).mean()
    deviation = close.rolling(20).std(ddof=1)
    candles["bb_upper"] = candles["bb_middle"] + 2 * deviation
    candles["bb_lower"] = candles["bb_middle"] - 2 * deviation
    typical = (candles["high"] + candles["low"] + candles["close"]) / 3
    day = candles["timestamp"].str[:10]
    value = (typical * candles["volume"]).groupby(day).cumsum()
    candles["vwap"] = value / candles["volume"].groupby(day).cumsum()
    return candles


def above(value, line):
    """+1 above the line, -1 at or below it, 0 where the line is not defined."""
    return numpy.where(line.isna(), 0, numpy.where(value > line, 1, -1))


def score(c):
    return (numpy.where(c["rsi"] < 30, 1, 0) - numpy.where(c["rsi"] > 70, 1, 0)
            + above(c["macd"], c["macd_signal"])
            + above(c["close"], c["vwap"])
            + 2 * above(c["ema9"], c["ema21"])
            + above(c["close"], c["sma50"])
            + numpy.where(c["close"] <= c["bb_lower"], 1, 0) - numpy.where(c["close"] >= c["bb_upper"], 1, 0))


def main():
    with open(HERE / "indicators.expected.csv", "w", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["file", "timestamp", *COLUMNS, "score"])
        for path in sorted(DATA.glob("*.csv")):
            candles = indicators(pandas.read_csv(path, float_precision="round_trip"))
            candles["score"] = score(candles)
            second_day = int(candles["timestamp"].str.startswith("2018-04-05").idxmax())
            for row in candles.itertuples():
                i = row.Index
                if i < 60 or i % 37 == 0 or second_day <= i < second_day + 20 or row.rsi == 100:
                    figures = [getattr(row, name) for name in COLUMNS]
                    texts = ["" if pandas.isna(x) else repr(float(x)) for x in figures]
                    writer.writerow([path.name, row.timestamp, *texts, int(row.score)])


main()
