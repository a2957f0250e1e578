"""An independent computation of trades from their fills, in fractions: what docs/metrics.md says, and nothing of the server's code.

    fills.py SEED COUNT     prints COUNT random trades with their fills and what they add up to, as JSON

Numbers that are sent have at most 9 digits, as floats of exchanges do, so that nothing is lost on the way. Amounts are printed as
decimals with 25 digits.
"""

import json
import random
import sys
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 25


def text(value):
    """A fraction as a number for JSON."""
    return None if value is None else str(Decimal(value.numerator) / Decimal(value.denominator))


def number(random_, low, high, digits):
    """A number between two bounds with so many decimals."""
    return Fraction(str(round(random_.uniform(low, high), digits)))


def mean(pairs, inverse):
    """The mean price of (price, quantity), harmonic for an inverse contract."""
    quantity = sum(q for _, q in pairs)
    return quantity / sum(q / p for p, q in pairs) if inverse else sum(p * q for p, q in pairs) / quantity


def cost(lots, inverse):
    """Value of what is open, in units of the contract's size."""
    return sum(q / p if inverse else p * q for p, q in lots)


def expected(trade, fills):
    """What the fills add up to. Open lots are kept, and an exit takes the same share of each: their mean stays the average cost."""
    inverse, size, rate = trade["inverse"], trade["size"], trade["rate"]
    lots, gross, exit_fees, fees = [], Fraction(0), Fraction(0), Fraction(0)
    realized = []
    for fill in fills:
        fees += fill["fees"]
        if fill["kind"] == "entry":
            lots.append((fill["price"], fill["quantity"]))
            continue
        left = sum(q for _, q in lots)
        share = fill["quantity"] / left
        taken = [(p, q * share) for p, q in lots]
        lots = [(p, q * (1 - share)) for p, q in lots] if share < 1 else []
        value = fill["quantity"] / fill["price"] if inverse else fill["quantity"] * fill["price"]
        rise = (cost(taken, inverse) - value if inverse else value - cost(taken, inverse)) * size
        earned = rise if trade["side"] == "BUY" else -rise
        gross += earned
        exit_fees += fill["fees"] * rate
        realized.append(text(earned - fill["fees"] * rate))
    entries = [(f["price"], f["quantity"]) for f in fills if f["kind"] == "entry"]
    exits = [(f["price"], f["quantity"]) for f in fills if f["kind"] == "exit"]
    quantity, entry = sum(q for _, q in entries), mean(entries, inverse)
    result = {
        "quantity": text(quantity), "entry_price": text(entry), "remaining_quantity": text(sum(q for _, q in lots) or Fraction(0)),
        "realized_pnl": text(gross - exit_fees), "fees": text(fees), "average_cost": text(mean(lots, inverse)) if lots else None,
        "status": "open" if lots else "closed",
    }
    if not lots:
        pnl = gross - fees * rate + trade["funding"]
        value = (quantity / entry if inverse else quantity * entry) * size
        stop = trade["stop"]
        loss = (1 / entry - 1 / stop if inverse else stop - entry) * quantity * size
        risk = -loss if trade["side"] == "BUY" else loss
        result |= {
            "exit_price": text(mean(exits, inverse)), "pnl": text(pnl), "pnl_percentage": text(pnl / (value / trade["leverage"]) * 100),
            "risk": text(risk) if risk > 0 else None, "r_multiple": text(pnl / risk) if risk > 0 else None,
        }
    return result | {"realized": realized}


def one(random_):
    inverse = random_.random() < 0.5
    level = random_.choice([0.0001234, 1.5, 3000, 65000])
    digits = 8 if level < 1 else 4 if level < 10 else 1
    price = lambda: number(random_, level * 0.7, level * 1.3, digits)  # noqa: E731
    paid_in = random_.random() < 0.5
    trade = {
        "side": random_.choice(["BUY", "SELL"]), "inverse": inverse, "size": number(random_, 0.1, 100, 2) if random_.random() < 0.5 else Fraction(1),
        "rate": number(random_, 0.1, 700, 3) if paid_in else Fraction(1), "leverage": number(random_, 1, 50, 1),
        "funding": number(random_, -5, 5, 4) if random_.random() < 0.5 else Fraction(0), "stop": price(),
    }
    quantity = lambda: number(random_, 1, 1000, 3)  # noqa: E731
    fee = lambda: number(random_, -0.5, 3, 4)  # noqa: E731
    fills = [{"kind": "entry", "price": price(), "quantity": quantity(), "fees": fee()}]
    left = fills[0]["quantity"]
    for step in range(random_.randint(0, 12)):
        if random_.random() < 0.5:
            fills.append({"kind": "entry", "price": price(), "quantity": quantity(), "fees": fee()})
            left += fills[-1]["quantity"]
        else:
            part = Fraction(str(round(float(left) * random_.uniform(0.05, 0.9), 3)))
            if 0 < part < left:
                fills.append({"kind": "exit", "price": price(), "quantity": part, "fees": fee()})
                left -= part
    if random_.random() < 0.7 or len(fills) == 1:
        fills.append({"kind": "exit", "price": price(), "quantity": left, "fees": fee()})
    first = fills[0]
    post = {
        "trading_pair": "BTC/USD:BTC" if inverse else "XRP/USDT:USDT", "side": trade["side"], "entry_price": first["price"],
        "quantity": first["quantity"], "contract_size": trade["size"], "leverage": trade["leverage"], "fees": first["fees"],
        "stop_loss": trade["stop"], "funding": trade["funding"],
    } | ({"fee_asset": "BNB", "fee_rate": trade["rate"]} if paid_in else {})
    return {"post": post, "fills": fills[1:], "expected": expected(trade, fills)}


def plain(value):
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    source = random.Random(int(sys.argv[1]))
    print(json.dumps({"trades": [plain(one(source)) for _ in range(int(sys.argv[2]))]}))
