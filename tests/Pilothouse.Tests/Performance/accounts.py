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
    pairs = {20: ["A/USDT", "DDUSDC", "ES1!"], 21: ["F/BTC", "BTC/USD:BTC"], 22: ["A/USDT", "F/BTC", "G/EUR"], 23: ["A/USDT"] * 30 + ["F/BTC"],
             24: ["A/USDT", "DDUSDC", "F/BTC"], 25: ["A/USDT", "F/BTC", "G/EUR", "ES1!"], 26: ["A/USDT"] * 3 + ["F/BTC", "G/EUR"], 27: ["F/BTC"]}
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
            "amount": amount, "asset": "btc" if seed == 21 else draw.choice([None, "BTC", "usdc"]) if seed > 23 else draw.choice([None, "USDT", "usdc"])}))
    return rows


def made_prices(seed):
    """Prices of BTC and EUR in dollars, of every kind that is stored, and others that are none. Some days of seeds 25 and 26 have none."""
    draw = random.Random(seed * 104729)
    rows = []
    for hour in range(-100, 3200):
        at = START + timedelta(hours=hour)
        if seed in (25, 26) and (hour // 100) % 7 == 3:
            continue
        btc, eur = round(90000 * math.exp(math.sin(hour / 300) / 3), 2), round(1.1 + math.sin(hour / 200) / 10, 5)
        candle = {"open": btc, "high": btc * 2, "low": btc / 2, "volume": 1}
        if draw.random() < 0.3:
            late = at + timedelta(minutes=draw.randint(1, 59))
            known = draw.choice([None, late.strftime("%Y-%m-%d %H:%M:%S")])
            rows.append(("candles", candle | {"trading_pair": draw.choice(["BTC/USDT", "btcusd"]), "timeframe": "1h", "open_time": stamp(at, draw),
                                              "close": round(btc * draw.uniform(0.9, 1.1), 1), "known_at": known}))
        if hour % 4 == 0 and draw.random() < 0.5:
            rows.append(("candles", candle | {"trading_pair": "EUR/USD:USD", "timeframe": "4h", "open_time": stamp(at, draw), "close": eur,
                                              "known_at": (at + timedelta(hours=4)).strftime("%Y-%m-%d %H:%M:%S")}))
        inside = at + timedelta(seconds=draw.randint(0, 3599))
        if draw.random() < 0.2:
            pair, price = draw.choice([("BTC-USDC", btc * 1.01), ("EUR_USDT", eur * 1.01), ("BTC/USDT:USDT", btc * 0.99), ("BTC/USDT:USDT-251226", 7), ("BTC/EUR", 9)])
            rows.append(("signals", {"timestamp": stamp(inside, draw), "trading_pair": pair, "signal_type": "BUY", "signal_strength": 5, "price": round(price, 5)}))
        if draw.random() < 0.1:
            rows.append(("market_context", {"timestamp": stamp(inside, draw), "btc_price": draw.choice([round(btc * 1.02, 2), None, 0]), "eth_price": 3}))
    return rows


def make(seed, database, first, last):
    with sqlite3.connect(database, timeout=20) as connection:
        rows = [row[1:] for row in made_world(seed)[first:last]]
        for table, columns in (made_prices(seed) if seed > 23 and first == 0 else []) + rows:
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
        self.prices, self.asked = self.find_prices(connection), {}
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

    def find_prices(self, connection):
        """What is known of the prices of BTC and EUR in dollars, and since when."""
        lengths = {"1h": timedelta(hours=1), "4h": timedelta(hours=4)}
        found = []
        for row in connection.execute("SELECT * FROM candles"):
            length = lengths[row["timeframe"]]
            known = instant(row["known_at"]) if row["known_at"] else instant(row["open_time"]) + length
            found.append((base_of(row["trading_pair"]), known, (0, length.total_seconds(), row["trading_pair"].upper()), row["close"]))
        for row in connection.execute("SELECT * FROM signals"):
            found.append((base_of(row["trading_pair"]), instant(row["timestamp"]), (1, 0, row["trading_pair"].upper()), row["price"]))
        for row in connection.execute("SELECT * FROM market_context WHERE btc_price > 0"):
            found.append(("BTC", instant(row["timestamp"]), (2, 0, ""), row["btc_price"]))
        frame = pd.DataFrame(found, columns=["asset", "known", "rank", "price"])
        return {asset: own.sort_values("rank", ascending=False).sort_values("known", kind="stable") for asset, own in frame.groupby("asset")}

    def price(self, unit, at):
        """The newest price at a time, not older than a day; None if there is none. pandas finds it."""
        if unit == "USD":
            return Decimal(1)
        if unit not in self.prices:
            return None
        if (unit, at) not in self.asked:
            found = pd.merge_asof(pd.DataFrame({"known": [pd.Timestamp(at)]}), self.prices[unit], on="known", tolerance=pd.Timedelta(days=1))["price"][0]
            self.asked[unit, at] = None if pd.isna(found) else Decimal(str(float(found)))
        return self.asked[unit, at]

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
                    "opens": opens, "reported": at, "balance": Decimal(str(balance)), "opening": Decimal(str(balance)) - before, "flows": flows,
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


def base_of(pair):
    """The asset whose price in dollars is that of the pair; None for other pairs."""
    return {"BTC/USDT": "BTC", "BTCUSD": "BTC", "EUR/USD:USD": "EUR", "BTC-USDC": "BTC", "EUR_USDT": "EUR", "BTC/USDT:USDT": "BTC"}.get(pair.upper())


def unit_of(asset):
    return "USD" if asset in DOLLARS else asset


def units(trades):
    return {unit_of(asset_of(t)) for t in trades}


def times(amount, rate):
    return None if rate is None else amount * rate


def in_dollars(world, trades):
    """The trades as they count in dollars; None if one has no price."""
    rates = [world.price(unit_of(asset_of(t)), t["closed"]) for t in trades]
    if None in rates:
        return None
    return [t | {"pnl": t["money"] * r, "fees": Decimal(str(t["fees"] or 0)) * r, "money": t["money"] * r, "entry_price": None} for t, r in zip(trades, rates)]


def convert(world, asked, moving, chosen, ends, last):
    """Puts what is of several units into dollars: sets of each trade what counts and what moves the equity. Returns the trades that count, for
    the figures, the openings and flows, and whether money and equity are unknown."""
    for trade in world.closed:
        trade["counts"] = trade["moves"] = trade["money"]
        trade["rate"] = Decimal(1)
    flows = [(f, key) for key, a in chosen.items() for f in a["flows"]]
    early = [t for key, a in chosen.items() for t in world.closed if world.key_of(t) == key and t["closed"] <= a["reported"]]
    named = {unit_of(f["asset"].upper()) for f, _ in flows if f["asset"] and (last is None or f["at"] <= last)}
    openings = [(a["opens"], a["opening"]) for a in chosen.values()]
    flowed = [(f["at"], f["money"]) for f, _ in flows]
    money = len(units(asked)) > 1
    if not money and len(units(moving + early) | named) < 2:
        return asked, openings, flowed, False, False, False
    counted = in_dollars(world, asked) if money else asked
    no_money, no_equity = counted is None, counted is None
    for trade in world.closed:
        trade["moves"] = times(trade["money"], world.price(unit_of(asset_of(trade)), trade["closed"]))
        trade["counts"] = trade["moves"] if money else trade["money"]
        trade["rate"] = (world.price(unit_of(asset_of(trade)), trade["closed"]) or 0) if money else Decimal(1)
    no_equity |= any(t["moves"] is None for t in moving)
    openings, flowed = [], []
    for key, account in chosen.items():
        own = [t for t in world.closed if world.key_of(t) == key and (t["closed"] <= account["reported"] or ends is None or t["closed"] <= ends)]
        its = units(own) | {unit_of(f["asset"].upper()) for f in account["flows"] if f["asset"]}
        unit = min(its) if len(its) == 1 else "USD"
        flow_money = [(f, times(f["money"], world.price(unit_of((f["asset"] or unit).upper()), f["at"]))) for f in account["flows"]]
        no_equity |= any(m is None for f, m in flow_money if last is None or f["at"] <= last)
        flowed += [(f["at"], m or Decimal(0)) for f, m in flow_money]
        if unit != "USD":
            opening = times(account["opening"], world.price(unit, account["opens"]))
        else:
            parts = [t["moves"] for t in own if t["closed"] <= account["reported"]] + [m for f, m in flow_money if f["at"] <= account["reported"]]
            opening = None if None in parts else account["balance"] - sum(parts, Decimal(0))
        no_equity |= opening is None
        openings.append((account["opens"], opening or Decimal(0)))
    for trade in world.closed:
        trade["moves"] = trade["moves"] or Decimal(0)
        trade["counts"] = trade["counts"] or Decimal(0)
    return asked if counted is None else counted, openings, flowed, no_money, no_equity, True


def by_currency(out, asked, no_money, no_equity, converted, given):
    """Each asset by itself. Money of several units is not known where one has no price, nor is equity that it moved."""
    assets = sorted({asset_of(t) for t in asked})
    out["by_currency"] = []
    for asset in assets:
        own = figures([t for t in asked if asset_of(t) == asset])
        out["by_currency"].append({"currency": asset} | {name: own[name] for name in OF_CURRENCY})
    out["basis"]["currency"] = assets[0] if len(assets) == 1 else min(units(asked)) if len(units(asked)) == 1 else "USD"
    for name in MONEY if no_money else PERCENT if no_equity else ():
        out[name] = None
    if no_equity:
        out["basis"].pop("days", None)
        out["basis"]["starting_balance"] = out["basis"]["starting_balance"] if given else None
    if converted:
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
    zone = ZoneInfo(question.get("tz", "UTC"))

    given = question.get("starting_balance", question.get("setting"))
    left = []
    if given is not None:
        moving = [t for t in of_bot_and_mode if ends is None or t["closed"] <= ends]
        if "starting_balance" in question:
            moving = [t for t in moving if begins is None or t["closed"] >= begins]
        counted, _, _, no_money, no_equity, converted = convert(world, asked, moving, {}, ends, last)
        out = figures(counted, None, question.get("tz", "UTC"))
        included, opens = {t["id"] for t in asked}, [(None, Decimal(str(given)))]
        first_day = begins if "starting_balance" in question or any(begins is not None and t["closed"] < begins for t in moving) else None
        out["basis"] = {"accounts": 1, "flows": 0, "unexplained": None}
        flows = []
    else:
        chosen = {k: a for k, a in world.accounts.items() if bot in (None, k[0]) and mode in (None, k[1])}
        moving = [t for t in world.closed if world.key_of(t) in chosen and (ends is None or t["closed"] <= ends)]
        included = {t["id"] for t in asked} & {t["id"] for t in moving}
        left = [t for t in asked if t["id"] not in included]
        counted, openings, flowed, no_money, no_equity, converted = convert(world, asked, moving, chosen, ends, last)
        out = figures(counted, None, question.get("tz", "UTC"))
        opens = sorted(opening for opening in openings if last is None or opening[0] <= last)
        flows = sorted((flow for flow in flowed if last is None or flow[0] <= last), key=lambda f: f[0])
        out["basis"] = {"accounts": len(opens), "flows": 0, "unexplained": world.unexplained(chosen, last)}
        if not opens:
            out["basis"]["starting_balance"] = None
            by_currency(out, asked, no_money, no_equity, converted, "starting_balance" in question)
            return out, {"asked": asked, "zone": zone, "world": world, "mixed": no_money}
        first = min(a["opens"] for a in chosen.values())
        first_day = max(first, begins or first)
        out["basis"]["flows"] = sum(at > first_day for at, _ in opens + flows)
        names = {key[0] + (f" ({key[1] or 'no mode'})" if world.said.get(key[0], set()) - {""} else "") for key in map(world.key_of, left)}
        out["basis"]["accounts_without_balance"] = sorted(name or "(no bot_name)" for name in names)

    def equity(until, before=None):
        """Of all accounts that have opened, before the trade (closed, id) if one is given."""
        total = sum((money for at, money in opens + flows if at is None or at <= until), Decimal(0))
        return total + sum((t["moves"] for t in moving if (before is None and t["closed"] < until) or (before is not None and (t["closed"], t["id"]) < before)), Decimal(0))

    start_at = first_day if first_day is not None else datetime.min.replace(tzinfo=timezone.utc)
    start = equity(start_at)
    out["basis"]["starting_balance"] = float(start)
    by_currency(out, asked, no_money, no_equity, converted, "starting_balance" in question)
    in_it = [t for t in moving if begins is None or t["closed"] >= begins]
    context = {"asked": asked, "zone": zone, "moving": in_it, "included": included, "equity": equity, "start": start, "left": left,
               "mixed": no_money, "mixed_equity": no_equity, "world": world,
               "flows": [(at, money) for at, money in opens + flows if at is not None and at > start_at], "first_day": first_day, "now": last or now}
    if start <= 0 or (left and not included):
        return out, context
    percent(out, in_it, included, equity, asked, first_day, last, zone)
    by_currency(out, asked, no_money, no_equity, converted, "starting_balance" in question)
    return out, context


def percent(out, moving, included, equity, asked, first_day, last, zone):
    index = peak = Decimal(1)
    peak_at, deepest, span, ended, by_day = None, Decimal(0), (None, None), False, {}
    for trade in moving:
        before = equity(trade["closed"], (trade["closed"], trade["id"]))
        if min(before, before + trade["moves"]) <= 0:
            deepest, span, ended = Decimal(1), (peak_at, trade["closed"]), True
            break
        if trade["id"] not in included:
            continue
        grown = trade["moves"] / before
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
    events += [(t["closed"], 1, t["id"], t["moves"], t) for t in trades]
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
                pnl += trade["counts"]
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


def fees_of(trade):
    """In what the trade counts in."""
    return Decimal(str(trade["fees"] or 0)) * trade["rate"]


def by_day(context, points):
    """Pandas groups the closes and the flows by the day of the zone."""
    frame = pd.DataFrame([{"day": t["closed"].astimezone(context["zone"]).date(), "pnl": t["counts"], "fees": fees_of(t),
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
        known = in_dollars(context["world"], trades) if len(units(trades)) > 1 else trades
        own = figures(known or trades)
        if known is None:
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
            "money": None if context["mixed"] else distribution([t["counts"] for t in context["asked"]]),
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
