#!/usr/bin/env python3
"""Computes independently what the circuit breaker must do on one-minute candles, as docs/metrics.md ("Circuit breaker") says.

It knows nothing of the server's code: every window is searched anew over all observations, in decimal. It prints one event per line of
JSON. Each minute the breaker first clears what has been quiet for long enough, then it takes the observation of that minute.

  breaker.py BTC.csv ETH.csv --btc 1/5m,2/1h --eth 2/5m --confirmations 2
"""
import argparse
import csv
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal

UNITS = {"s": 1, "m": 60, "h": 3600}
QUIET = timedelta(minutes=30)
FURTHER = Decimal("0.95")


def limits(text):
    for part in text.split(","):
        percent, window = part.split("/")
        yield Decimal(percent), timedelta(seconds=int(window[:-1]) * UNITS[window[-1]]), window


def closes(path):
    with open(path, newline="") as file:
        return {
            datetime.strptime(row["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc) + timedelta(minutes=1): Decimal(row["close"])
            for row in csv.DictReader(file)
        }


def past(prices, at, rule):
    """The first limit of a rule that the fall at that time reaches, as (window, percent); None if there is none."""
    now = prices[at]
    for percent, window, name in rule:
        highest = max(price for time, price in prices.items() if at - window <= time <= at)
        if (highest - now) * 100 >= percent * highest:
            return name
    return None


def is_past_now(prices, rule):
    """Whether the newest observation of an asset is past a limit."""
    return bool(prices) and past(prices, max(prices), rule) is not None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("btc")
    parser.add_argument("eth")
    parser.add_argument("--btc", dest="btc_rule", required=True)
    parser.add_argument("--eth", dest="eth_rule", required=True)
    parser.add_argument("--confirmations", type=int, required=True)
    asked = parser.parse_args()
    files = {"btc": closes(asked.btc), "eth": closes(asked.eth)}
    rules = {"btc": list(limits(asked.btc_rule)), "eth": list(limits(asked.eth_rule))}
    reach = max(window for rule in rules.values() for _, window, _ in rule)
    seen = {"btc": {}, "eth": {}}
    streak = {"btc": 0, "eth": 0}
    opened = {}
    events = []
    for at in sorted(set(files["btc"]) | set(files["eth"])):
        for asset, event in list(opened.items()):
            if event["since"] is not None and event["since"] + QUIET <= at:
                event["cleared_at"] = at
                del opened[asset]
        found = {}
        for asset in ("btc", "eth"):
            if at in files[asset]:
                seen[asset] = {time: price for time, price in seen[asset].items() if time >= at - reach}
                seen[asset][at] = files[asset][at]
                found[asset] = past(seen[asset], at, rules[asset])
                streak[asset] = streak[asset] + 1 if found[asset] else 0
        for asset, window in found.items():
            if window and streak[asset] >= asked.confirmations:
                if asset not in opened:
                    opened[asset] = {"type": asset + "_dump", "triggered_at": at, "window": window, "since": None, "price": None, "cleared_at": None}
                    events.append(opened[asset])
                else:
                    opened[asset]["since"] = None
        calm = not any(is_past_now(seen[asset], rules[asset]) for asset in seen)
        for asset, event in opened.items():
            if not seen[asset]:
                continue
            price = seen[asset][max(seen[asset])]
            fallen = event["since"] is not None and price <= event["price"] * FURTHER
            if calm and (event["since"] is None or fallen):
                event["since"], event["price"] = at, price
            elif fallen:
                event["since"] = None
    for event in events:
        print(json.dumps({name: value.strftime("%Y-%m-%dT%H:%M:%S+00:00") if isinstance(value, datetime) else float(value) if isinstance(value, Decimal) else value
                          for name, value in event.items()}))


if __name__ == "__main__":
    main()
