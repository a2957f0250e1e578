#!/usr/bin/python3
"""Equity by accounts (docs/metrics.md, "Equity: whose money, since when"), computed a second time and by definition: the equity before
each close is summed up anew from reports and trades, in decimals of 60 digits. It shares nothing with the server but the definitions.

  accounts.py make SEED DATABASE FROM TO   inserts the rows FROM..TO of a made world of bots, in the order in which they happened
  accounts.py ask DATABASE NOW QUESTIONS   prints a list: the figures that each question (a JSON object of parameters) should answer
"""
import json
import math
import random
import sqlite3
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from figures import ROUNDING, YEAR, counted_pnl, figures, instant, number, wire

START = datetime(2025, 11, 20, tzinfo=timezone.utc)
USUAL = "rl_trading_bot"
PERCENT = ("max_drawdown_percent", "max_drawdown_percent_from", "max_drawdown_percent_to", "sharpe_ratio", "sortino_ratio", "cagr", "calmar_ratio")
ASSETS = {"A/USDT": "USDT", "B/USDT": "USDT", "C/USDT": "USDT", "DDUSDC": "USDC", "E/USD": "USD", "ES1!": None, "F/BTC": "BTC", "BTC/USD:BTC": "BTC", "G/EUR": "EUR"}
DOLLARS = {"USD", "USDT", "USDC"}
MONEY = """total_pnl avg_win avg_loss max_win max_loss risk_reward_ratio total_fees profit_factor expectancy expectancy_ratio max_drawdown
max_drawdown_from max_drawdown_to max_drawdown_percent max_drawdown_percent_from max_drawdown_percent_to sharpe_ratio sortino_ratio cagr calmar_ratio
sqn""".split()
OF_CURRENCY = """total_trades winning_trades losing_trades win_rate total_pnl avg_win avg_loss max_win max_loss risk_reward_ratio
breakeven_trades total_fees profit_factor expectancy expectancy_ratio max_drawdown sqn""".split()
ALMOST = Decimal("1e-40")


