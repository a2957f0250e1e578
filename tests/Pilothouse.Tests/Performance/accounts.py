#!/usr/bin/python3
"""Equity by accounts (docs/metrics.md, "Equity: whose money, since when"), computed a second time and by definition: the equity before
each close is summed up anew from reports and trades, in decimals of 60 digits. It shares nothing with the server but the definitions.

  accounts.py make SEED DATABASE FROM TO   inserts the rows FROM..TO of a made world of bots, in the order in which they happened
  accounts.py ask DATABASE NOW QUESTIONS   prints a list: the figures that each question (a JSON object of parameters) should answer,
                                           and what /equity, /daily, /by and /distribution should answer to it
"""
import json
import math
import random
import sqlite3
import sys
from datetime import datetime, timedelta, timezone
from decimal import ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

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
    rows += made_flows(seed, bots)
    rows.sort(key=lambda row: row[0])

    # Some rows come late: imported, or written by a bot that was offline.
    for _ in range(draw.choice([0, 0, 3])):
        if len(rows) > 10:
            rows.insert(draw.randint(0, len(rows)), rows.pop(draw.randint(0, len(rows) - 1)))
    return rows


def made_flows(seed, bots):
    """Deposits and withdrawals; some are larger than what there is, and some belong to no account."""
    draw = random.Random(seed * 7919)
    rows = []
    for _ in range(0 if seed in (7, 20, 22, 23) else draw.choice([3, 8, 25])):
        at = START + timedelta(hours=draw.randint(0, 2300), seconds=draw.randint(0, 3599))
        amount = round(draw.choice([-1, 1, 1]) * draw.choice([draw.uniform(1, 900), draw.uniform(1, 9000)]), 2)
        rows.append((at, "cash_flows", {
            "timestamp": stamp(at, draw), "bot_name": draw.choice(bots) or draw.choice([None, ""]), "mode": draw.choice([None, None, "paper", "AUTO"]),
            "amount": amount, "asset": "btc" if seed == 21 else draw.choice([None, "USDT", "usdc"])}))
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
        self.flows = [dict(row) for row in connection.execute("SELECT * FROM cash_flows ORDER BY id")]
        for flow in self.flows:
            flow["at"], flow["money"] = instant(flow["timestamp"]), Decimal(str(flow["amount"]))
        self.flows.sort(key=lambda f: (f["at"], f["id"]))
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
                opens = min([r["at"] for r in of_it] + [t["opened"] for t in trades])
                flows = [f for f in self.flows if self.key_of(f) == (bot, mode) and f["at"] > opens]
                before += sum((f["money"] for f in flows if f["at"] <= at), Decimal(0))
                found[bot, mode] = {
                    "opens": opens, "opening": Decimal(str(balance)) - before, "flows": flows,
                    "reports": [(when, number, Decimal(str(value))) for when, number, value in balances]}
        return found

    def unexplained(self, chosen, last):
        """The last reported balances less the equity computed for those moments: opening, all that closed, all that flowed."""
        total = None
        for key, account in chosen.items():
            reports = [r for r in account["reports"] if last is None or r[0] <= last]
            if reports:
                at, _, balance = reports[-1]
                equity = account["opening"] + sum((t["money"] for t in self.closed if self.key_of(t) == key and t["closed"] <= at), Decimal(0))
                equity += sum((f["money"] for f in account["flows"] if f["at"] <= at), Decimal(0))
                total = (total or Decimal(0)) + balance - equity
        return None if total is None else float(total)


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
        out["basis"]["unexplained"] = None


def in_window(trade, begins, ends):
    return (begins is None or trade["closed"] >= begins) and (ends is None or trade["closed"] <= ends)


def answer(world, question, now):
    """The figures of /api/performance, and under "views" those of the other paths."""
    out, context = figures_of(world, question, now)
    out["views"] = views(out, question, context)
    return out


