#!/usr/bin/python3
"""True and false positives of spike detectors (docs/metrics.md, "Spikes"), judged a second time with pandas from the rows that were posted. It shares
nothing with the server but the definitions.

  detectors.py FILE   reads {now, horizon_hours, direction, from, spikes, candles, trades}; a candle has known_at, from when its close is known.
                      Prints the figures of each detector by its name.
"""
import json
import math
import sys

import pandas as pd

Z = 1.959963984540054


def price(line, at, within):
    """The last close that was known at a time, else the first one after it, neither further away than allowed."""
    before = line[line.index <= at]
    if len(before) and at - before.index[-1] <= within:
        return before.iloc[-1]
    after = line[line.index > at]
    return after.iloc[0] if len(after) and after.index[0] - at <= within else None


def wilson(right, n):
    share, squared = right / n, Z * Z
    centre = share + squared / (2 * n)
    reach = Z * math.sqrt((share * (1 - share) + squared / (4 * n)) / n)
    low, high = (centre - reach) / (1 + squared / n), (centre + reach) / (1 + squared / n)
    return (0.0 if right == 0 else low), (1.0 if right == n else high)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        asked = json.load(file)
    now, horizon = pd.Timestamp(asked["now"]), pd.Timedelta(hours=asked["horizon_hours"])
    candles = pd.DataFrame(asked["candles"])
    candles["known"] = pd.to_datetime(candles.known_at, utc=True)
    lines = {pair: own.sort_values("known").set_index("known").close for pair, own in candles.groupby("trading_pair")}
    trades = {trade["id"]: trade for trade in asked["trades"]}

    def verdict(spike):
        """The way by which a spike is judged, and whether it was one."""
        if spike["trade_id"] is not None:
            trade = trades.get(spike["trade_id"])
            if trade is None:
                return "trade", None
            if trade["status"] == "open":
                return "pending", None
            return "trade", None if trade["pnl"] == 0 else trade["pnl"] > 0
        line, at = lines[spike["trading_pair"]], pd.Timestamp(spike["timestamp"])
        begin, end = price(line, at, horizon / 4), price(line, at + horizon, horizon / 4) if now - at >= horizon else None
        if begin is None or end is None or begin == end:
            return "price", None
        return "price", (end > begin) == (spike["direction"] == "pump")

    spikes = [spike for spike in asked["spikes"] if asked["direction"] in (None, spike["direction"])]
    spikes = [spike for spike in spikes if asked["from"] is None or pd.Timestamp(spike["timestamp"]) >= pd.Timestamp(asked["from"])]
    table = pd.DataFrame(spikes)
    table["way"], table["is_true"] = zip(*(verdict(spike) for spike in spikes))
    answer = {}
    for name, own in table.groupby(table.agent_detected_by.fillna("")):
        right, wrong = own.is_true.eq(True), own.is_true.eq(False)
        n, by_trade = int(right.sum() + wrong.sum()), own.way == "trade"
        low, high = wilson(int(right.sum()), n) if n else (None, None)
        mean = lambda column: None if own[column].isna().all() else float(own[column].astype(float).mean())
        answer[name] = {
            "spikes": len(own),
            **{status: int((own.status == status).sum()) for status in ("detected", "analyzed", "traded", "skipped")},
            "true_positives": int(right.sum()), "false_positives": int(wrong.sum()),
            "true_by_trade": int((right & by_trade).sum()), "false_by_trade": int((wrong & by_trade).sum()),
            "pending": int((own.way == "pending").sum()),
            "precision": 100 * int(right.sum()) / n if n else None,
            "precision_low": low * 100 if n else None, "precision_high": high * 100 if n else None,
            "enough_data": n >= 30,
            "mean_confidence": mean("confidence_score"), "mean_latency_ms": mean("detection_latency_ms"),
        }
    json.dump(answer, sys.stdout)


main()
