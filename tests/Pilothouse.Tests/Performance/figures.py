#!/usr/bin/python3
"""The figures of docs/metrics.md, computed a second time and another way: with numpy over whole arrays, money as Decimal of 60
digits. It shares nothing with the server but the definitions.

  figures.py                                   writes random.json (seeded) and expected.json beside itself
  figures.py --trades FILE [--starting-balance X] [--tz ZONE]
                                               prints the figures of the trades in FILE: a list as GET /api/trades answers
                                               them, or such an answer with its `data`

A figure that cannot be known is null. The pnl of every trade is computed again from its prices; one that disagrees ends the run.
"""
import argparse
import json
import math
from datetime import datetime, timedelta, timezone
from decimal import Decimal, getcontext
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

getcontext().prec = 60
HERE = Path(__file__).resolve().parent
YEAR = 365
ROUNDING = 1e-13  # a deviation this small beside the mean is the rounding of binary fractions


def instant(text):
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)


def wire(moment):
    return None if moment is None else moment.isoformat()


def number(value):
    return None if value is None or not math.isfinite(value) else float(value)


def money(values):
    return np.array([Decimal(str(v)) if v is not None else Decimal(0) for v in values], dtype=object)


def check_pnl(trade):
    """One trade: (exit - entry) x quantity, the sign turned for a SELL, less fees."""
    entry, leaves, quantity, pnl = (trade.get(k) for k in ("entry_price", "exit_price", "quantity", "pnl"))
    if None in (entry, leaves, quantity, pnl):
        return
    entry, leaves, quantity, pnl, fees = (Decimal(str(v)) for v in (entry, leaves, quantity, pnl, trade.get("fees") or 0))
    ours = (leaves - entry) * quantity * {"BUY": 1, "SELL": -1}[trade["side"].upper()] - fees
    if abs(ours - pnl) > Decimal("1e-12") * (entry * quantity + fees):
        raise SystemExit(f"trade {trade['id']}: pnl {pnl} is stored, its prices give {ours}")


def counted_pnl(trade):
    """What floats leave over is nothing: a pnl smaller than 1e-12 of entry x quantity counts as exactly 0."""
    pnl, entry, quantity = (None if trade.get(k) is None else Decimal(str(trade[k])) for k in ("pnl", "entry_price", "quantity"))
    if None not in (pnl, entry, quantity) and abs(pnl) < Decimal("1e-12") * abs(entry * quantity):
        return Decimal(0)
    return pnl


def streak(hits):
    """The longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], hits.astype(int), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def largest_fall(equity, closes, relative):
    """equity[0] is the start. The first of the largest falls from a running peak: (fall, close of peak, close of trough)."""
    peaks = np.maximum.accumulate(equity)
    falls = peaks - equity
    if relative:
        falls = falls / peaks
    trough = int(np.argmax(falls))
    if falls[trough] == 0:
        return Decimal(0), None, None
    peak = int(np.argmax(equity[: trough + 1]))
    return falls[trough], closes[peak - 1] if peak else None, closes[trough - 1]


def days_and_daily_pnl(closes, pnl, zone):
    dates = [close.astimezone(zone).date() for close in closes]
    first = min(dates)
    offsets = np.array([(date - first).days for date in dates])
    daily = np.full(int(offsets.max()) + 1, Decimal(0), dtype=object)
    np.add.at(daily, offsets, pnl)
    return first, np.unique(offsets), daily


def returns_figures(out, start, pnl, closes, zone, count):
    """sharpe_ratio, sortino_ratio and cagr: each close's return is pnl / equity just before it, those of a day compound."""
    after = start + np.cumsum(pnl)
    growth = float(after[-1] / start)
    with np.errstate(over="ignore"):
        out["cagr"] = number(np.float64(growth) ** (YEAR / count) - 1)
    dates = [close.astimezone(zone).date() for close in closes]
    grown = np.full(count, Decimal(1), dtype=object)
    np.multiply.at(grown, np.array([(date - min(dates)).days for date in dates]), after / np.concatenate(([start], after[:-1])))
    returns = (grown - 1).astype(float)
    if len(returns) >= 2:
        deviation = returns.std(ddof=1)
        if deviation > ROUNDING * abs(returns.mean()):
            out["sharpe_ratio"] = number(returns.mean() / deviation * math.sqrt(YEAR))
    downside = math.sqrt(np.mean(np.minimum(returns, 0) ** 2))
    if downside > 0:
        out["sortino_ratio"] = number(returns.mean() / downside * math.sqrt(YEAR))