def figures_of(world, question, now):
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
        out["basis"] = {"accounts": 1, "flows": 0, "unexplained": None}
        flows = []
    else:
        chosen = {k: a for k, a in world.accounts.items() if bot in (None, k[0]) and mode in (None, k[1])}
        moving = [t for t in world.closed if world.key_of(t) in chosen and (ends is None or t["closed"] <= ends)]
        included = {t["id"] for t in asked} & {t["id"] for t in moving}
        left = [t for t in asked if t["id"] not in included]
        opens = sorted((a["opens"], a["opening"]) for a in chosen.values() if last is None or a["opens"] <= last)
        flows = sorted(((f["at"], f["money"]) for a in chosen.values() for f in a["flows"] if last is None or f["at"] <= last), key=lambda f: f[0])
        out["basis"] = {"accounts": len(opens), "flows": 0, "unexplained": world.unexplained(chosen, last)}
        if not opens:
            by_currency(out, asked, moving)
            return out, {"asked": asked, "zone": zone}
        first = min(a["opens"] for a in chosen.values())
        first_day = max(first, begins or first)
        out["basis"]["flows"] = sum(at > first_day for at, _ in opens + flows)
        names = {key[0] + (f" ({key[1] or 'no mode'})" if world.said.get(key[0], set()) - {""} else "") for key in map(world.key_of, left)}
        out["basis"]["accounts_without_balance"] = sorted(name or "(no bot_name)" for name in names)

    def equity(until, before=None):
        """Of all accounts that have opened, before the trade (closed, id) if one is given."""
        total = sum((money for at, money in opens + flows if at is None or at <= until), Decimal(0))
        return total + sum((t["money"] for t in moving if (before is None and t["closed"] < until) or (before is not None and (t["closed"], t["id"]) < before)), Decimal(0))

    start_at = first_day if first_day is not None else datetime.min.replace(tzinfo=timezone.utc)
    start = equity(start_at)
    out["basis"]["starting_balance"] = float(start)
    by_currency(out, asked, moving)
    in_it = [t for t in moving if begins is None or t["closed"] >= begins]
    context = {"asked": asked, "zone": zone, "moving": in_it, "included": included, "equity": equity, "start": start, "left": left,
               "mixed": len(units(asked)) > 1, "mixed_equity": len(units(asked)) > 1 or len(units(moving)) > 1,
               "flows": [(at, money) for at, money in opens + flows if at is not None and at > start_at], "first_day": first_day, "now": last or now}
    if start <= 0 or (left and not included):
        return out, context
    percent(out, in_it, included, equity, asked, first_day, last, zone)
    by_currency(out, asked, moving)
    return out, context


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


def curve(context):
    """Every state of the equity: after each flow and each close of the window. A flow comes before a close of the same time."""
    asked = {t["id"] for t in context["asked"]}
    moving = {t["id"] for t in context["moving"]}
    trades = {t["id"]: t for t in context["asked"] + context["moving"]}.values()
    events = [(at, 0, 0, money, None) for at, money in context["flows"] if at <= context["now"]]
    events += [(t["closed"], 1, t["id"], t["money"], t) for t in trades]
    events.sort(key=lambda event: event[:3])
    starts = context["first_day"] or (events[0][0] if events else None)
    equity, pnl, flows, peak = context["start"], Decimal(0), Decimal(0), Decimal(0)
    index = index_peak = Decimal(1)
    ended, known = False, context["start"] > 0
    points = [[wire(starts), equity, pnl, flows, Decimal(0), Decimal(0), Decimal(1)]] if events else []
    for at, kind, number_, money, trade in events:
        if kind == 0:
            equity, flows = equity + money, flows + money
        else:
            before = equity
            equity += money if number_ in moving else 0
            if number_ in asked:
                pnl += money
                peak = max(peak, pnl)
            if number_ in moving and not ended and min(before, equity) <= 0:
                ended, index, index_peak = True, Decimal(0), Decimal(1)
            elif number_ in context["included"] and not ended:
                index *= 1 + money / before if before > 0 else 1
                index_peak = max(index_peak, index)
        points.append([wire(at), equity, pnl, flows, peak - pnl, (index_peak - index) / index_peak * 100, index])
    names = ["timestamp", "equity", "total_pnl", "flows", "drawdown", "drawdown_percent", "return_percent"]
    listed = []
    for point in points:
        shown = dict(zip(names, [point[0], *map(float, point[1:6]), float((point[6] - 1) * 100)]))
        if context["mixed"]:
            shown["total_pnl"] = shown["drawdown"] = None
        if context["mixed_equity"] or (context["left"] and not context["included"]):
            shown["equity"] = shown["flows"] = None
        if not known or shown["equity"] is None:
            shown["drawdown_percent"] = shown["return_percent"] = None
        listed.append(shown)
    return listed