def stamp(moment, draw):
    """As the seed's bots write times: with a space or a T, with or without a fraction."""
    return moment.strftime(draw.choice(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%fZ"]))


def made_world(seed):
    """Rows of a world of bots: (moment, table, columns)."""
    draw = random.Random(seed)
    rows = []
    pairs = {20: ["A/USDT", "DDUSDC", "ES1!"], 21: ["F/BTC", "BTC/USD:BTC"], 22: ["A/USDT", "F/BTC", "G/EUR"], 23: ["A/USDT"] * 30 + ["F/BTC"]}
    bots = draw.sample(["a", "b", "c", "d", "e", USUAL, "", ""], draw.randint(1, 6))
    for bot in dict.fromkeys(bots):
        said = draw.choice([[None], [None], ["paper"], ["paper", None], ["paper", "AUTO"], ["auto", "paper", None]])
        traded = draw.choice([[None], ["paper"], ["paper", "auto"], ["Paper", None, "auto"]])
        begins = START + timedelta(hours=draw.randint(0, 1200))
        reports = 0 if bot == "" else draw.choice([0, 1, 3, 20])
        for _ in range(reports):
            at = begins + timedelta(hours=draw.randint(-100, 900), seconds=draw.randint(0, 3599))
            balance = draw.choice([None, round(draw.uniform(500, 20000), 2)])
            rows.append((at, "bot_status", {"timestamp": stamp(at, draw), "bot_name": bot, "status": "running", "balance": balance, "mode": draw.choice(said)}))
        for _ in range(draw.choice([0, 5, 60, 90])):
            opened = begins + timedelta(seconds=draw.randint(0, 3_500_000))
            closed = opened + timedelta(seconds=draw.choice([0, draw.randint(1, 400_000)]))
            entry, quantity = round(draw.uniform(1, 900), 2), round(draw.uniform(0.01, 4), 3)
            leaves = entry if draw.random() < 0.1 else round(entry * math.exp(draw.gauss(0.001, 0.05)), 2)
            side, fees = draw.choice(["BUY", "SELL"]), round(draw.choice([0, draw.uniform(0, 1)]), 4)
            pnl = (leaves - entry) * quantity * (1 if side == "BUY" else -1) - fees
            if leaves == entry and fees == 0:
                pnl = draw.choice([0, 1e-14, -1e-14]) * entry * quantity
            is_closed = draw.random() < 0.93
            rows.append((closed if is_closed else opened, "trades", {
                "timestamp": stamp(opened, draw), "closed_at": stamp(closed, draw) if is_closed and closed != opened else None,
                "trading_pair": draw.choice(pairs.get(seed, ["A/USDT", "B/USDT", "C/USDT"])), "side": side, "entry_price": entry,
                "exit_price": leaves if is_closed else None, "quantity": quantity, "pnl": pnl if is_closed else 0, "fees": fees,
                "status": draw.choice(["closed", "Closed"]) if is_closed else "open", "bot_name": bot or draw.choice([None, ""]),
                "mode": draw.choice(traded)}))
    rows.sort(key=lambda row: row[0])

    # Some rows come late: imported, or written by a bot that was offline.
    for _ in range(draw.choice([0, 0, 3])):
        if len(rows) > 10:
            rows.insert(draw.randint(0, len(rows)), rows.pop(draw.randint(0, len(rows) - 1)))
    return rows


def make(seed, database, first, last):
    with sqlite3.connect(database, timeout=20) as connection:
        for _, table, columns in made_world(seed)[first:last]:
            connection.execute(f"INSERT INTO {table}({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", list(columns.values()))


class World:
    def __init__(self, database):
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20)
        connection.row_factory = sqlite3.Row
        self.reports = [dict(row) for row in connection.execute("SELECT * FROM bot_status ORDER BY id")]
        self.trades = [dict(row) for row in connection.execute("SELECT * FROM trades ORDER BY id")]
        for report in self.reports:
            report["at"] = instant(report["timestamp"])
        for trade in self.trades:
            trade["opened"] = instant(trade["timestamp"])
            trade["closed"] = instant(trade["closed_at"] or trade["timestamp"])
            trade["money"] = counted_pnl(trade) or Decimal(0)
        self.closed = sorted((t for t in self.trades if t["status"].lower() == "closed"), key=lambda t: (t["closed"], t["id"]))
        self.unnamed_bot = self.find_unnamed_bot()
        self.said = {}
        for report in self.reports:
            self.said.setdefault(report["bot_name"], set()).add((report["mode"] or "").lower())
        self.accounts = self.find_accounts()

    def find_unnamed_bot(self):
        reporting = sorted((r["at"], r["id"], r["bot_name"]) for r in self.reports if r["balance"] is not None)
        if any(bot == USUAL for _, _, bot in reporting):
            return USUAL
        if reporting and not any(t["bot_name"] == reporting[0][2] for t in self.trades):
            return reporting[0][2]
        return ""

    def key_of(self, trade):
        """Which account a trade is of: (bot, mode), the mode being None for a bot whose reports say none."""
        bot, mode = trade["bot_name"] or self.unnamed_bot, (trade["mode"] or "").lower()
        modes = self.said.get(bot, set()) - {""}
        if not modes:
            return bot, None
        if len(modes) == 1 and mode == "":
            return bot, min(modes)
        return bot, mode

    def find_accounts(self):
        found = {}
        for bot, said in self.said.items():
            modes = said - {""}
            for mode in modes or {None}:
                of_it = [r for r in self.reports if r["bot_name"] == bot and (len(modes) < 2 or (r["mode"] or "").lower() == mode)]
                balances = sorted((r["at"], r["id"], r["balance"]) for r in of_it if r["balance"] is not None)
                if not balances:
                    continue
                at, _, balance = balances[0]
                trades = [t for t in self.trades if self.key_of(t) == (bot, mode)]
                before = sum((t["money"] for t in self.closed if self.key_of(t) == (bot, mode) and t["closed"] <= at), Decimal(0))
                found[bot, mode] = {
                    "opens": min([r["at"] for r in of_it] + [t["opened"] for t in trades]), "opening": Decimal(str(balance)) - before}
        return found


def asset_of(trade):
    return ASSETS[trade["trading_pair"]] or "USD"


def units(trades):
    return {"USD" if asset_of(t) in DOLLARS else asset_of(t) for t in trades}


def by_currency(out, asked, moving):
    """Money of several units is not added; equity that several units moved is not known."""
    assets = sorted({asset_of(t) for t in asked})
    out["by_currency"] = []
    for asset in assets:
        own = figures([t for t in asked if asset_of(t) == asset])
        out["by_currency"].append({"currency": asset} | {name: own[name] for name in OF_CURRENCY})
    out["basis"]["currency"] = assets[0] if len(assets) == 1 else min(units(asked)) if len(units(asked)) == 1 else "USD"
    mixed = len(units(asked)) > 1
    for name in MONEY if mixed else PERCENT if len(units(moving)) > 1 else ():
        out[name] = None
    if mixed or len(units(moving)) > 1:
        out["basis"].pop("days", None)


def in_window(trade, begins, ends):
    return (begins is None or trade["closed"] >= begins) and (ends is None or trade["closed"] <= ends)


def answer(world, question, now):
    begins, ends = (instant(question[name]) if name in question else None for name in ("from_date", "to_date"))
    period = {"daily": 1, "weekly": 7, "monthly": 30}.get(question.get("period"))
    if period:
        begins = max(now - timedelta(days=period), begins or datetime.min.replace(tzinfo=timezone.utc))
    last = ends if ends is not None else now if begins is not None else None
    if last is not None and last > now:
        last = now
    bot, mode = question.get("bot_name"), question.get("mode")
    of_bot_and_mode = [t for t in world.closed if bot in (None, t["bot_name"]) and (mode is None or mode == (t["mode"] or "").lower())]
    asked = [t for t in of_bot_and_mode if in_window(t, begins, ends) and question.get("trading_pair") in (None, t["trading_pair"])
             and question.get("side") in (None, t["side"]) and question.get("currency", asset_of(t)).upper() == asset_of(t)]
    out = figures(asked, None, question.get("tz", "UTC"))
    zone = ZoneInfo(question.get("tz", "UTC"))

    given = question.get("starting_balance", question.get("setting"))
    left = []
    if given is not None:
        moving = [t for t in of_bot_and_mode if ends is None or t["closed"] <= ends]
        if "starting_balance" in question:
            moving = [t for t in moving if begins is None or t["closed"] >= begins]
        included, opens = {t["id"] for t in asked}, [(None, Decimal(str(given)))]
        first_day = begins if "starting_balance" in question or any(begins is not None and t["closed"] < begins for t in moving) else None
        out["basis"] = {"accounts": 1, "flows": 0}
    else:
        chosen = {k: a for k, a in world.accounts.items() if bot in (None, k[0]) and mode in (None, k[1])}
        moving = [t for t in world.closed if world.key_of(t) in chosen and (ends is None or t["closed"] <= ends)]
        included = {t["id"] for t in asked} & {t["id"] for t in moving}
        left = [t for t in asked if t["id"] not in included]
        opens = sorted((a["opens"], a["opening"]) for a in chosen.values() if last is None or a["opens"] <= last)
        out["basis"] = {"accounts": len(opens), "flows": 0}
        if not opens:
            by_currency(out, asked, moving)
            return out
        first = min(a["opens"] for a in chosen.values())
        first_day = max(first, begins or first)
        out["basis"]["flows"] = sum(at > first_day for at, _ in opens)
        names = {key[0] + (f" ({key[1] or 'no mode'})" if world.said.get(key[0], set()) - {""} else "") for key in map(world.key_of, left)}
        out["basis"]["accounts_without_balance"] = sorted(name or "(no bot_name)" for name in names)

    def equity(until, before=None):
        """Of all accounts that have opened, before the trade (closed, id) if one is given."""
        total = sum((money for at, money in opens if at is None or at <= until), Decimal(0))
        return total + sum((t["money"] for t in moving if (before is None and t["closed"] < until) or (before is not None and (t["closed"], t["id"]) < before)), Decimal(0))

    start_at = first_day if first_day is not None else datetime.min.replace(tzinfo=timezone.utc)
    start = equity(start_at)
    out["basis"]["starting_balance"] = float(start)
    by_currency(out, asked, moving)
    if start <= 0 or (left and not included):
        return out
    percent(out, [t for t in moving if begins is None or t["closed"] >= begins], included, equity, asked, first_day, last, zone)
    by_currency(out, asked, moving)
    return out


def percent(out, moving, included, equity, asked, first_day, last, zone):
    index = peak = Decimal(1)
    peak_at, deepest, span, ended, by_day = None, Decimal(0), (None, None), False, {}
    for trade in moving:
        before = equity(trade["closed"], (trade["closed"], trade["id"]))
        if min(before, before + trade["money"]) <= 0:
            deepest, span, ended = Decimal(1), (peak_at, trade["closed"]), True
            break
        if trade["id"] not in included:
            continue
        grown = trade["money"] / before
        index *= 1 + grown
        day = trade["closed"].astimezone(zone).date()
        by_day[day] = by_day.get(day, Decimal(1)) * (1 + grown)
        if index > peak * (1 + ALMOST):
            peak, peak_at = index, trade["closed"]
        elif (peak - index) / peak > deepest + ALMOST:
            deepest, span = (peak - index) / peak, (peak_at, trade["closed"])
    out["max_drawdown_percent"] = float(deepest * 100)
    out["max_drawdown_percent_from"], out["max_drawdown_percent_to"] = map(wire, span)
    if ended:
        return
    closes = [t["closed"].astimezone(zone).date() for t in asked]
    first = first_day.astimezone(zone).date() if first_day is not None else min(closes, default=None)
    final = last.astimezone(zone).date() if last is not None else max(closes, default=None)
    if first is None or final is None or final < first:
        return
    count = (final - first).days + 1
    out["basis"]["days"] = count
    returns = np.zeros(count)
    for day, grown in by_day.items():
        returns[(day - first).days] = float(grown - 1)
    growth = float(index)
    with np.errstate(over="ignore"):
        out["cagr"] = number(np.float64(growth) ** (YEAR / count) - 1)
    if count >= 2:
        deviation = returns.std(ddof=1)
        if deviation > ROUNDING * abs(returns.mean()):
            out["sharpe_ratio"] = number(returns.mean() / deviation * math.sqrt(YEAR))
    downside = math.sqrt(np.mean(np.minimum(returns, 0) ** 2))
    if downside > 0:
        out["sortino_ratio"] = number(returns.mean() / downside * math.sqrt(YEAR))
    if out["max_drawdown_percent"] and out["cagr"] is not None:
        out["calmar_ratio"] = number(out["cagr"] / (out["max_drawdown_percent"] / 100))


def main():
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        print("{}")
        return
    world, now = World(sys.argv[2]), instant(sys.argv[3])
    print(json.dumps({"answers": [answer(world, question, now) for question in json.loads(sys.argv[4])]}))


if __name__ == "__main__":
    main()
