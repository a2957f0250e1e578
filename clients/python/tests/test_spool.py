"""What is put down is neither lost nor doubled, whatever ends between."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import textwrap
import threading
import time
import unittest
from decimal import Decimal
from unittest import mock

import pilothouse
from pilothouse import NotSentYet, PilothouseError, SpoolBusy, SpoolFull
from tests.fake_server import ClientCase, FakeServer, Request, refusal

NOWHERE = "http://127.0.0.1:9"


class SpoolTests(ClientCase):
    def lines(self) -> "list[bytes]":
        with open(os.path.join(self.folder, "spool.log"), "rb") as file:
            return file.read().splitlines()

    def test_a_write_is_on_the_disk_when_it_returns_and_is_sent_at_the_next_start(self) -> None:
        client = self.client(url=NOWHERE)
        receipts = [client.signal("BTC/USDT", "BUY", n, 100 + n) for n in range(5)]
        with self.assertRaises(NotSentYet):
            receipts[0].wait(0.1)
        self.assertEqual(5, sum(b'"put"' in line for line in self.lines()))
        self.until(lambda: client.trouble is not None)
        self.assertIn("does not answer", client.trouble or "")
        self.assertEqual(5, client.close(0))

        again = self.client()
        self.assertTrue(again.flush(10))
        self.assertEqual([0, 1, 2, 3, 4], [request.body["signal_strength"] for request in self.server.stored])
        self.assertEqual([receipt.key for receipt in receipts], [request.key for request in self.server.stored])

    def test_a_bot_that_is_killed_at_once_after_a_write_has_not_lost_it(self) -> None:
        script = textwrap.dedent("""
            import os, signal, sys
            from pilothouse import Pilothouse
            client = Pilothouse(sys.argv[1], bot="alpha", spool=sys.argv[2])
            for n in range(20):
                client.signal("BTC/USDT", "BUY", n, 100 + n)
            os.kill(os.getpid(), signal.SIGKILL)
            """)
        ended = subprocess.run([sys.executable, "-c", script, NOWHERE, self.folder], cwd=os.path.dirname(pilothouse.__file__), check=False)
        self.assertEqual(-9, ended.returncode)
        client = self.client()
        self.assertTrue(client.flush(10))
        self.assertEqual(list(range(20)), [request.body["signal_strength"] for request in self.server.stored])

    def test_the_same_bytes_go_out_after_a_restart_so_that_the_key_fits(self) -> None:
        self.server.cut = lambda request: True
        client = self.client()
        client.signal("BTC/USDT", "BUY", 1, Decimal("64250.10"), rsi=1e-7)
        self.until(lambda: len(self.server.stored) == 1)
        client.close(0)
        self.server.cut = None
        again = self.client()
        self.assertTrue(again.flush(10))
        self.assertEqual(1, len(self.server.stored))
        self.assertEqual(1, len({request.raw for request in self.server.requests}))
        self.assertIn(b'"price":64250.10,', self.server.requests[0].raw)

    def test_half_a_line_at_the_end_is_dropped_and_a_damaged_one_is_put_aside(self) -> None:
        client = self.client(url=NOWHERE)
        for n in range(3):
            client.signal("BTC/USDT", "BUY", n, 100)
        client.close(0)
        path = os.path.join(self.folder, "spool.log")
        with open(path, "rb") as file:
            raw = file.read().splitlines(keepends=True)
        raw[2] = raw[2].replace(b"BTC", b"ETH")
        with open(path, "wb") as file:
            file.write(b"".join(raw) + raw[1][:-30])
        with self.assertLogs("pilothouse", logging.ERROR) as logs:
            again = self.client()
        self.assertTrue(again.flush(10))
        self.assertIn("damaged", logs.output[0])
        self.assertEqual([0, 2], [request.body["signal_strength"] for request in self.server.stored])
        with open(os.path.join(self.folder, "damaged.log"), "rb") as file:
            self.assertIn(b"ETH", file.read())

    def test_a_full_spool_says_so_and_drops_nothing(self) -> None:
        client = self.client(url=NOWHERE, max_records=3)
        for n in range(3):
            client.signal("BTC/USDT", "BUY", n, 100)
        with self.assertRaises(SpoolFull) as full:
            client.signal("BTC/USDT", "BUY", 4, 100)
        self.assertEqual("spool-full", full.exception.code)
        self.assertEqual(3, client.waiting)
        client.close(0)
        self.assertTrue(self.client().flush(10))
        self.assertEqual(3, len(self.server.stored))

    def test_the_limit_of_bytes_holds_too(self) -> None:
        client = self.client(url=NOWHERE, max_bytes=2_000)
        with self.assertRaises(SpoolFull):
            for n in range(100):
                client.signal("BTC/USDT", "BUY", n, 100)
        self.assertLess(os.path.getsize(os.path.join(self.folder, "spool.log")), 2_100)

    def test_a_full_disk_leaves_no_half_line_behind(self) -> None:
        client = self.client(url=NOWHERE)
        client.signal("BTC/USDT", "BUY", 1, 100)

        def half(file: int, data: bytes) -> None:
            os.write(file, data[:20])
            raise OSError(28, "No space left on device")

        with mock.patch.object(pilothouse, "_write_all", half), self.assertRaises(OSError):
            client.signal("BTC/USDT", "BUY", 2, 100)
        client.signal("BTC/USDT", "BUY", 3, 100)
        client.close(0)
        self.assertTrue(self.client().flush(10))
        self.assertEqual([1, 3], [request.body["signal_strength"] for request in self.server.stored])

    def test_one_process_at_a_time_uses_a_folder(self) -> None:
        client = self.client()
        with self.assertRaises(SpoolBusy):
            self.client()
        client.close(0)
        self.client()

    def test_a_child_of_the_bot_may_not_write_into_its_spool(self) -> None:
        client = self.client()
        child = os.fork()
        if child == 0:
            try:
                client.signal("BTC/USDT", "BUY", 1, 100)
            except PilothouseError as error:
                os._exit(7 if error.code == "spool-busy" else 8)
            os._exit(9)
        self.assertEqual(7, os.waitpid(child, 0)[1] >> 8)

    def test_what_was_sent_is_cleared_away_and_numbers_go_on(self) -> None:
        with mock.patch.object(pilothouse._Spool, "GARBAGE", 5_000):
            client = self.client()
            for n in range(100):
                client.signal("BTC/USDT", "BUY", n % 100, 100)
            self.assertTrue(client.flush(10))
            client.close()
        self.assertLess(os.path.getsize(os.path.join(self.folder, "spool.log")), 12_000)
        again = self.client()
        self.assertEqual(101, again.signal("BTC/USDT", "BUY", 1, 100).seq)

    def test_clearing_away_that_fails_loses_nothing(self) -> None:
        usual = os.fsync

        def no_folder(file: int) -> None:
            if os.path.isdir(f"/proc/self/fd/{file}"):
                raise OSError(5, "Input/output error")
            usual(file)

        for name, failing in (("replace", mock.Mock(side_effect=OSError(28, "No space left on device"))), ("fsync", no_folder)):
            with self.subTest(name), mock.patch.object(pilothouse._Spool, "GARBAGE", 500):
                self.server.stored.clear()
                client = self.client()
                with mock.patch(f"pilothouse.os.{name}", failing), self.assertLogs("pilothouse", logging.ERROR):
                    for n in range(20):
                        client.signal("BTC/USDT", "BUY", n, 100)
                    self.assertTrue(client.flush(10))
                    client._sender._hold_until = time.monotonic() + 60
                    client.signal("BTC/USDT", "BUY", 99, 100)
                    client.close(0)
                again = self.client()
                self.assertTrue(again.flush(10))
                again.close()
                self.assertEqual([*range(20), 99], [request.body["signal_strength"] for request in self.server.stored])

    def test_a_receipt_stands_for_an_id_also_over_a_restart(self) -> None:
        client = self.client(url=NOWHERE)
        signal = client.signal("BTC/USDT", "BUY", 7, 100)
        trade = client.open_trade("BTC/USDT", "BUY", 100, 1, signal=signal)
        client.change_trade(trade, stop_loss=None)
        client.add_fill(trade, "exit", 101, 0.5)
        client.close_trade(trade, 102)
        client.close(0)
        again = self.client()
        self.assertTrue(again.flush(10))
        told = [request for request in self.server.requests if request.method != "GET"]
        self.assertEqual([
            ("POST", "/api/signals"), ("POST", "/api/trades"), ("PATCH", "/api/trades/2"), ("POST", "/api/trades/2/fills"),
            ("POST", "/api/trades/2/close")], [(request.method, request.path) for request in told])
        self.assertEqual(1, told[1].body["signal_id"])
        self.assertEqual({"stop_loss": None}, told[2].body)

    def test_a_trade_is_closed_by_its_external_id_after_a_restart(self) -> None:
        def rule(request: Request) -> "tuple[int, object, dict[str, str]] | None":
            if request.method == "GET" and request.path == "/api/trades":
                found = [{"id": 17}] if "external_id=x-1" in request.query and "bot_name=alpha" in request.query else []
                return 200, {"success": True, "data": found}, {}
            return None

        self.server.rule = rule
        client = self.client()
        client.close_trade("x-1", 102)
        lost = client.close_trade("x-2", 102)
        with self.assertRaises(PilothouseError) as refused:
            lost.wait(10)
        self.assertEqual("not-found", refused.exception.code)
        self.assertEqual(["/api/trades/17/close"], [request.path for request in self.server.stored])

    def test_a_key_of_the_bot_makes_a_repeated_step_the_same_write(self) -> None:
        at = "2026-03-02T12:00:00+00:00"
        client = self.client()
        for _ in range(2):
            self.assertEqual(1, client.signal("BTC/USDT", "BUY", 1, 100, key="step-1", timestamp=at).wait(10))
        self.assertEqual(1, len(self.server.stored))
        with self.assertRaises(ValueError):
            client.signal("BTC/USDT", "BUY", 1, 100, key="step-2")

    def test_records_of_one_client_never_have_the_same_time(self) -> None:
        client = self.client(url=NOWHERE)
        stamps = [client._stamp() for _ in range(500)]
        self.assertEqual(500, len(set(stamps)))
        self.assertEqual(sorted(stamps), stamps)

    def test_what_cannot_be_json_is_refused_where_it_is_written(self) -> None:
        client = self.client(url=NOWHERE)
        for price in (float("nan"), Decimal("Infinity"), object(), "x" * 1_100_000):
            with self.assertRaises((TypeError, ValueError)):
                client.signal("BTC/USDT", "BUY", 1, price)  # type: ignore[arg-type]
        self.assertEqual(0, client.waiting)

    def test_many_threads_write_at_once(self) -> None:
        client = self.client()
        threads = [threading.Thread(target=lambda n=n: [client.signal(f"T{n}/X", "BUY", i, 1) for i in range(20)]) for n in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(client.flush(20))
        for n in range(5):
            mine = [request.body["signal_strength"] for request in self.server.stored if request.body["trading_pair"] == f"T{n}/X"]
            self.assertEqual(list(range(20)), mine)

    def test_no_file_and_no_text_has_the_key_and_others_cannot_read_the_spool(self) -> None:
        client = self.client(url=NOWHERE)
        client.signal("BTC/USDT", "BUY", 1, 100)
        self.assertNotIn("secret", repr(client))
        self.assertNotIn(b"ph_secret", b"".join(self.lines()))
        self.assertEqual(0o600, os.stat(os.path.join(self.folder, "spool.log")).st_mode & 0o777)
        self.assertEqual(0o700, os.stat(self.folder).st_mode & 0o777)


class InDoubtTests(ClientCase):
    """The server keeps the answer of a key for 24 hours. What is older is looked for before it is sent."""

    def put_aside(self) -> None:
        """Leaves a signal in the spool of which nobody knows whether it arrived."""
        self.server.cut = lambda request: True
        client = self.client()
        client.signal("BTC/USDT", "BUY", 1, 100)
        self.until(lambda: len(self.server.stored) == 1)
        client.close(0)
        self.server.cut = None
        self.server.kept.clear()

    def found(self, request: Request) -> "tuple[int, object, dict[str, str]] | None":
        if request.method != "GET":
            return None
        stored = self.server.stored[0].body
        return 200, {"success": True, "data": [{"id": 1, **stored, "timestamp": stored["timestamp"].replace("+00:00", "Z")}]}, {}

    def test_a_record_that_is_there_is_not_sent_again(self) -> None:
        self.put_aside()
        self.server.rule = self.found
        now = time.time()
        with mock.patch("pilothouse.time.time", lambda: now + 25 * 3600):
            client = self.client()
            self.assertTrue(client.flush(10))
        self.assertEqual(1, len(self.server.stored))
        self.assertIn("from_date=", self.server.of("/api/signals", "GET")[0].query)

    def test_a_record_that_is_not_there_is_sent(self) -> None:
        self.put_aside()
        now = time.time()
        with mock.patch("pilothouse.time.time", lambda: now + 25 * 3600):
            self.assertTrue(self.client().flush(10))
        self.assertEqual(2, len(self.server.stored))

    def test_another_api_key_cannot_repeat_an_answer_so_the_record_is_looked_for(self) -> None:
        self.put_aside()
        self.server.rule = self.found
        self.assertTrue(self.client(api_key="ph_other").flush(10))
        self.assertEqual(1, len(self.server.stored))

    def test_within_a_day_the_key_is_enough(self) -> None:
        self.put_aside()
        self.assertTrue(self.client().flush(10))
        self.assertEqual([], self.server.of("/api/signals", "GET"))

    def test_the_day_begins_with_the_first_try_and_not_with_the_last_restart(self) -> None:
        self.put_aside()
        began, hours = time.time(), 22
        with mock.patch("pilothouse.time.time", lambda: began + hours * 3600):
            self.server.rule = lambda request: refusal(503, "overloaded", Retry_After="0.2")
            client = self.client()
            self.until(lambda: len(self.server.requests) >= 3)
            hours = 25
            self.server.rule = self.found
            self.assertTrue(client.flush(10))
        self.assertEqual(1, len(self.server.stored))

    def test_where_the_key_may_not_read_the_record_waits_and_is_not_lost(self) -> None:
        self.put_aside()
        self.server.rule = lambda request: refusal(403, "scope-needed", "the key lacks the scope read") if request.method == "GET" else None
        client = self.client(api_key="ph_other")
        later = client.news("https://example.org/a")
        later.wait(10)
        self.assertEqual(1, client.waiting)

    def test_what_cannot_be_looked_for_is_written_down_and_not_sent_twice(self) -> None:
        self.server.cut = lambda request: True
        client = self.client()
        client.post("/api/models", {"model_path": "m", "version": "1"})
        self.until(lambda: len(self.server.stored) == 1)
        client.close(0)
        self.server.cut = None
        refused: "list[pilothouse.Receipt]" = []
        again = self.client(api_key="ph_other", on_refused=refused.append)
        self.assertTrue(again.flush(10))
        self.until(lambda: len(refused) == 1)
        assert refused[0].error is not None
        self.assertEqual("in-doubt", refused[0].error.code)
        with open(os.path.join(self.folder, "refused.jsonl"), encoding="utf-8") as file:
            self.assertEqual({"model_path": "m", "version": "1"}, json.loads(file.readline())["body"])


if __name__ == "__main__":
    unittest.main()
