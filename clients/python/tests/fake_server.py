"""A server for the tests of the client: it keeps what it is sent, and answers what a test tells it to."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, Optional, Tuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from pilothouse import Pilothouse  # noqa: E402

Answer = Tuple[int, Any, Dict[str, str]]
IDS = {
    "/api/signals": "signal_id", "/api/trades": "trade_id", "/api/agents/decisions": "decision_id", "/api/cost-analytics": "cost_id",
    "/api/bot-status": "status_id", "/api/analysis": "analysis_id", "/api/news": "news_id", "/api/market-context": "context_id",
    "/api/spikes": "spike_id",
}


class Request:
    def __init__(self, method: str, path: str, query: str, headers: Dict[str, str], body: Any, raw: bytes) -> None:
        self.method, self.path, self.query, self.headers, self.body, self.raw = method, path, query, headers, body, raw
        self.key: Optional[str] = headers.get("idempotency-key")


def refusal(status: int, code: str, message: str = "no", field: Optional[str] = None, **headers: str) -> Answer:
    body: Dict[str, Any] = {"success": False, "error": "Refused", "message": message, "code": code}
    if field is not None:
        body["details"] = [{"field": field, "message": message}]
    return status, body, {name.replace("_", "-"): value for name, value in headers.items()}


class FakeServer:
    """Answers each POST with 201 and a new id, and the same key with the same answer, unless ``rule`` returns another one."""

    def __init__(self, port: int = 0) -> None:
        self.requests: List[Request] = []
        self.rule: Optional[Callable[[Request], Optional[Answer]]] = None
        self.cut: Optional[Callable[[Request], bool]] = None
        """Whether the request is carried out, and its connection cut before the answer."""
        self.kept: Dict[Tuple[str, str], Tuple[bytes, Answer]] = {}
        self.stored: List[Request] = []
        self.connections: List[socket.socket] = []
        self._lock = threading.RLock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def handle_request(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _, query = self.path.partition("?")
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, path, query, headers, json.loads(raw) if raw else None, raw)
                status, body, more = outer.answer(request)
                if outer.cut is not None and outer.cut(request):
                    self.close_connection = True
                    return
                text = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.send_header("X-Request-Id", f"r{len(outer.requests)}")
                for name, value in more.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = handle_request

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def process_request(self, request: Any, client_address: Any) -> None:
                outer.connections.append(request)
                super().process_request(request, client_address)

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            told = self.rule(request) if self.rule is not None else None
            if told is not None:
                return told
            if request.method == "GET":
                return 200, {"success": True, "count": 0, "data": [], "next_cursor": None}, {}
            if request.key is not None and (request.path, request.key) in self.kept:
                raw, known = self.kept[request.path, request.key]
                if raw != request.raw:
                    return refusal(409, "idempotency-mismatch")
                return known[0], known[1], {"Idempotency-Replayed": "true"}
            self.stored.append(request)
            body: Dict[str, Any] = {"success": True, IDS.get(request.path, "trade_id"): len(self.stored)}
            if request.path == "/api/bot-status":
                body["control"] = {"bot_name": "alpha", "control_seq": None, "state": "running"}
            answer: Answer = (201, body, {})
            if request.key is not None:
                self.kept[request.path, request.key] = request.raw, answer
            return answer

    def of(self, path: str, method: str = "POST") -> List[Request]:
        with self._lock:
            return [request for request in self.requests if request.path == path and request.method == method]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class ClientCase(unittest.TestCase):
    """A fake server, and a folder for the spool."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.join(folder.name, "spool")
        self.server = FakeServer()
        self.addCleanup(lambda: self.server.stop())

    def client(self, **options: Any) -> Pilothouse:
        options = {"bot": "alpha", "api_key": "ph_secret", "spool": self.folder, "timeout": 5.0, **options}
        client = Pilothouse(options.pop("url", self.server.url), **options)
        self.addCleanup(lambda: client.close(0))
        return client

    def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "it did not happen in time")
            time.sleep(0.01)
