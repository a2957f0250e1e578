"""The heartbeat tells a stuck loop from a living one, and orders go from asked to heard to done."""

from __future__ import annotations

import logging
import time
import unittest
from typing import Any, Dict, List, Optional

from pilothouse import Bot, Orders
from tests.fake_server import Answer, ClientCase, Request, refusal

HEARD = "/api/bots/alpha/control/heard"
REPORT = "/api/bot-status"


class BotTests(ClientCase):
    def setUp(self) -> None:
        super().setUp()
        self.control: Dict[str, Any] = {"bot_name": "alpha", "control_seq": None, "state": "running", "emergency_close": False}
        self.refuses: Optional[Answer] = None

        def rule(request: Request) -> Optional[Answer]:
            if request.path == REPORT:
                return self.refuses or (201, {"success": True, "status_id": 1, "control": self.control}, {})
            if request.path == HEARD:
                return 200, {"success": True, "control_seq": request.body["control_seq"], "control": self.control}, {}
            if request.path == "/api/bots/alpha/control":
                return 200, {"success": True, "data": self.control}, {}
            if request.path == "/api/circuit-breaker":
                return 200, {"success": True, "data": {"state": "clear", "may_trade": True}}, {}
            return None

        self.usual = rule
        self.server.rule = rule

    def bot(self, **options: Any) -> Bot:
        options = {"every": 1, "stuck_after": 0.5, "hear_every": 0.1, **options}
        bot = self.client(trade_answer_seconds=0).bot(**options).start()
        self.addCleanup(bot.stop)
        return bot

    def reports(self) -> List[Any]:
        return [request.body for request in self.server.of(REPORT)]

    def test_it_reports_by_itself_with_the_figures_of_the_loop(self) -> None:
        bot = self.bot(mode="paper", stuck_after=60)
        bot.alive(balance=1000.5, open_positions=1)
        self.until(lambda: len(self.reports()) >= 2)
        report = self.reports()[-1]
        said = [report[name] for name in ("status", "mode", "expected_every_seconds", "balance", "open_positions")]
        self.assertEqual(["running", "paper", 1, 1000.5, 1], said)
        keys = [request.key for request in self.server.of(REPORT)]
        self.assertEqual(len(keys), len(set(keys)))
        bot.stop()
        self.assertEqual("stopped", self.reports()[-1]["status"])

    def test_a_stuck_loop_is_told_and_so_is_its_return(self) -> None:
        bot = self.bot(every=4)
        bot.alive()
        self.until(lambda: [report["status"] for report in self.reports()][-1:] == ["error"])
        self.assertIn("has not come round for", self.reports()[-1]["message"])
        self.assertTrue(bot.is_stuck)
        # The return is told at once, and not with the next report.
        bot.alive()
        self.until(lambda: bool(self.reports()[-1]["status"] == "running"), seconds=3)

    def test_an_exception_that_ends_the_bot_is_told(self) -> None:
        client = self.client()
        with self.assertRaises(ZeroDivisionError), client.bot(every=1):
            raise ZeroDivisionError("by zero")
        last = self.reports()[-1]
        self.assertEqual(("error", "The bot ended with ZeroDivisionError: by zero"), (last["status"], last["message"]))

    def test_an_order_is_heard_when_the_loop_has_it_and_done_when_the_bot_says_so(self) -> None:
        bot = self.bot(stuck_after=60)
        self.until(lambda: bot.knows_orders)
        self.control = {"control_seq": 7, "state": "paused", "reason": "lunch", "emergency_close": False}
        self.until(lambda: bot.orders.control_seq == 7)
        time.sleep(0.3)
        self.assertEqual([], self.server.of(HEARD))
        called: List[Orders] = []
        bot.on_orders(called.append)
        orders = bot.alive()
        self.assertEqual(("paused", "lunch", False), (orders.state, orders.reason, orders.may_open))
        self.assertEqual([orders], called)
        self.until(lambda: len(self.server.of(HEARD)) == 1)
        bot.alive()
        bot.done()
        self.until(lambda: len(self.server.of(HEARD)) == 2)
        self.assertEqual([{"control_seq": 7}, {"control_seq": 7, "done": True}], [request.body for request in self.server.of(HEARD)])
        self.assertEqual(1, len(called))
        self.until(lambda: bool(self.reports()[-1].get("control_seq") == 7))
        self.assertEqual("paused", self.reports()[-1]["status"])

    def test_an_order_can_reach_a_stuck_loop_at_once(self) -> None:
        called: List[Orders] = []
        bot = self.bot()
        bot.on_orders(called.append, at_once=True)
        self.control = {"control_seq": 8, "state": "paused", "emergency_close": True}
        self.until(lambda: len(self.server.of(HEARD)) == 1)
        self.assertTrue(called[0].must_close)
        self.assertEqual(1, len(called))

    def test_a_paused_bot_may_not_trade_and_neither_may_one_that_has_heard_nothing_yet(self) -> None:
        client = self.client(trade_answer_seconds=0)
        bot = client.bot(every=1, hear_every=0.1)
        answer = client.may_i_trade()
        self.assertFalse(answer)
        self.assertIn("has not said yet", answer.reason)
        bot.start()
        self.until(lambda: bool(client.may_i_trade()))
        self.control = {"control_seq": 9, "state": "paused", "reason": "lunch"}
        self.until(lambda: not client.may_i_trade())
        self.assertEqual("The owner asks: paused (lunch).", client.may_i_trade().reason)

    def test_a_figure_that_is_refused_does_not_silence_the_heartbeat(self) -> None:
        bot = self.bot(stuck_after=60)
        self.until(lambda: len(self.reports()) == 1)
        no = refusal(400, "invalid-input", "win_rate must be at most 100.", "win_rate")
        self.server.rule = lambda request: no if (request.body or {}).get("win_rate") == 150 else self.usual(request)
        with self.assertLogs("pilothouse", logging.ERROR):
            bot.alive(win_rate=150)
            count = len(self.reports())
            self.until(lambda: len(self.reports()) >= count + 2 and "win_rate" not in self.reports()[-1])
        self.until(lambda: bot.trouble is None)

    def test_after_a_restored_backup_lower_numbers_are_new_orders(self) -> None:
        self.control = {"control_seq": 7, "state": "running"}
        bot = self.bot(stuck_after=60)
        self.until(lambda: bot.alive().control_seq == 7)
        self.control = {"control_seq": 2, "state": "paused"}
        no = refusal(400, "invalid-input", "no such control", "control_seq")
        self.server.rule = lambda request: no if (request.body or {}).get("control_seq") == 7 else self.usual(request)
        self.until(lambda: bot.alive().state == "paused")
        self.until(lambda: any(request.body == {"control_seq": 2} for request in self.server.of(HEARD)))

    def test_a_server_that_is_away_is_asked_again_and_the_acknowledgement_comes_later(self) -> None:
        self.control = {"control_seq": 7, "state": "paused"}
        bot = self.bot(stuck_after=60)
        self.until(lambda: bot.orders.control_seq == 7)
        no = refusal(503, "overloaded")
        self.server.rule = lambda request: no if request.path == HEARD and len(self.server.of(HEARD)) < 2 else self.usual(request)
        bot.alive()
        self.until(lambda: len(self.server.of(HEARD)) >= 2)


if __name__ == "__main__":
    unittest.main()