FIELDS = """total_trades winning_trades losing_trades win_rate total_pnl avg_win avg_loss max_win max_loss risk_reward_ratio
breakeven_trades total_fees avg_holding_seconds longest_win_streak longest_loss_streak best_day worst_day profit_factor expectancy
expectancy_ratio max_drawdown max_drawdown_percent max_drawdown_from max_drawdown_to max_drawdown_percent_from
max_drawdown_percent_to sharpe_ratio sortino_ratio cagr calmar_ratio sqn""".split()


def drawdown_figures(out, pnl, closes, start):
    fall, out["max_drawdown_from"], out["max_drawdown_to"] = largest_fall(
        np.concatenate(([start or Decimal(0)], (start or Decimal(0)) + np.cumsum(pnl))), closes, relative=False)
    out["max_drawdown"] = float(fall)
    ended = False
    if start is not None and start > 0:
        equity = np.concatenate(([start], start + np.cumsum(pnl)))
        gone = np.flatnonzero(equity <= 0)
        ended = len(gone) > 0
        if ended:  # the curve ends there, at nothing
            equity = equity[: gone[0] + 1]
            equity[-1] = Decimal(0)
        fall, out["max_drawdown_percent_from"], out["max_drawdown_percent_to"] = largest_fall(equity, closes, relative=True)
        out["max_drawdown_percent"] = float(fall * 100)
    for name in ("max_drawdown_from", "max_drawdown_to", "max_drawdown_percent_from", "max_drawdown_percent_to"):
        out[name] = wire(out[name])
    return ended


def figures(trades, start=None, zone="UTC"):
    closed = [t for t in trades if t["status"].lower() == "closed"]
    for trade in closed:
        check_pnl(trade)
    closed.sort(key=lambda t: (instant(t["closed_at"] or t["timestamp"]), t["id"]))
    closes = [instant(t["closed_at"] or t["timestamp"]) for t in closed]
    pnl = money([counted_pnl(t) for t in closed])
    wins, losses = pnl[pnl > 0], pnl[pnl < 0]
    count = len(pnl)
    out = dict.fromkeys(FIELDS)
    out |= {
        "total_trades": count, "winning_trades": len(wins), "losing_trades": len(losses), "breakeven_trades": int(np.sum(pnl == 0)),
        "win_rate": 100 * len(wins) / count if count else 0.0,
        "total_pnl": float(pnl.sum()), "total_fees": float(money([t["fees"] for t in closed]).sum()),
        "avg_win": float(wins.mean()) if len(wins) else 0.0, "avg_loss": float(losses.mean()) if len(losses) else 0.0,
        "max_win": float(wins.max(initial=Decimal(0))), "max_loss": float(losses.min(initial=Decimal(0))),
        "risk_reward_ratio": float(wins.mean() / abs(losses.mean())) if len(wins) and len(losses) else 0.0,
        "longest_win_streak": streak(pnl > 0), "longest_loss_streak": streak(pnl < 0),
    }
    start = None if start is None else Decimal(str(start))
    ended = drawdown_figures(out, pnl, closes, start)
    if not count:
        return out
    if len(losses):
        out["profit_factor"] = float(wins.sum() / abs(losses.sum()))
        out["expectancy_ratio"] = float(pnl.mean() / abs(losses.mean()))
    out["expectancy"] = float(pnl.mean())
    held = np.array([(close - instant(t["timestamp"])) / timedelta(seconds=1) for close, t in zip(closes, closed)])
    out["avg_holding_seconds"] = float(held.mean())
    if count > 1:
        deviation = pnl.astype(float).std(ddof=1)
        if deviation > ROUNDING * abs(float(pnl.mean())):
            out["sqn"] = number(math.sqrt(count) * float(pnl.mean()) / deviation)
    first, traded, daily = days_and_daily_pnl(closes, pnl, ZoneInfo(zone))
    for name, pick in (("best_day", np.argmax), ("worst_day", np.argmin)):
        day = int(traded[pick(daily[traded])])
        out[name] = {"date": (first + timedelta(days=day)).isoformat(), "pnl": float(daily[day])}
    if start is not None and start > 0 and not ended:
        returns_figures(out, start, pnl, closes, ZoneInfo(zone), len(daily))
        if out["max_drawdown_percent"] and out["cagr"] is not None:
            out["calmar_ratio"] = number(out["cagr"] / (out["max_drawdown_percent"] / 100))
    return out


