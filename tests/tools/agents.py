#!/usr/bin/python3
"""What the decisions of agents were worth (docs/metrics.md, "Agents"), computed a second time and by definition, with numpy and pandas, from the
rows that the API lists. It shares nothing with the server but the definitions.

  agents.py FILE   reads {now, candles, signals, market, trades, decisions, listed_signals, spikes, costs, period}. Prints {agents: [...]} in the
                   form of computed.agents of GET /api/agents/performance, without the sentences.
"""
import json
import math
import re
import sys

import numpy as np
import pandas as pd

from moves import HORIZONS, price_at, sources
from prices import read

AGAINST = set("""skip skipped skipping hold holding wait waiting reject rejected rejecting veto vetoed deny denied decline declined avoid ignore ignored
    block blocked cancel cancelled canceled abort aborted refuse refused no not dont never neutral flat""".split())
UP = set("buy bought buying long bullish up pump rise call".split())
DOWN = set("sell sold selling short bearish down dump fall put".split())
FOR = set("""trade traded enter entered entry execute executed approve approved accept accepted confirm confirmed proceed open go yes take allow
    allowed""".split())
WAYS = {"buy": 1, "long": 1, "pump": 1, "up": 1, "strong_buy": 1, "sell": -1, "short": -1, "dump": -1, "down": -1, "strong_sell": -1}


def stance(decision):
    """Whether it is against trading, the way that it names, and whether any word is known."""
    words = re.findall("[a-z]+", decision.lower().replace("'", "").replace("\u2019", ""))
    against = any(word in AGAINST for word in words)
    way = next((1 if word in UP else -1 for word in words if word in UP | DOWN), 0)
    return against, way, against or way != 0 or any(word in FOR for word in words)


def judge(decision, world, tables, now):
    """The outcome by each horizon: right, wrong, neither or None."""
    against, named, known = stance(decision["decision"])
    trade = world["trades"].get(decision["trade_id"])
    if trade is not None and not against:
        if trade["status"] != "closed":
            return [None] * len(HORIZONS)
        value = trade["entry_price"] * trade["quantity"]
        pnl = trade["pnl"] or 0
        return [("neither" if abs(pnl) < 1e-12 * value or pnl == 0 else "right" if pnl > 0 else "wrong")] * len(HORIZONS)
    signal, spike = world["listed_signals"].get(decision["signal_id"]), world["spikes"].get(decision["spike_event_id"])
    pair, about = ((signal["trading_pair"], signal["signal_type"]) if signal else (spike["trading_pair"], spike["direction"]) if spike
                   else (trade["trading_pair"], trade["side"]) if trade else (None, None))
    way = named or (WAYS.get(about.lower(), 0) if about and known else 0)
    way = -way if against else way
    if pair is None or way == 0:
        return [None] * len(HORIZONS)
    outcomes = []
    at = pd.Timestamp(decision["timestamp"])
    for horizon in HORIZONS:
        if at + horizon > now:
            outcomes.append(None)
            continue
        first, last = price_at(tables(pair), at, horizon / 4, now), price_at(tables(pair), at + horizon, horizon / 4, now)
        move = None if first is None or last is None else np.sign(last - first)
        outcomes.append(None if move is None else "neither" if move == 0 else "right" if move == way else "wrong")
    return outcomes


def wilson(right, n):
    """Wilson's interval at 95 %, by its equation: the two p for which |share - p| = z sqrt(p (1 - p) / n)."""
    z, share = 1.959963984540054, right / n
    roots = np.roots([1 + z * z / n, -(2 * share + z * z / n), share * share])
    return [100 * min(max(root, 0.0), 1.0) for root in sorted(np.real(roots))]


def by_horizon(rows, index):
    outcomes = rows.outcomes.map(lambda row: row[index])
    judged = rows.assign(hit=(outcomes == "right").astype(float))[outcomes.isin(["right", "wrong"])]
    n, right = len(judged), int(judged.hit.sum())
    rated = judged[judged.confidence.notna()]
    low, high = wilson(right, n) if n else (None, None)
    bands = np.minimum(np.floor(rated.confidence * 5), 4)
    calibration = []
    for band in range(5):
        part = rated[bands == band]
        calibration.append({
            "from": band / 5, "to": (band + 1) / 5, "n": len(part), "right": int(part.hit.sum()),
            "right_percent": 100 * part.hit.mean() if len(part) else None, "avg_confidence": part.confidence.mean() if len(part) else None})
    return {
        "horizon": ["1h", "4h", "24h"][index], "right": right, "wrong": n - right, "neither": int((outcomes == "neither").sum()),
        "unknown": int(outcomes.isna().sum()), "n": n, "accuracy_percent": 100 * right / n if n else None, "accuracy_low": low, "accuracy_high": high,
        "enough_data": n >= 30, "brier_score": float(np.mean((rated.confidence - rated.hit) ** 2)) if len(rated) else None, "brier_n": len(rated),
        "calibration": calibration}


def figures(rows):
    times, costs = rows.execution_time_ms.dropna(), rows.cost.dropna()
    return {
        "decisions": len(rows), "avg_confidence": rows.confidence.mean() if rows.confidence.notna().any() else None,
        "avg_execution_time_ms": times.mean() if len(times) else None, "p95_execution_time_ms": np.percentile(times, 95) if len(times) else None,
        "cost": costs.sum() if len(costs) else None, "horizons": [by_horizon(rows, index) for index in range(len(HORIZONS))]}


def start_of(time, period):
    day = time.normalize()
    return day if period == "daily" else day - pd.Timedelta(days=day.weekday()) if period == "weekly" else day.replace(day=1)


def main():
    raw, candles, signals, market = read(sys.argv[1])
    now = pd.Timestamp(raw["now"])
    world = {name: {row["id"]: row for row in raw[name]} for name in ("trades", "listed_signals", "spikes")}
    kept = {}

    def tables(pair):
        key = pair.upper()
        if key not in kept:
            kept[key] = sources(key, candles, signals, market)
        return kept[key]

    rows = pd.DataFrame(raw["decisions"])
    rows["outcomes"] = [judge(row, world, tables, now) for row in raw["decisions"]]
    costs = pd.DataFrame(raw["costs"])
    rows["cost"] = rows.id.map(costs[costs.estimated_cost.notna()].groupby("decision_id").estimated_cost.sum())
    rows["confidence"] = rows.confidence.astype(float)
    rows["execution_time_ms"] = rows.execution_time_ms.astype(float)
    rows["period"] = [start_of(pd.Timestamp(time), raw["period"]) for time in rows.timestamp]
    agents = []
    for name, mine in rows.groupby("agent_name"):
        agents.append({
            "agent_name": name, "roles": sorted(mine.agent_role.unique()), "figures": figures(mine),
            "types": [{"decision_type": kind, "figures": figures(part)} for kind, part in mine.groupby("decision_type")],
            "periods": [{"period_start": start.isoformat(), "figures": figures(part)} for start, part in mine.groupby("period")]})
    json.dump({"agents": agents}, sys.stdout, default=lambda value: None if isinstance(value, float) and math.isnan(value) else value.item())


if __name__ == "__main__":
    main()
