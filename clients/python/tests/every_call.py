"""Makes every write and every read of the client once, and fails where the server does not take one. Then it sends a spool twice, as it
would be if nobody knew whether it had arrived, and waits for an order."""

import os
import shutil
import sys
import time
from datetime import datetime, timezone
from decimal import Decimal

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from pilothouse import Pilothouse, PilothouseError, _line, _read_line  # noqa: E402

PAIR = "SUI/USDC"
LISTS = (
    "/api/signals", "/api/trades", "/api/analysis", "/api/agents/decisions", "/api/spikes", "/api/cost-analytics/records",
    "/api/market-context/history", "/api/bot-status/history", "/api/cash-flows", "/api/news", "/api/trades/{trade}/fills",
)


def send_twice() -> None:
    """Sends the same spool a second time, with keys that the server does not know, as after a day.

    Its records were put down for another address, so that each is looked for, found, and not sent.
    """
    spool = os.environ["PILOTHOUSE_SPOOL_DIR"] + "-twice"
    with Pilothouse("http://127.0.0.1:9", bot="twice", spool=spool) as client:
        signal = client.signal(PAIR, "BUY", 7, Decimal("3.4567"))
        analysis = client.analysis(PAIR, "1h", "buy", confidence=0.8, signal=signal)
        spike = client.spike(PAIR, "volume", "pump", 5.5, 5, 3.2, 3.4)
        decision = client.add_decision("risk", "risk_manager", "entry", "approve", signal=signal, spike=spike)
        client.add_cost("anthropic", "reasoning", model="m", input_tokens=900, decision=decision, analysis=analysis)
        trade = client.open_trade(PAIR, "BUY", 3.4567, 100, signal=signal)
        client.link_decision(decision, trade=trade)
        client.add_fill(trade, "exit", 3.6, 50)
        client.close_trade(trade, 3.61)
        client.market_context(btc_price=64250.5)
        client.bot_status("running", message="hello")
        client.cash_flow(-100)
        client.news("https://example.org/twice")
        client.close(0)
    shutil.copytree(spool, spool + "-again")
    with open(os.path.join(spool + "-again", "spool.log"), "rb+") as file:
        lines = [_read_line(line) or {} for line in file.read().splitlines()]
        file.seek(0)
        file.write(b"".join(_line({**line, "key": f"{line['key']}-again"} if "key" in line else line) for line in lines))
    counts = []
    for folder in (spool, spool + "-again"):
        with Pilothouse(bot="twice", spool=folder) as client:
            assert client.flush(30), client.trouble
            assert not os.path.exists(os.path.join(folder, "refused.jsonl")), folder
            newest = client.trades(limit=1, bot_name="twice")[0]
            assert newest["status"] == "closed" and newest["signal_id"] is not None, newest
            counts.append([len(list(client.pages(path.replace("{trade}", str(newest["id"])), limit=500))) for path in LISTS])
    assert counts[0] == counts[1] and min(counts[0]) > 0, counts



def main() -> None:
    with Pilothouse(bot="every_call", wait=20) as client:
        analysis = client.analysis(PAIR, "1h", "BUY", confidence=0.8, support_levels=[3.1, 3.2])
        signal = client.signal(PAIR, "BUY", 7, Decimal("3.4567"), strategy="s", timeframe="1h", confidence=0.5, model="m", rsi=31)
        client.analysis(PAIR, "4h", "HOLD", signal=signal)
        spike = client.spike(PAIR, "volume", "pump", 5.5, 5, 3.2, 3.4, agent_detected_by="watcher", confidence_score=0.7)
        with client.decision("risk", "risk_manager", "entry", input_data={"stop": 3.1}, signal=signal, spike=spike) as decision:
            decision.used("anthropic", "reasoning", model="m", input_tokens=900, output_tokens=80)
            decision.decide("approve", confidence=0.8, reasoning="the stop is near", output_data=["ok"])
        assert decision.receipt is not None
        trade = client.open_trade(
            PAIR, "BUY", 3.4567, 100, signal=signal, external_id="x-1", stop_loss=3.1, take_profit=4, leverage=2, mode="paper",
            strategy="s")
        client.link_decision(decision.receipt, trade=trade)
        client.change_spike(spike, status="analyzed")
        client.change_spike(spike, status="traded", trade=trade)
        client.change_signal(signal, "executed")
        client.change_trade(trade, stop_loss=3.2, take_profit=None)
        client.add_fill(trade, "entry", 3.5, 50, fees=0.1)
        client.add_fill("x-1", "exit", 3.6, 50)
        closed = client.close_trade("x-1", 3.61, fees=0.4, exit_reason="target")
        assert closed.answer is not None and closed.id == trade.id and closed.answer["data"]["status"] == "closed", closed.answer
        with client.cost("coingecko", "price") as use:
            use.paid(Decimal("0.01"))
            use.cache(hits=2, misses=1)
        client.add_cost("anthropic", "chart", model="m", input_tokens=10, output_tokens=2, signal=signal, analysis=analysis)
        client.news("https://example.org/a", article_title="A", sentiment="bullish", confidence=0.5, assets=["SUI"])
        client.market_context(btc_price=64250.5, fear_greed_index=61, market_trend="bullish")
        client.candles("SOL/USDT", "1m", [[1772452800000, 64100.5, 64120, 64090, 64110.25, 12.5]])
        client.bot_status("running", message="hello", balance=1000)
        client.cash_flow(2500, asset="USDC", note="first")
        client.post("/api/models", {"model_path": "m.pkl", "version": "m"})

        # What the server refuses is raised with its field, and the same step again is the same record.
        try:
            client.signal(PAIR, "BUY", 500, 3.4)
            raise AssertionError("a strength of 500 was taken")
        except PilothouseError as error:
            assert (error.code, error.status, error.field) == ("invalid-input", 400, "signal_strength") and error.request_id, error
        at = datetime.now(timezone.utc)
        first = client.signal(PAIR, "SELL", -7, 3.4, key="step-1", timestamp=at)
        assert client.signal(PAIR, "SELL", -7, 3.4, key="step-1", timestamp=at).id == first.id

        assert client.performance(period="daily")["total_trades"] == 1
        assert len(client.signals(trading_pair="sui/usdc")) == 2 and len(client.trades()) == 1 and client.open_trades() == []
        assert client.bots()[0]["bot_name"] == "every_call" and client.prices(trading_pair="SOL/USDT")[0]["price"] == 64110.25
        assert client.circuit_breaker()["may_trade"] is True and bool(client.may_i_trade("paper"))
        assert [record["id"] for record in client.pages("/api/signals", limit=1)] == [first.id, signal.id]

        # Records are found again by their time: so is known what is there when a key is not known any more.
        for receipt, sent in ((first, client.get(f"/api/signals/{first.id}")["data"]),):
            assert client.signals(from_date=sent["timestamp"], to_date=sent["timestamp"])[0]["id"] == receipt.id

        send_twice()
        with client.bot(every=1, hear_every=0.2) as bot:
            while not bot.knows_orders:
                time.sleep(0.05)
            print("listening", flush=True)
            end = time.monotonic() + 30
            while bot.alive().state != "paused":
                assert time.monotonic() < end, "nothing was heard"
                time.sleep(0.05)
            assert not client.may_i_trade("paper")
            bot.done()
            time.sleep(1)


main()
