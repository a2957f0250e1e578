#!/usr/bin/python3
"""What bots earned, and how far their equity fell, where amounts are of several assets (docs/metrics.md, "Which money", "Bots" and "Circuit
breaker"), computed a second time and by definition, with pandas. It shares nothing with the server but the definitions.

  money.py FILE   reads {now, reporting, at_par, candles, trades, flows, reports}; prints {bots, measures}. Every candle lasts an hour, and was
                  posted after its end. Each bot has one report and no mode.
"""
import json
import sys

import pandas as pd

DOLLARS = {"USD", "USDT", "USDC"}
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)


def table(rows, *times):
    made = pd.DataFrame(rows)
    for time in times:
        made[time] = pd.Series([pd.Timestamp(text) for text in made[time]], index=made.index, dtype="datetime64[ns, UTC]")
    return made


def fall(returns):
    """How far the product of all (1 + return) is below its peak, in percent."""
    index = pd.Series([1.0, *(1 + returns)]).cumprod()
    return 100 * (1 - index.iloc[-1] / index.max())


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        world = json.load(file)
    now, reporting = pd.Timestamp(world["now"]), world["reporting"]
    candles = table(world["candles"], "open_time")
    candles["known"] = candles.open_time + HOUR
    trades = table(world["trades"], "timestamp", "closed_at")
    flows = table(world["flows"], "timestamp")
    reports = table(world["reports"], "timestamp")

    def unit(asset):
        return "dollar" if world["at_par"] and asset in DOLLARS else asset

    def rate(asset, at):
        if unit(asset) == unit(reporting):
            return 1.0
        seen = candles[(candles.trading_pair == f"{asset}/USDT") & (candles.known <= at) & (candles.known >= at - DAY)].sort_values("known")
        return float(seen.close.iloc[-1])

    trades["unit"] = trades.settle_asset.map(unit)
    trades["worth"] = [pnl * rate(asset, at) for pnl, asset, at in zip(trades.pnl, trades.settle_asset, trades.closed_at)]
    bots = {}
    for bot, own in trades.groupby("bot_name"):
        column = "worth" if own.unit.nunique() > 1 else "pnl"
        bots[bot] = {"total_pnl": own[column].sum(), "today_pnl": own[own.closed_at >= now.floor("D")][column].sum()}

    events, own_events = [], {}
    for report in reports.itertuples():
        bot = report.bot_name
        own, moved = trades[trades.bot_name == bot], flows[flows.bot_name == bot]
        opens = min(report.timestamp, own.timestamp.min())
        moved = moved[moved.timestamp > opens]
        units = {*own.unit, *(unit(asset) for asset in moved.asset.dropna())}
        home = units.pop() if len(units) == 1 else None
        foreign = home is not None and home != unit(reporting)
        at_home = lambda asset: asset if isinstance(asset, str) else (home if foreign else reporting)
        raw = [(flow.timestamp, flow.amount, flow.amount * rate(at_home(flow.asset), flow.timestamp)) for flow in moved.itertuples()]
        before = own[own.closed_at <= report.timestamp]
        if foreign:
            opening = report.balance - before.pnl.sum() - sum(amount for at, amount, _ in raw if at <= report.timestamp)
            worth = opening * rate(home, opens)
        else:
            opening = worth = report.balance - before.worth.sum() - sum(worth for at, _, worth in raw if at <= report.timestamp)
        events += [(opens, 0, 0, "flow", worth)] + [(at, 0, 0, "flow", worth) for at, _, worth in raw]
        events += [(trade.closed_at, 1, trade.id, "close", trade.worth) for trade in own.itertuples()]
        own_events[bot] = [(opens, 0, 0, "flow", opening)] + [(at, 0, 0, "flow", amount if foreign else worth) for at, amount, worth in raw]
        own_events[bot] += [(trade.closed_at, 1, trade.id, "close", trade.pnl if foreign else trade.worth) for trade in own.itertuples()]

    measures = {}
    for whose, happened in {**own_events, "": events}.items():
        equity, returns, days = 0.0, [], []
        for at, _, _, kind, amount in sorted(happened):
            if kind == "close":
                returns.append(amount / equity)
                days.append(at.floor("D"))
            equity += amount
        returns, days = pd.Series(returns), pd.Series(days)
        today = returns[days == now.floor("D")]
        measures[whose] = {"drawdown": fall(returns), "daily_loss": max(0.0, 100 * (1 - (1 + today).prod()))}
    json.dump({"bots": bots, "measures": measures}, sys.stdout)


main()
