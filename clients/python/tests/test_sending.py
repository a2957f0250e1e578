"""How the client goes on when the server refuses, asks to wait, or is away."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
import time
import unittest
from email.utils import format_datetime
from datetime import datetime, timedelta, timezone
from typing import Any, List, Optional
from unittest import mock

import pilothouse
from pilothouse import AsyncPilothouse, PilothouseError, Receipt
from tests.fake_server import Answer, ClientCase, FakeServer, Request, refusal


class SendingTests(ClientCase):
    def first(self, times: int, answer: Answer, path: str = "/api/signals") -> None:
        """The first calls of a path get this answer."""
        def rule(request: Request) -> Optional[Answer]:
            return answer if request.path == path and len(self.server_calls(path)) <= times else None
        self.server.rule = rule

    def server_calls(self, path: str) -> List[Request]:
        return [request for request in self.server.requests if request.path == path]

    def test_retry_after_is_respected_and_the_order_is_kept(self) -> None:
        times: List[float] = []
        self.first(1, refusal(429, "rate-limited", Retry_After="1"))
        known = self.server.answer

        def timed(request: Request) -> Answer:
            times.append(time.monotonic())
            return known(request)

        with mock.patch.object(self.server, "answer", timed):
            client = self.client()
            for n in range(3):
                client.signal("BTC/USDT", "BUY", n, 100)
            self.assertTrue(client.flush(10))
        self.assertGreaterEqual(times[1] - times[0], 1.0)
        self.assertEqual([0, 1, 2], [request.body["signal_strength"] for request in self.server.stored])
        self.assertEqual(self.server.requests[0].key, self.server.requests[1].key)

    def test_retry_after_may_be_a_date(self) -> None:
        soon = datetime.now(timezone.utc) + timedelta(seconds=90)
        self.assertAlmostEqual(90, pilothouse._seconds(format_datetime(soon)) or 0, delta=2)
        self.assertEqual(1.5, pilothouse._seconds("1.5"))
        self.assertIsNone(pilothouse._seconds("soon"))
        self.assertIsNone(pilothouse._seconds(None))

    def test_what_passes_by_itself_is_sent_again_under_its_key(self) -> None:
        for status, code in (
            (503, "overloaded"), (503, "write-in-doubt"), (507, "disk-full"), (409, "idempotency-in-progress"), (502, "server-unavailable"),
            (504, "server-timeout"),
        ):
            with self.subTest(code):
                self.server.requests.clear()
                self.first(2, refusal(status, code, Retry_After="0"))
                with FakeFolder(self) as client:
                    self.assertIsNotNone(client.signal("BTC/USDT", "BUY", 1, 100).wait(10))
                self.assertEqual(1, len({request.key for request in self.server.requests}))
                self.assertEqual(3, len(self.server.requests))

    def test_an_answer_that_is_not_of_pilothouse_is_no_answer(self) -> None:
        answers: List[Answer] = [(404, b"<html>not here</html>", {}), (502, b"bad gateway", {}), (200, b"hello", {})]
        for answer in answers:
            with self.subTest(answer[1]):
                self.server.requests.clear()
                self.first(1, answer)
                with FakeFolder(self) as client:
                    self.assertIsNotNone(client.signal("BTC/USDT", "BUY", 1, 100).wait(10))

    def test_a_cut_connection_stores_nothing_twice(self) -> None:
        self.server.cut = lambda request: len(self.server.requests) % 3 == 1
        client = self.client()
        for n in range(10):
            client.signal("BTC/USDT", "BUY", n, 100)
        self.assertTrue(client.flush(20))
        self.assertEqual(list(range(10)), [request.body["signal_strength"] for request in self.server.stored])

    def test_a_server_that_comes_back_gets_everything_in_order(self) -> None:
        client = self.client()
        port = self.server.port
        client.signal("BTC/USDT", "BUY", 0, 100).wait(10)
        self.server.stop()
        client._door.hang_up()
        for n in range(1, 20):
            client.signal("BTC/USDT", "BUY", n, 100)
        self.until(lambda: client.trouble is not None)
        kept = self.server.stored
        self.server = FakeServer(port)
        self.assertTrue(client.flush(20))
        self.assertIsNone(client.trouble)
        self.assertEqual(list(range(20)), [request.body["signal_strength"] for request in kept + self.server.stored])

    def test_what_can_never_succeed_is_written_down_and_blocks_nothing(self) -> None:
        no = refusal(400, "invalid-input", "price must be greater than 0.", "price")
        self.server.rule = lambda request: no if request.body and request.body.get("price") == -1 else None
        refused: List[Receipt] = []
        client = self.client(on_refused=refused.append)
        with self.assertLogs("pilothouse", logging.ERROR) as logs:
            bad = client.signal("BTC/USDT", "BUY", 1, -1)
            good = client.signal("BTC/USDT", "BUY", 2, 100)
            self.assertEqual(1, good.wait(10))
        self.assertIn("price must be greater than 0", logs.output[0])
        with self.assertRaises(PilothouseError) as raised:
            bad.wait(10)
        error = raised.exception
        self.assertEqual(("invalid-input", 400, "price"), (error.code, error.status, error.field))
        self.assertRegex(error.request_id or "", "^r[0-9]+$")
        self.assertEqual([bad], refused)
        with open(os.path.join(self.folder, "refused.jsonl"), encoding="utf-8") as file:
            told = json.loads(file.read())
        self.assertEqual(("invalid-input", -1, error.request_id), (told["code"], told["body"]["price"], told["request_id"]))
        client.close()
        self.assertEqual(0, self.client().waiting)

    def test_with_wait_a_refusal_is_raised_where_the_write_is_made(self) -> None:
        self.server.rule = lambda request: refusal(400, "missing-field", "price is required.", "price")
        client = self.client(wait=5)
        with self.assertRaises(PilothouseError) as raised:
            client.signal("BTC/USDT", "BUY", 1, 1)
        self.assertEqual("price", raised.exception.field)

    def test_what_belongs_to_a_refused_record_is_refused_and_what_only_names_it_goes_without(self) -> None:
        no = refusal(400, "invalid-input", "no", "side")
        self.server.rule = lambda request: no if "UP" in (request.body or {}).values() else None
        client = self.client(url="http://127.0.0.1:9")
        trade = client.open_trade("BTC/USDT", "UP", 100, 1)
        client.close_trade(trade, 101)
        signal = client.signal("BTC/USDT", "UP", 1, 100)
        client.open_trade("BTC/USDT", "BUY", 100, 1, signal=signal)
        client.close(0)
        again = self.client()
        self.assertTrue(again.flush(10))
        self.assertEqual(["/api/trades"], [request.path for request in self.server.stored])
        self.assertNotIn("signal_id", self.server.stored[0].body)
        with open(os.path.join(self.folder, "refused.jsonl"), encoding="utf-8") as file:
            self.assertEqual(["invalid-input", "depends-on-refused", "invalid-input"], [json.loads(line)["code"] for line in file])

    def test_a_refused_key_stops_the_sending_and_loses_nothing(self) -> None:
        self.server.rule = lambda request: refusal(401, "authentication-required", "The API key was revoked.")
        client = self.client()
        client.signal("BTC/USDT", "BUY", 1, 100)
        client.signal("BTC/USDT", "BUY", 2, 100)
        self.until(lambda: client.trouble is not None)
        time.sleep(0.2)
        self.assertEqual((1, 2), (len(self.server.requests), client.waiting))
        client.close(0)
        self.server.rule = None
        again = self.client()
        self.assertTrue(again.flush(10))
        self.assertEqual([1, 2], [request.body["signal_strength"] for request in self.server.stored])

    def test_a_trade_that_the_breaker_keeps_away_waits_with_all_that_is_its_own_and_others_go_on(self) -> None:
        triggered = True
        self.server.rule = lambda request: (
            refusal(409, "breaker-triggered", "BTC fell 10.5 %.", Retry_After="1") if triggered and request.path == "/api/trades" else None)
        client = self.client()
        trade = client.open_trade("BTC/USDT", "BUY", 100, 1)
        client.close_trade(trade, 101)
        self.assertEqual(1, client.signal("BTC/USDT", "HOLD", 0, 100).wait(10))
        self.assertEqual(2, client.waiting)
        triggered = False
        self.assertTrue(client.flush(10))
        self.assertEqual(["/api/signals", "/api/trades", "/api/trades/2/close"], [request.path for request in self.server.stored])

    def test_a_record_on_which_the_server_fails_lets_others_pass_and_is_tried_again(self) -> None:
        self.server.rule = lambda request: refusal(500, "internal-error") if request.body and request.body.get("price") == 13 else None
        client = self.client()
        client.signal("BTC/USDT", "BUY", 1, 13)
        self.assertEqual(1, client.signal("BTC/USDT", "BUY", 2, 100).wait(20))
        self.assertEqual(1, client.waiting)
        self.assertEqual(5, sum(request.body["price"] == 13 for request in self.server.requests))

    def test_a_close_that_was_stored_before_is_no_refusal(self) -> None:
        def rule(request: Request) -> Optional[Answer]:
            if request.path == "/api/trades/3/close":
                return refusal(409, "already-closed")
            if request.path == "/api/trades/3/fills":
                fills = [{"kind": "exit", "price": 101.0, "filled_at": "2026-03-02T12:00:00.120+00:00"}, {"kind": "entry", "price": 102}]
                return 200, {"success": True, "data": fills}, {}
            return None

        self.server.rule = rule
        client = self.client()
        self.assertEqual(3, client.close_trade(3, 101, closed_at="2026-03-02T12:00:00.120Z").wait(10))
        with self.assertRaises(PilothouseError):
            client.close_trade(3, 102, closed_at="2026-03-02T12:00:00.120Z").wait(10)

    def test_a_field_that_has_no_effect_is_told_once(self) -> None:
        self.server.rule = lambda request: (201, {"success": True, "signal_id": 1, "ignored": ["colour"]}, {})
        client = self.client()
        with self.assertLogs("pilothouse", logging.WARNING) as logs:
            client.signal("BTC/USDT", "BUY", 1, 100, colour="red").wait(10)
            client.signal("BTC/USDT", "BUY", 1, 100, colour="red").wait(10)
        self.assertEqual(1, sum("colour" in line for line in logs.output))

    def test_reads_raise_what_the_server_says(self) -> None:
        figures: Answer = (200, {"success": True, "data": {"total_pnl": 1.5}}, {})
        self.server.rule = lambda request: figures if request.query == "period=weekly" else refusal(404, "not-found", "There is none.")
        client = self.client()
        self.assertEqual(1.5, client.performance(period="weekly")["total_pnl"])
        with self.assertRaises(PilothouseError) as raised:
            client.get("/api/trades/9")
        self.assertEqual(("not-found", 404), (raised.exception.code, raised.exception.status))
        with self.assertRaises(PilothouseError) as raised:
            self.client(url="http://127.0.0.1:9", spool=self.folder + "2").bots()
        self.assertEqual("no-answer", raised.exception.code)

    def test_pages_go_on_to_the_end(self) -> None:
        self.server.rule = lambda request: (
            (200, {"success": True, "data": [{"id": 1}], "next_cursor": None}, {}) if "cursor=c" in request.query
            else (200, {"success": True, "data": [{"id": 3}, {"id": 2}], "next_cursor": "c"}, {}))
        self.assertEqual([3, 2, 1], [record["id"] for record in self.client().pages("/api/trades", status="closed")])

    def test_the_address_is_checked(self) -> None:
        for url in ("http://user:pin@localhost:3000", "ftp://localhost", "http://"):
            with self.assertRaises(ValueError):
                self.client(url=url)
        self.assertTrue(pilothouse._Door("https://bots.example.org/pilothouse/", "k", 1)._tls is not None)


class FakeFolder:
    """A client with a folder of its own within a test."""

    count = 0

    def __init__(self, case: ClientCase) -> None:
        FakeFolder.count += 1
        self._client = case.client(spool=f"{case.folder}-{FakeFolder.count}")

    def __enter__(self) -> Any:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._client.close(0)


class MayITradeTests(ClientCase):
    def test_yes_only_where_the_server_says_yes(self) -> None:
        state: Any = {"state": "clear", "may_trade": True, "reasons": []}
        self.server.rule = lambda request: (200, {"success": True, "data": state}, {}) if request.path == "/api/circuit-breaker" else None
        client = self.client(trade_answer_seconds=0)
        self.assertTrue(client.may_i_trade())
        self.assertIn("bot_name=alpha", self.server.requests[0].query)
        state = {"state": "triggered", "may_trade": False, "reasons": [{"message": "BTC fell 10.5 %."}]}
        answer = client.may_i_trade("paper")
        self.assertEqual((False, "BTC fell 10.5 %.", "triggered"), (bool(answer), answer.reason, answer.state))
        wrong: List[Any] = [{}, None, {"may_trade": "yes"}, {"may_trade": 1}]
        for state in wrong:
            self.assertFalse(client.may_i_trade())

    def test_no_where_the_server_is_away_fails_or_asks_to_wait(self) -> None:
        away = self.client(url="http://127.0.0.1:9").may_i_trade()
        self.assertFalse(away)
        self.assertIn("does not answer", away.reason)
        client = self.client(spool=self.folder + "2", trade_answer_seconds=0)
        answer: Answer = refusal(429, "rate-limited", Retry_After="60")
        self.server.rule = lambda request: answer
        others: List[Answer] = [refusal(500, "internal-error"), (200, b"", {})]
        for answer in [answer, *others]:
            self.assertFalse(client.may_i_trade())

    def test_no_where_the_server_hangs(self) -> None:
        held = threading.Event()
        self.addCleanup(held.set)
        self.server.rule = lambda request: (held.wait(10), None)[1]
        began = time.monotonic()
        self.assertFalse(self.client(ask_timeout=0.3).may_i_trade())
        self.assertLess(time.monotonic() - began, 8)

    def test_an_answer_is_used_again_for_a_moment(self) -> None:
        self.server.rule = lambda request: (200, {"success": True, "data": {"state": "clear", "may_trade": True}}, {})
        client = self.client(trade_answer_seconds=0.3)
        for _ in range(20):
            self.assertTrue(client.may_i_trade())
        self.assertEqual(1, len(self.server.requests))
        time.sleep(0.35)
        client.may_i_trade()
        self.assertEqual(2, len(self.server.requests))


class DecisionTests(ClientCase):
    def test_a_decision_is_recorded_with_its_time_and_its_costs(self) -> None:
        client = self.client()
        with client.decision("risk", "risk_manager", "entry", input_data={"stop": 1.5}) as decision:
            time.sleep(0.05)
            decision.used("anthropic", "reasoning", model="m", input_tokens=900, output_tokens=80)
            decision.decide("approve", confidence=0.8, reasoning="the stop is near")
        self.assertTrue(client.flush(10))
        stored, cost = self.server.stored
        said = [stored.body[name] for name in ("decision", "confidence", "input_data", "bot_name")]
        self.assertEqual(["approve", 0.8, {"stop": 1.5}, "alpha"], said)
        self.assertGreaterEqual(stored.body["execution_time_ms"], 50)
        self.assertEqual((1, 900, "m"), (cost.body["decision_id"], cost.body["input_tokens"], cost.body["model"]))
        assert decision.receipt is not None
        self.assertEqual(1, decision.receipt.id)

    def test_an_exception_is_recorded_and_goes_on(self) -> None:
        client = self.client()
        with self.assertRaises(ZeroDivisionError), client.decision("risk", "risk_manager", "entry") as decision:
            decision.decide("approve", confidence=0.8)
            raise ZeroDivisionError("by zero")
        self.assertTrue(client.flush(10))
        body = self.server.stored[0].body
        self.assertEqual(("error", "ZeroDivisionError: by zero"), (body["decision"], body["reasoning"]))
        self.assertEqual("approve", body["output_data"]["decided_before"])
        self.assertNotIn("confidence", body)

    def test_a_decision_that_nobody_made_is_a_fault_of_the_bot(self) -> None:
        with self.assertRaises(ValueError), self.client().decision("risk", "risk_manager", "entry"):
            pass

    def test_a_use_is_recorded_also_where_it_ends_with_an_exception(self) -> None:
        client = self.client()
        with client.cost("anthropic", "chart", model="m") as use:
            use.tokens(input=10, output=2)
        with self.assertRaises(KeyError), client.cost("coingecko", "price") as use:
            use.paid(0.01)
            raise KeyError("price")
        self.assertTrue(client.flush(10))
        first, second = (request.body for request in self.server.stored)
        self.assertEqual((10, 2, 1), (first["input_tokens"], first["output_tokens"], first["api_calls"]))
        self.assertEqual((0.01, "coingecko"), (second["estimated_cost"], second["api_name"]))


class AsyncTests(ClientCase):
    def test_the_same_calls_with_await(self) -> None:
        async def bot() -> None:
            async with AsyncPilothouse(self.server.url, bot="alpha", spool=self.folder, trade_answer_seconds=0) as client:
                signals = [client.signal("BTC/USDT", "BUY", n, 100) for n in range(10)]
                receipts = await asyncio.gather(*signals)
                self.assertEqual(1, await client.stored(receipts[0], 10))
                async with client.decision("risk", "risk_manager", "entry") as decision:
                    decision.used("anthropic", "reasoning", model="m", input_tokens=900)
                    decision.decide("approve")
                async with client.cost("coingecko", "price") as use:
                    use.paid(0.01)
                self.assertFalse(await client.may_i_trade())
                self.assertTrue(await client.flush(10))
                self.assertEqual([], await client.trades())
                self.assertEqual([], [trade async for trade in client.pages("/api/trades")])
                with self.assertRaises(RuntimeError):
                    async with client.decision("risk", "risk_manager", "entry"):
                        raise RuntimeError("no")

        asyncio.run(bot())
        self.assertEqual(list(range(10)), [request.body["signal_strength"] for request in self.server.stored[:10]])
        self.assertEqual(["approve", "error"], [request.body["decision"] for request in self.server.stored if "decision" in request.body])
        self.assertEqual(11, self.server.stored[11].body["decision_id"])

    def test_the_loop_is_not_blocked_while_the_disk_is_slow(self) -> None:
        async def bot() -> int:
            turns = 0
            async with AsyncPilothouse("http://127.0.0.1:9", bot="alpha", spool=self.folder) as client:
                with mock.patch("pilothouse.os.fsync", lambda file: time.sleep(0.3)):
                    write = client.signal("BTC/USDT", "BUY", 1, 100)
                    while not write.done():
                        turns += 1
                        await asyncio.sleep(0.01)
                await client.close(0)
            return turns

        self.assertGreater(asyncio.run(bot()), 5)


if __name__ == "__main__":
    unittest.main()