def random_case(name, seed, count, start, zone, hours):
    """Trades as a busy bot leaves them: both sides, fees, breakevens, equal closes, some still open, some imported."""
    draw = np.random.default_rng(seed)
    opened = datetime(2024, 1, 1, tzinfo=timezone.utc)
    trades = []
    for identity in range(1, count + 1):
        opened += timedelta(milliseconds=int(draw.exponential(hours * 3_600_000)))
        closed = opened + timedelta(seconds=int(draw.integers(0, 90_000)))
        entry, quantity = round(float(draw.uniform(20, 900)), 2), round(float(draw.uniform(0.001, 4)), 3)
        leaves = round(entry * float(np.exp(draw.normal(0.002, 0.04))), 2) if draw.random() > 0.05 else entry
        fees = round(float(draw.uniform(0, 0.5)), 4) if draw.random() > 0.3 and leaves != entry else 0
        side = "BUY" if draw.random() < 0.6 else "SELL"
        moved = Decimal(str(leaves)) - Decimal(str(entry))
        pnl = (moved if side == "BUY" else -moved) * Decimal(str(quantity)) - Decimal(str(fees))
        status = ["closed", "CLOSED", "open"][int(draw.choice(3, p=[0.9, 0.05, 0.05]))]
        if trades and draw.random() < 0.05 and trades[-1]["closed_at"]:
            closed = max(opened, instant(trades[-1]["closed_at"]))
        without = status == "open" or draw.random() < 0.03
        trades.append({"id": identity, "timestamp": wire(opened), "closed_at": None if without else wire(closed), "side": side,
                       "entry_price": entry, "exit_price": leaves, "quantity": quantity, "pnl": float(pnl), "fees": fees,
                       "status": status})
    draw.shuffle(trades)
    return {"name": name, "starting_balance": start, "time_zone": zone, "trades": trades}


def dump(cases, path):
    blocks = []
    for case in cases:
        head = {key: value for key, value in case.items() if key != "trades"}
        rows = ",\n    ".join(json.dumps(trade) for trade in case["trades"])
        blocks.append("  " + json.dumps(head)[:-1] + ', "trades": [' + (f"\n    {rows}\n  " if rows else "") + "]}")
    path.write_text("[\n" + ",\n".join(blocks) + "\n]\n")


def write_expected():
    dump([
        random_case("random_busy", 11, 300, 5000, "UTC", 3),
        random_case("random_sparse_new_york", 12, 200, 2500.5, "America/New_York", 80),
        random_case("random_without_balance", 13, 150, None, "Asia/Kolkata", 10),
    ], HERE / "random.json")
    cases = [case for name in ("cases.json", "random.json") for case in load(HERE / name)]
    expected = {case["name"]: figures(case["trades"], case["starting_balance"], case["time_zone"]) for case in cases}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def load(path):
    return json.loads(Path(path).read_text(), parse_float=Decimal)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--trades")
    arguments.add_argument("--starting-balance", type=Decimal)
    arguments.add_argument("--tz", default="UTC")
    given = arguments.parse_args()
    if given.trades is None:
        write_expected()
        return
    trades = load(given.trades)
    print(json.dumps(figures(trades["data"] if isinstance(trades, dict) else trades, given.starting_balance, given.tz), indent=1))


if __name__ == "__main__":
    main()
