#!/usr/bin/python3
"""A database as a freqtrade bot keeps it, with its documented columns, and freqtrade's own figures of it, computed here a second time from
freqtrade's definitions (calc_profit, calc_profit_ratio, recalc_trade_from_orders: the profit of each exit is rounded to 8 places). It shares
nothing with the server.

  freqtrade.py make FILE [--schema now|2022|2020] [--trades N]   makes the file
  freqtrade.py advance FILE                                      what the bot does until the next import: open trades close, orders fill
  freqtrade.py figures FILE                                      prints {trades, total, wins, draws, losses, profit_factor, by_pair} as JSON
"""
import argparse
import json
import random
import sqlite3
from datetime import datetime, timedelta
from decimal import Decimal

NOW = datetime(2026, 3, 1)

TRADES = """
  id INTEGER NOT NULL PRIMARY KEY, exchange VARCHAR(25) NOT NULL, pair VARCHAR(25) NOT NULL, base_currency VARCHAR(25), stake_currency VARCHAR(25),
  is_open BOOLEAN NOT NULL, fee_open FLOAT NOT NULL, fee_open_cost FLOAT, fee_open_currency VARCHAR(25), fee_close FLOAT NOT NULL, fee_close_cost FLOAT,
  fee_close_currency VARCHAR(25), open_rate FLOAT NOT NULL, open_rate_requested FLOAT, open_trade_value FLOAT, close_rate FLOAT, close_rate_requested FLOAT,
  realized_profit FLOAT, close_profit FLOAT, close_profit_abs FLOAT, stake_amount FLOAT NOT NULL, max_stake_amount FLOAT, amount FLOAT NOT NULL,
  amount_requested FLOAT, open_date DATETIME NOT NULL, close_date DATETIME, stop_loss FLOAT, stop_loss_pct FLOAT, initial_stop_loss FLOAT,
  initial_stop_loss_pct FLOAT, is_stop_loss_trailing BOOLEAN NOT NULL DEFAULT 0, max_rate FLOAT, min_rate FLOAT, exit_reason VARCHAR(255),
  exit_order_status VARCHAR(100), strategy VARCHAR(100), enter_tag VARCHAR(255), timeframe INTEGER, trading_mode VARCHAR(7), amount_precision FLOAT,
  price_precision FLOAT, precision_mode INTEGER, contract_size FLOAT, leverage FLOAT, is_short BOOLEAN NOT NULL DEFAULT 0, liquidation_price FLOAT,
  interest_rate FLOAT NOT NULL DEFAULT 0, funding_fees FLOAT, funding_fee_running FLOAT, record_version INTEGER NOT NULL DEFAULT 2"""

ORDERS = """
  id INTEGER NOT NULL PRIMARY KEY, ft_trade_id INTEGER REFERENCES trades(id), ft_order_side VARCHAR(25) NOT NULL, ft_pair VARCHAR(25) NOT NULL,
  ft_is_open BOOLEAN NOT NULL, ft_amount FLOAT NOT NULL, ft_price FLOAT NOT NULL, ft_cancel_reason VARCHAR(255), order_id VARCHAR(255) NOT NULL,
  status VARCHAR(255), symbol VARCHAR(25), order_type VARCHAR(50), side VARCHAR(25), price FLOAT, average FLOAT, amount FLOAT, filled FLOAT,
  remaining FLOAT, cost FLOAT, stop_price FLOAT, order_date DATETIME, order_filled_date DATETIME, order_update_date DATETIME, funding_fee FLOAT,
  ft_fee_base FLOAT, ft_order_tag VARCHAR(255)"""

OLD = {"exit_reason": "sell_reason", "enter_tag": "buy_tag", "exit_order_status": "sell_order_status"}
SINCE_2022 = {"is_short", "leverage", "liquidation_price", "trading_mode", "interest_rate", "funding_fees"}
SINCE_2023 = {"realized_profit", "max_stake_amount", "amount_precision", "price_precision", "precision_mode", "contract_size", "is_stop_loss_trailing",
              "funding_fee_running", "record_version", "ft_amount", "ft_price", "funding_fee", "ft_cancel_reason", "stop_price", "ft_order_tag"}


def text(time):
    return time.strftime("%Y-%m-%d %H:%M:%S.%f") if time else None


def columns(schema, statement):
    """The names of a statement's columns, and the statement, in a version of the schema."""
    parts, names = [], []
    for part in statement.replace("\n", " ").split(", "):
        name = part.split()[0]
        if (schema != "now" and name in SINCE_2023) or (schema == "2020" and name in SINCE_2022 | {"close_profit_abs", "enter_tag", "open_trade_value", "base_currency", "stake_currency", "ft_fee_base"}):
            continue
        was = OLD.get(name, name) if schema != "now" else name
        parts.append(part.strip().replace(name, was, 1))
        names.append(name)
    return names, ", ".join(parts)


