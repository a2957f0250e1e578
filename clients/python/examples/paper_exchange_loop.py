"""A loop as bots with ccxt have one, on an exchange of paper: fetch candles, look, ask, order, record.

    PYTHONPATH=clients/python python3 clients/python/examples/paper_exchange_loop.py --rounds 200 --pause 0.1

PaperExchange has the calls of a ccxt exchange that the loop needs. Put ``ccxt.binance({...})`` in its place for real candles. Its prices
are a random walk from a seed, so that two runs with the same seed see the same market.
"""

import argparse
import json
import random
import signal
import sys
import time
from typing import Any, Dict, List

from pilothouse import Pilothouse

PAIR = "SUI/USDC"
QUANTITY = 100
FEE_RATE = 0.001


class PaperExchange:
    """Candles of a minute from a random walk, and orders that are filled at once at the last price."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._price = 3.4
        self._minute = int(time.time() // 60) - 30
        self._candles: List[List[float]] = []
        self._orders = 0
        self._name = f"paper-{time.time_ns():x}"
        for _ in range(30):
            self._next_candle()

    def fetch_ohlcv(self, symbol: str, timeframe: str = "1m", limit: int = 20) -> List[List[float]]:
        """Returns the newest candles, the oldest of them first."""
        self._next_candle()
        return self._candles[-limit:]

    def create_order(self, symbol: str, side: str, amount: float) -> Dict[str, Any]:
        """Buys or sells at the last price."""
        self._orders += 1
        fee = round(self._price * amount * FEE_RATE, 6)
        order_id = f"{self._name}-{self._orders}"
        return {"id": order_id, "symbol": symbol, "side": side, "price": self._price, "amount": amount, "fee": {"cost": fee}}

    def _next_candle(self) -> None:
        begin = self._price
        path = [begin] + [round(begin * (1 + self._random.gauss(0, 0.004)), 4) for _ in range(4)]
        self._price = path[-1]
        self._minute += 1
        self._candles.append([self._minute * 60_000, begin, max(path), min(path), self._price, round(self._random.uniform(10, 500), 2)])


def strength_of(candles: List[List[float]]) -> int:
    """How far the last close is from the mean of those before, as a signal from -100 to 100: low prices are to be bought."""
    closes = [candle[4] for candle in candles]
    mean = sum(closes[:-1]) / len(closes[:-1])
    return max(-100, min(100, round((mean - closes[-1]) / mean * 5_000)))


def run(rounds: int, pause: float, seed: int, name: str) -> Dict[str, int]:
    exchange = PaperExchange(seed)
    done = {"signals": 0, "opened": 0, "closed": 0}
    with Pilothouse(bot=name) as client, client.bot(every=10, stuck_after=60, mode="paper") as bot:
        trade = None
        for _ in range(rounds):
            orders = bot.alive(open_positions=0 if trade is None else 1, total_trades=done["closed"])
            if orders.state == "stopped":
                break
            strength = strength_of(exchange.fetch_ohlcv(PAIR))
            price = exchange.fetch_ohlcv(PAIR, limit=1)[-1][4]
            kind = "BUY" if strength > 15 else "SELL" if strength < -15 else "HOLD"
            seen = client.signal(PAIR, kind, strength, price, strategy="mean-reversion", timeframe="1m")
            done["signals"] += 1
            if trade is None and kind == "BUY" and client.may_i_trade("paper"):
                order = exchange.create_order(PAIR, "buy", QUANTITY)
                trade = client.open_trade(
                    PAIR, "BUY", order["price"], QUANTITY, signal=seen, external_id=order["id"], mode="paper", strategy="mean-reversion")
                client.change_signal(seen, "executed")
                done["opened"] += 1
            elif trade is not None and (kind == "SELL" or orders.must_close):
                order = exchange.create_order(PAIR, "sell", QUANTITY)
                client.close_trade(trade, order["price"], fees=order["fee"]["cost"], exit_reason="asked" if orders.must_close else "signal")
                trade = None
                done["closed"] += 1
            if orders.must_close and trade is None:
                bot.done(orders)
            time.sleep(pause)
        client.flush(60)
        done["waiting"] = client.waiting
    return done


def main() -> None:
    arguments = argparse.ArgumentParser(description="Trades on paper, and records all of it.")
    arguments.add_argument("--rounds", type=int, default=100)
    arguments.add_argument("--pause", type=float, default=1.0, help="seconds between two rounds")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--name", default="paper_loop")
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the bot says that it stops
    print(json.dumps(run(given.rounds, given.pause, given.seed, given.name)))


if __name__ == "__main__":
    main()
