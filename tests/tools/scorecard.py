#!/usr/bin/python3
"""What became of signals (docs/metrics.md, "Signals and what became of them"), computed a second time and by definition, with pandas and numpy,
from the rows that the API lists. It shares nothing with the server but the definitions.

  scorecard.py FILE   reads {now, candles, signals, market, trades, questions: [{by, from, to, trading_pair, signal_type, strategy, model,
                      bot_name}]}. Prints {answers: [{groups: {key: score}, total: score}]}.
"""
import json
import math
import sys
from statistics import NormalDist

import numpy as np
import pandas as pd

from moves import HORIZONS, price_at, sources
from prices import read

BANDS = ["0-19", "20-39", "40-59", "60-79", "80-100"]
HOUR = pd.Timedelta(hours=1)


def wilson(right, n):
    """The two shares from which the observed one is z standard errors away: the roots of a quadratic equation."""
    z = NormalDist().inv_cdf(0.975)
    low, high = sorted(np.roots([n + z * z, -(2 * right + z * z), right * right / n]).real)
    return 100 * low, 100 * high


def direction(start, end):
    return None if start is None or end is None else int(np.sign(end - start))


class World:
    def __init__(self, path):
        self.world, self.candles, _, self.market = read(path)
        self.now = pd.Timestamp(self.world["now"])
        self.signals = pd.DataFrame(self.world["signals"])
        self.signals["timestamp"] = [pd.Timestamp(text) for text in self.signals.timestamp]
        self.signals = self.signals.sort_values("id", ignore_index=True)
        self.signals["pair"] = self.signals.trading_pair.str.upper()
        self.signals["strength"] = [BANDS[min(4, abs(one) // 20)] for one in self.signals.signal_strength]
        self.prices = {pair: sources(pair, self.candles, self.signals, self.market) for pair in self.signals.pair.unique()}
        self.known = {}
        for i, horizon in enumerate(HORIZONS):
            self.signals[f"way{i}"] = [self.way(row, horizon) for row in self.signals.itertuples()]

    def at(self, pair, time, within):
        if time > self.now:
            return None
        key = (pair, time, within)
        if key not in self.known:
            self.known[key] = price_at(self.prices[pair], time, within, self.now)
        return self.known[key]

    def way(self, signal, horizon):
        return direction(signal.price, self.at(signal.pair, signal.timestamp + horizon, horizon / 4))

    def base(self, pair, first, last, horizon):
        """How often the price rose and fell from the full hours between two times, and over how many hours that is known."""
        ways = [direction(self.at(pair, hour, horizon / 4), self.at(pair, hour + horizon, horizon / 4))
                for hour in pd.date_range(first.floor("h"), min(last.ceil("h"), self.now.ceil("h")), freq=HOUR)]
        known = [way for way in ways if way is not None]
        return {1: known.count(1), -1: known.count(-1)}, len(known)

    def score(self, rows, chosen):
        horizons = []
        judged = rows[rows.signal_type != "HOLD"]
        signs = judged.signal_type.map({"BUY": 1, "SELL": -1})
        for i, horizon in enumerate(HORIZONS):
            ways = judged[f"way{i}"]
            known = ways.notna()
            n, right = int(known.sum()), int((ways == signs)[known].sum())
            chance, hours = 0.0, 0
            for pair, of_pair in judged[known].groupby("pair"):
                span = chosen[(chosen.pair == pair) & (chosen.signal_type != "HOLD")].timestamp
                counts, seen = self.base(pair, span.min(), span.max(), horizon)
                hours += seen
                for sign, part in signs[of_pair.index].groupby(signs[of_pair.index]):
                    chance += len(part) * counts[sign] / seen if seen else math.nan
            rate = 100 * right / n if n else None
            base = None if n == 0 or math.isnan(chance) else 100 * chance / n
            low, high = wilson(right, n) if n else (None, None)
            horizons.append({
                "hours": int(horizon / HOUR), "n": n, "right": right, "unchanged": int((ways == 0).sum()), "unjudged": int(len(judged) - n),
                "hit_rate": rate, "low": low, "high": high, "base_rate": base, "base_n": hours,
                "edge": None if base is None else rate - base, "beats_base": None if n < 30 or base is None else bool(low > base), "enough_data": n >= 30})
        return {"signals": len(rows), "horizons": horizons, "trades": self.followed(rows)}

    def followed(self, rows):
        ids = set(rows.id)
        trades = [trade for trade in self.world["trades"] if trade["status"] == "closed" and trade["signal_id"] in ids]
        pnl = np.array([trade["pnl"] for trade in trades])
        returns = np.array([trade["pnl_percentage"] for trade in trades if trade["pnl_percentage"] is not None])
        currencies = sorted({trade["settle_asset"] for trade in trades})
        spread = returns.std(ddof=1) if len(returns) > 1 else 0
        return {
            "trades": len(trades), "winning": int((pnl > 0).sum()), "losing": int((pnl < 0).sum()), "breakeven": int((pnl == 0).sum()),
            "win_rate": 100 * float((pnl > 0).mean()) if len(trades) else None, "returns": len(returns), "avg_return": float(returns.mean()) if len(returns) else None,
            "sqn": float(math.sqrt(len(returns)) * returns.mean() / spread) if spread > 0 else None,
            "by_currency": [{"currency": one, "trades": sum(trade["settle_asset"] == one for trade in trades),
                             "pnl": float(sum(trade["pnl"] for trade in trades if trade["settle_asset"] == one))} for one in currencies]}

    def answer(self, question):
        rows = self.signals
        for name, column in (("trading_pair", "pair"), ("signal_type", "signal_type"), ("strategy", "strategy"), ("model", "model"), ("bot_name", "bot_name")):
            if question.get(name) is not None:
                rows = rows[rows[column] == question[name]]
        if question.get("from") is not None:
            rows = rows[rows.timestamp >= pd.Timestamp(question["from"])]
        if question.get("to") is not None:
            rows = rows[rows.timestamp <= pd.Timestamp(question["to"])]
        column = {"type": "signal_type", "bot": "bot_name"}.get(question["by"], question["by"])
        groups = {"" if pd.isna(key) else key: self.score(part, rows) for key, part in rows.groupby(column, dropna=False)}
        return {"groups": groups, "total": self.score(rows, rows)}


def main():
    world = World(sys.argv[1])
    json.dump({"answers": [world.answer(question) for question in world.world["questions"]]}, sys.stdout)


if __name__ == "__main__":
    main()