def d(number):
    return Decimal(repr(float(number)))


def profit_of(trade, orders):
    """freqtrade's profit of a closed trade, and its ratio."""
    short = bool(trade.get("is_short"))
    entry = "sell" if short else "buy"
    futures = (trade.get("trading_mode") or "").lower() == "futures"
    fee_open, fee_close = d(trade["fee_open"]), d(trade["fee_close"])
    amount = stake = average = total = Decimal(0)
    profit = 0.0
    filled = [order for order in orders if not order["ft_is_open"] and order["filled"]]
    for order in filled:
        quantity = d(order["filled"]) - d(order.get("ft_fee_base") or 0)
        price = d(order["average"] or order["price"])
        if order["ft_order_side"] == entry:
            amount += quantity
            stake += price * quantity
            average = stake / amount
            total += price * quantity * (1 - fee_open if short else 1 + fee_open)
            continue
        amount -= quantity
        stake -= average * quantity
        opened = average * quantity * (1 - fee_open if short else 1 + fee_open)
        closed = price * quantity * (1 + fee_close if short else 1 - fee_close)
        if futures and order is orders[-1]:
            closed += d(trade["funding_fees"] or 0) * (-1 if short else 1)
        profit += float(f"{float(opened - closed if short else closed - opened):.8f}")
    return profit, profit / float(total) * float(trade.get("leverage") or 1)