def by_day(context, points):
    """Pandas groups the closes and the flows by the day of the zone."""
    frame = pd.DataFrame([{"day": t["closed"].astimezone(context["zone"]).date(), "pnl": t["money"], "fees": Decimal(str(t["fees"] or 0)),
                           "won": t["money"] > 0, "lost": t["money"] < 0} for t in context["asked"]], columns=["day", "pnl", "fees", "won", "lost"])
    flows = pd.Series([money for at, money in context["flows"] if at <= context["now"]], dtype=object,
                      index=[at.astimezone(context["zone"]).date() for at, _ in context["flows"] if at <= context["now"]])
    days, before = [], points[0]["return_percent"] if points else None
    ended = any(p["return_percent"] == -100 for p in points)
    for day in sorted(set(frame["day"]) | set(flows.index)):
        own = frame[frame["day"] == day]
        last = [p for p in points[1:] if instant(p["timestamp"]).astimezone(context["zone"]).date() == day][-1]
        flowed = flows[flows.index == day].sum()
        days.append({"date": day.isoformat(), "total_trades": len(own), "winning_trades": int(own["won"].sum()), "losing_trades": int(own["lost"].sum()),
                     "pnl": None if context["mixed"] else float(own["pnl"].sum()), "fees": None if context["mixed"] else float(own["fees"].sum()),
                     "flows": None if last["equity"] is None else float(flowed), "equity": last["equity"],
                     "return_percent": None if ended or before is None else ((1 + last["return_percent"] / 100) / (1 + before / 100) - 1) * 100})
        before = last["return_percent"]
    return days


WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
OF_GROUP = """total_trades winning_trades losing_trades breakeven_trades win_rate total_pnl avg_win avg_loss max_win max_loss risk_reward_ratio
total_fees avg_holding_seconds profit_factor expectancy max_drawdown""".split()


def split(context, by):
    keys = {"pair": lambda t: t["trading_pair"], "side": lambda t: t["side"], "bot": lambda t: t["bot_name"] or None, "strategy": lambda t: None,
            "exit_reason": lambda t: t["exit_reason"], "weekday": lambda t: WEEKDAYS[t["closed"].astimezone(context["zone"]).weekday()],
            "hour": lambda t: str(t["closed"].astimezone(context["zone"]).hour)}
    groups = {}
    for trade in context["asked"]:
        groups.setdefault(keys[by](trade), []).append(trade)
    listed = []
    for key, trades in groups.items():
        own = figures(trades)
        if len(units(trades)) > 1:
            own |= dict.fromkeys(set(OF_GROUP) & set(MONEY))
        listed.append({"key": key} | {name: own[name] for name in OF_GROUP})
    if by in ("weekday", "hour"):
        return sorted(listed, key=lambda g: WEEKDAYS.index(g["key"]) if by == "weekday" else int(g["key"]))
    return sorted(listed, key=lambda g: (-g["total_trades"], g["key"] is not None, g["key"] or ""))


def distribution(values):
    """numpy counts the values between bounds that are multiples of 1 or 5 times a power of ten."""
    if not values:
        return {"trades": 0, "bins": []}
    width, five = Decimal("1e-10"), False
    least, most = min(values), max(values)
    while max(abs(least), abs(most)) / Decimal(10) ** 12 > width or floor(most / width) - floor(least / width) + 1 > 60:
        width, five = width * (2 if five else 5), not five
    edges = [floor(least / width) * width + i * width for i in range(floor(most / width) - floor(least / width) + 2)]
    places = np.searchsorted(np.array(edges, dtype=object), np.array(values, dtype=object), side="right") - 1
    counts = np.bincount(places.astype(int), minlength=len(edges) - 1)
    array = np.array(values, dtype=float)
    return {"trades": len(values), "mean": float(sum(values) / len(values)), "standard_deviation": float(array.std(ddof=1)) if len(values) > 1 else None,
            "min": float(least), "max": float(most), "bin_width": float(width),
            "bins": [{"from": float(low), "to": float(high), "trades": int(count)} for low, high, count in zip(edges, edges[1:], counts)]}


def floor(value):
    return int(value.to_integral_value(ROUND_FLOOR))


def percent_of(trade):
    entry, quantity = Decimal(str(trade["entry_price"])), Decimal(str(trade["quantity"]))
    is_inverse = trade["trading_pair"] == "BTC/USD:BTC"  # the only pair here that settles in its own base asset
    margin = (quantity / entry if is_inverse else entry * quantity) / Decimal(str(trade["leverage"] or 1))
    return Decimal(str(trade["pnl_percentage"])) if trade["pnl_percentage"] is not None else trade["money"] / margin * 100


def views(out, question, context):
    made = {"by": {by: split(context, by) for by in ("pair", "side", "bot", "exit_reason", "weekday", "hour")},
            "money": None if len(units(context["asked"])) > 1 else distribution([t["money"] for t in context["asked"]]),
            "percent": distribution([percent_of(t) for t in context["asked"]])}
    if "equity" in context:
        made["equity"] = curve(context)
        made["daily"] = by_day(context, made["equity"])
    return made


def main():
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        print("{}")
        return
    world, now = World(sys.argv[2]), instant(sys.argv[3])
    print(json.dumps({"answers": [answer(world, question, now) for question in json.loads(sys.argv[4])]}))


if __name__ == "__main__":
    main()