class Market:
    def __init__(self, seed, count=0):
        self.random = random.Random(seed)
        self.begin = NOW - max(timedelta(days=100), timedelta(minutes=97 * count, days=10))
        self.orders = 0

    def order(self, trade, side, price, amount, at, **other):
        self.orders += 1
        filled = other.pop("filled", amount)
        base = {
            "ft_trade_id": trade["id"], "ft_order_side": side, "ft_pair": trade["pair"], "ft_is_open": 0, "ft_amount": amount, "ft_price": price,
            "order_id": f"{700000 + self.orders}", "status": "closed", "symbol": trade["pair"], "order_type": "limit", "side": side, "price": price,
            "average": price, "amount": amount, "filled": filled, "remaining": amount - filled, "cost": price * filled, "order_date": text(at),
            "order_filled_date": text(at + timedelta(seconds=7, microseconds=123)) if filled else None, "order_update_date": text(at + timedelta(seconds=9)),
            "funding_fee": 0.0}
        return base | other

    def trade(self, number, schema):
        """One trade with its orders."""
        choose = self.random
        futures = schema == "now" and number % 3 == 0
        margin = schema == "now" and number % 17 == 5
        short = (futures or margin) and choose.random() < 0.5
        quote = "USDT"
        base = choose.choice(["BTC", "ETH", "SOL", "XRP", "kPEPE"])
        price = {"BTC": 64000, "ETH": 3100, "SOL": 142.5, "XRP": 0.5213, "kPEPE": 0.00823}[base] * (1 + choose.uniform(-0.2, 0.2))
        price = float(f"{price:.6g}")
        fee = choose.choice([0.001, 0.00075, 0.0005, 0.0002])
        opened = self.begin + timedelta(minutes=97 * number, microseconds=choose.randrange(10 ** 6))
        stake = choose.choice([50, 100, 250])
        trade = {
            "id": number, "exchange": "binance", "pair": f"{base}/{quote}:{quote}" if futures else f"{base}/{quote}", "base_currency": base,
            "stake_currency": quote, "is_open": 0, "fee_open": fee, "fee_open_cost": stake * fee, "fee_open_currency": "BNB" if number % 5 == 0 else quote,
            "fee_close": choose.choice([fee, 0.0004]), "fee_close_currency": quote, "open_rate": price, "open_rate_requested": price, "stake_amount": stake,
            "max_stake_amount": stake, "open_date": text(opened), "stop_loss": price * (1.05 if short else 0.95), "stop_loss_pct": -0.05,
            "initial_stop_loss": price * (1.1 if short else 0.9), "initial_stop_loss_pct": -0.1, "is_stop_loss_trailing": 0, "max_rate": price * 1.02,
            "min_rate": price * 0.99, "strategy": "SampleStrategy", "enter_tag": choose.choice([None, "rsi_low", "breakout", "EMA \u00fcber SMA"]),
            "timeframe": 5, "trading_mode": "FUTURES" if futures else "MARGIN" if margin else "SPOT", "contract_size": 10.0 if futures and base == "SOL" else 1.0,
            "leverage": choose.choice([2.0, 3.0, 5.0, 2.5]) if futures or margin else 1.0, "is_short": int(short), "interest_rate": 0.0005 if margin else 0.0,
            "funding_fees": choose.uniform(-0.4, 0.4) if futures else 0.0, "record_version": 2, "realized_profit": 0.0}
        enter, leave = ("sell", "buy") if short else ("buy", "sell")
        amount = float(f"{stake * trade['leverage'] / price:.8g}")
        trade |= {"amount": amount, "amount_requested": amount}
        orders, at = [], opened
        if number % 11 == 4:
            orders.append(self.order(trade, enter, price * 0.99, amount, at, filled=0.0, status="canceled", ft_cancel_reason="timeout"))
        if number % 13 == 6:
            orders.append(self.order(trade, enter, price, amount, at, ft_is_open=1, filled=0.0, status="open"))
            return trade | {"is_open": 1}, orders
        orders.append(self.order(trade, enter, price, amount, at, average=price * 1.0001 if number % 4 == 0 else price,
                                 ft_fee_base=float(f"{amount * 0.001:.8g}") if number % 19 == 8 else None))
        held = amount - (orders[-1].get("ft_fee_base") or 0)
        if schema != "2020" and number % 7 == 3:
            at += timedelta(hours=1)
            again = float(f"{amount * 0.5:.8g}")
            orders.append(self.order(trade, enter, price * 0.97, again * 2, at, filled=again, status="canceled"))
            held += again
        parts = [0.3, 0.2] if schema == "now" and number % 5 == 2 else []
        for part in parts:
            at += timedelta(hours=2)
            out = float(f"{amount * part:.8g}")
            orders.append(self.order(trade, leave, price * choose.uniform(0.96, 1.06), out, at))
            held -= out
        trade["amount"] = held
        if number % 10 == 9:
            trade["is_open"] = 1
            trade["enter_tag"] = "still open"
            orders.append(self.order(trade, "stoploss", trade["stop_loss"], held, at, ft_is_open=1, filled=0.0, status="open", stop_price=trade["stop_loss"]))
            return trade, orders
        self.close(trade, orders, at + timedelta(hours=choose.randrange(1, 60)), held)
        return trade, orders

    def close(self, trade, orders, at, held):
        leave = "buy" if trade["is_short"] else "sell"
        price = trade["open_rate"] * self.random.choice([self.random.uniform(0.93, 1.08), 1.0])
        kept = held * 0.9995 if trade["id"] % 23 == 10 else held
        stop = trade["id"] % 6 == 1
        orders.append(self.order(trade, "stoploss" if stop else leave, price, kept, at, stop_price=price if stop else None, order_type="stop_loss_limit" if stop else "limit"))
        trade |= {"is_open": 0, "close_rate": price, "close_rate_requested": price, "close_date": text(at + timedelta(seconds=8)), "amount": kept,
                  "exit_reason": "stop_loss" if stop else self.random.choice(["roi", "exit_signal", "force_exit"])}
        profit, ratio = profit_of(trade, orders)
        if trade["trading_mode"] == "MARGIN":
            profit = float(f"{profit - 0.0021 * trade['stake_amount']:.8f}")
        trade |= {"close_profit_abs": profit, "realized_profit": profit, "close_profit": ratio}


def store(db, schema, trades, orders):
    for table, statement, rows in (("trades", TRADES, trades), ("orders", ORDERS, orders)):
        names, _ = columns(schema, statement)
        was = [OLD.get(name, name) if schema != "now" else name for name in names]
        keep = [(name, old) for name, old in zip(names, was) if table == "trades" or name != "id"]
        db.executemany(f"INSERT INTO {table} ({', '.join(old for _, old in keep)}) VALUES ({', '.join('?' for _ in keep)})",
                       [[row.get(name) for name, _ in keep] for row in rows])


def make(path, schema, count):
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=wal")
    for table, statement in (("trades", TRADES), ("orders", ORDERS)):
        db.execute(f"CREATE TABLE {table} ({columns(schema, statement)[1]})")
    db.execute("CREATE TABLE pairlocks (id INTEGER NOT NULL PRIMARY KEY, pair VARCHAR(25) NOT NULL, reason VARCHAR(255), lock_time DATETIME, lock_end_time DATETIME, active BOOLEAN)")
    market = Market(7, count)
    made = [market.trade(number, schema) for number in range(1, count + 1)]
    store(db, schema, [trade for trade, _ in made], [order for _, orders in made for order in orders])
    if schema == "2020":
        # A version that did not store the profit in money, and whose first trades are from before the table of orders.
        db.execute("DELETE FROM orders WHERE ft_trade_id <= 20")
    db.commit()
    db.close()


def rows_of(db, table):
    db.row_factory = sqlite3.Row
    now = {old: name for name, old in OLD.items()}
    return [{now.get(name, name): row[name] for name in row.keys()} for row in db.execute(f"SELECT * FROM {table} ORDER BY id")]


def advance(path):
    """Every second open trade closes, an entry that waited is filled, and the stop of another trade moves."""
    db = sqlite3.connect(path)
    market = Market(11)
    market.orders = 500000
    orders = rows_of(db, "orders")
    for number, trade in enumerate(trade for trade in rows_of(db, "trades") if trade["is_open"]):
        own = [order for order in orders if order["ft_trade_id"] == trade["id"]]
        waiting = [order for order in own if order["ft_is_open"] and order["ft_order_side"] != "stoploss"]
        if waiting:
            db.execute("UPDATE orders SET ft_is_open = 0, status = 'closed', filled = amount, remaining = 0, order_filled_date = ? WHERE id = ?",
                       [text(NOW), waiting[0]["id"]])
        elif number % 2:
            db.execute("UPDATE trades SET stop_loss = stop_loss * 1.01, funding_fees = funding_fees - 0.01 WHERE id = ?", [trade["id"]])
        else:
            db.execute("UPDATE orders SET ft_is_open = 0, status = 'canceled' WHERE ft_trade_id = ? AND ft_is_open", [trade["id"]])
            own = [order | {"ft_is_open": 0} for order in own]
            made = []
            all_orders = list(own)
            market.close(trade, all_orders, NOW, trade["amount"])
            made = all_orders[len(own):]
            store(db, "now", [], made)
            names = ["is_open", "close_rate", "close_date", "amount", "exit_reason", "close_profit_abs", "realized_profit", "close_profit"]
            db.execute(f"UPDATE trades SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?", [*(trade[name] for name in names), trade["id"]])
    db.commit()
    db.close()


def has_dust(orders, trade):
    """Whether not all that was bought was sold."""
    entry = "sell" if trade.get("is_short") else "buy"
    left = sum((1 if order["ft_order_side"] == entry else -1) * (d(order["filled"]) - d(order.get("ft_fee_base") or 0))
               for order in orders if not order["ft_is_open"] and order["filled"])
    return abs(left) > d(trade["amount"]) * Decimal("1e-9")


def figures(path):
    db = sqlite3.connect(path)
    orders = rows_of(db, "orders")
    closed, by_pair = {}, {}
    for trade in rows_of(db, "trades"):
        if trade["is_open"]:
            continue
        own = [order for order in orders if order["ft_trade_id"] == trade["id"]]
        if own:
            profit, ratio = profit_of(trade, own)
            if (trade.get("trading_mode") or "") == "MARGIN":
                profit = trade["close_profit_abs"]
            elif trade.get("close_profit_abs") is not None:
                assert abs(profit - trade["close_profit_abs"]) < 1e-9, (trade["id"], profit, trade["close_profit_abs"])
        else:
            value = d(trade["amount"]) * d(trade["open_rate"]) * (1 + d(trade["fee_open"]))
            profit = float(f'{float(d(trade["amount"]) * d(trade["close_rate"]) * (1 - d(trade["fee_close"])) - value):.8f}')
            ratio = profit / float(value)
        closed[trade["id"]] = {"pair": trade["pair"], "profit": profit, "fee_open": trade["fee_open"], "is_short": trade.get("is_short") or 0,
                               # With interest, or with dust that was not sold, freqtrade divides by more than the trade here was.
                               "ratio": None if trade.get("trading_mode") == "MARGIN" or has_dust(own, trade) else ratio}
        sums = by_pair.setdefault(trade["pair"], {"count": 0, "profit": 0.0})
        sums["count"] += 1
        sums["profit"] += profit
    profits = [trade["profit"] for trade in closed.values()]
    won, lost = sum(profit for profit in profits if profit > 0), sum(profit for profit in profits if profit < 0)
    print(json.dumps({
        "trades": closed, "total": sum(profits), "wins": sum(profit > 0 for profit in profits), "draws": sum(profit == 0 for profit in profits),
        "losses": sum(profit < 0 for profit in profits), "profit_factor": won / abs(lost) if lost else None, "by_pair": by_pair}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["make", "advance", "figures"])
    parser.add_argument("file")
    parser.add_argument("--schema", default="now", choices=["now", "2022", "2020"])
    parser.add_argument("--trades", type=int, default=200)
    options = parser.parse_args()
    if options.what == "make":
        make(options.file, options.schema, options.trades)
    elif options.what == "advance":
        advance(options.file)
    else:
        figures(options.file)


main()
