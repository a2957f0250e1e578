"""A client of Pilothouse for Python bots: one file, the standard library only, Python 3.9 and newer.

    from pilothouse import Pilothouse

    with Pilothouse("http://localhost:3000", bot="alpha") as client:    # the key is in PILOTHOUSE_API_KEY
        signal = client.signal("SUI/USDC", "BUY", 7, 3.4567)
        if client.may_i_trade():
            trade = client.open_trade("SUI/USDC", "BUY", 3.4567, 100, signal=signal)
            client.close_trade(trade, 3.61, fees=0.4)

A write returns as soon as it is on the disk of the bot (the spool). A thread sends what is in the spool, in order, and sends it again
until the server has answered. So a bot never waits for the server, and loses nothing when either of them is killed. Each write has an
Idempotency-Key, which the spool keeps, so that nothing is stored twice.
"""

from __future__ import annotations

import asyncio
import email.utils
import hashlib
import http.client
import json
import logging
import math
import os
import random
import socket
import ssl
import sys
import threading
import time
import urllib.parse
import uuid
import zlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import TracebackType
from typing import (
    Any, AsyncIterator, Callable, Dict, Generic, Iterable, Iterator, List, Mapping, NamedTuple, NoReturn, Optional, Tuple, Type, TypeVar,
    Union,
)

__all__ = [
    "AsyncPilothouse", "Bot", "Decision", "NotSentYet", "Orders", "Permission", "Pilothouse", "PilothouseError", "Receipt", "SpoolBusy",
    "SpoolFull", "Use",
]
__version__ = "1.0"

logger = logging.getLogger("pilothouse")

JsonObject = Dict[str, Any]
Number = Union[int, float, Decimal]
Moment = Union[datetime, str, int, float]


class PilothouseError(Exception):
    """What went wrong: the server's refusal, or why there is no answer.

    ``code`` is one of docs/api.md, or one of the client's own: no-answer, not-pilothouse, not-sent-yet, spool-full, spool-busy, closed,
    in-doubt, depends-on-refused. ``status`` is 0 where the server did not answer. ``field`` is the first field that is wrong, ``details``
    has all of them. ``request_id`` finds the request in the server's log.
    """

    def __init__(
        self, message: str, *, code: str, status: int = 0, details: Optional[List[JsonObject]] = None, request_id: Optional[str] = None,
        retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.details = details or []
        self.field: Optional[str] = str(self.details[0].get("field")) if self.details else None
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.message} ({self.code}{f', status {self.status}' if self.status else ''})"


class SpoolFull(PilothouseError):
    """The spool has no room for this write, which was not taken. Nothing that is in the spool was dropped for it."""


class SpoolBusy(PilothouseError):
    """Another process uses this folder for its spool. Each bot needs a folder of its own."""


class NotSentYet(PilothouseError):
    """The write is safe in the spool, and the server has not answered it yet."""


@dataclass(frozen=True)
class Permission:
    """The answer to ``may_i_trade()``. It is true only where the server has said so."""

    allowed: bool
    reason: str
    state: Optional[str] = None

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class Orders:
    """What the owner asks of the bot. ``state`` is running, paused or stopped."""

    control_seq: Optional[int] = None
    state: str = "running"
    mode: Optional[str] = None
    emergency_close: bool = False
    open_trades: Optional[str] = None
    reason: Optional[str] = None

    @property
    def may_open(self) -> bool:
        """Whether new trades are allowed."""
        return self.state == "running" and not self.emergency_close

    @property
    def must_close(self) -> bool:
        """Whether every open trade is to be closed now."""
        return self.emergency_close or (self.state == "stopped" and self.open_trades == "close")


class Receipt:
    """What becomes of one write. It may stand wherever the id of a record is asked for, before that id is known."""

    __slots__ = ("kind", "key", "external_id", "seq", "state", "id", "answer", "error", "_changed")

    def __init__(self, kind: str, key: str, external_id: Optional[str], seq: int, changed: threading.Condition) -> None:
        self.kind = kind
        self.key = key
        self.external_id = external_id
        self.seq = seq
        self.state = "waiting"
        """waiting, stored or refused."""
        self.id: Optional[int] = None
        """The id of the record, as soon as it is stored."""
        self.answer: Optional[JsonObject] = None
        """The server's answer; None where the client found the record stored already."""
        self.error: Optional[PilothouseError] = None
        self._changed = changed

    def wait(self, timeout: Optional[float] = None) -> Optional[int]:
        """Waits for the server's answer and returns the id of the record.

        Raises the refusal (PilothouseError), or NotSentYet after ``timeout`` seconds; the write stays in the spool then.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.state != "waiting", timeout)
            if self.error is not None:
                raise self.error
            if self.state == "waiting":
                raise NotSentYet("The write is in the spool, and the server has not answered it yet.", code="not-sent-yet")
            return self.id

    def __repr__(self) -> str:
        return f"<{self.kind} {self.state}{'' if self.id is None else f' as {self.id}'}>"


# What the server knows of each kind of record.


class _Kind(NamedTuple):
    path: str
    id_field: str
    time: Optional[str] = "timestamp"
    names_bot: bool = True
    list: Optional[str] = None
    """Where stored records of this kind can be looked up by their time."""
    same: Tuple[str, ...] = ()
    """The fields that tell the record from another one of the same time."""
    may_repeat: bool = False
    """Whether the server stores it once, however often and however late it comes."""
    method: str = "POST"


_KINDS: Dict[str, _Kind] = {
    "signal": _Kind("/api/signals", "signal_id", list="/api/signals", same=("trading_pair", "signal_type", "price")),
    "trade": _Kind("/api/trades", "trade_id", list="/api/trades", same=("external_id",)),
    "close": _Kind("/api/trades/{id}/close", "trade_id", time="closed_at", names_bot=False),
    "fill": _Kind(
        "/api/trades/{id}/fills", "fill_id", time="filled_at", names_bot=False, list="/api/trades/{id}/fills", same=("external_id",)),
    "analysis": _Kind("/api/analysis", "analysis_id", list="/api/analysis", same=("trading_pair", "timeframe", "recommendation")),
    "decision": _Kind(
        "/api/agents/decisions", "decision_id", list="/api/agents/decisions", same=("agent_name", "decision_type", "decision")),
    "spike": _Kind("/api/spikes", "spike_id", list="/api/spikes", same=("trading_pair", "spike_type", "price_to")),
    "news": _Kind("/api/news", "news_id", names_bot=False, may_repeat=True),
    "cost": _Kind("/api/cost-analytics", "cost_id", list="/api/cost-analytics/records", same=("api_name", "operation_type", "model")),
    "market context": _Kind(
        "/api/market-context", "context_id", names_bot=False, list="/api/market-context/history",
        same=("btc_price", "eth_price", "fear_greed_index")),
    "candles": _Kind("/api/candles/batch", "", time=None, names_bot=False, may_repeat=True),
    "bot status": _Kind("/api/bot-status", "status_id", list="/api/bot-status/history", same=("status", "message")),
    "cash flow": _Kind("/api/cash-flows", "cash_flow_id", list="/api/cash-flows", same=("external_id",)),
    "trade change": _Kind("/api/trades/{id}", "trade_id", time=None, names_bot=False, may_repeat=True, method="PATCH"),
    "signal change": _Kind("/api/signals/{id}", "signal_id", time=None, names_bot=False, may_repeat=True, method="PATCH"),
    "spike change": _Kind("/api/spikes/{id}", "spike_id", time=None, names_bot=False, may_repeat=True, method="PATCH"),
    "decision change": _Kind("/api/agents/decisions/{id}", "decision_id", time=None, names_bot=False, may_repeat=True, method="PATCH"),
    "record": _Kind("", "", time=None, names_bot=False),
}

# The server keeps the answer of an Idempotency-Key for 24 hours. A write that may have arrived longer ago is looked for before it is sent.
_KEY_IS_KEPT_SECONDS = 23 * 3600.0

# Refusals that concern the key or the address, and so every write alike. The owner can put them right, and until then nothing is sent.
_CONCERN_ALL = {"authentication-required", "scope-needed", "address-not-allowed", "host-not-allowed", "https-required"}
_PASS_BY_THEMSELVES = {408, 425, 429, 502, 503, 504, 507}
_LARGEST_BODY = 1_000_000
_LARGEST_BATCH = 15_000_000


# Values as JSON


def _json(value: Any) -> str:
    """Writes a value as JSON, a Decimal with exactly its digits. Infinity and NaN, which JSON does not have, are a ValueError."""
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value)
    if isinstance(value, Enum):
        return _json(value.value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot be sent: a number that is not known is None")
        return float.__repr__(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} cannot be sent: a number that is not known is None")
        return str(value)
    if isinstance(value, (datetime, date)):
        return json.dumps(value.isoformat())
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(name))}:{_json(one)}" for name, one in value.items()) + "}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return "[" + ",".join(map(_json, value)) + "]"
    plain = getattr(value, "item", None)  # a number of numpy
    if callable(plain):
        return _json(plain())
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


def _time_text(milliseconds: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")


def _moment(value: Any) -> Optional[int]:
    """Returns a time as milliseconds since 1970, or None if it is none."""
    if isinstance(value, (int, float)):
        return int(value if abs(value) >= 1e11 else value * 1000)
    try:
        read = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    read = read if read.tzinfo else read.replace(tzinfo=timezone.utc)
    return (read - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)


def _is_same(sent: Any, stored: Any) -> bool:
    if isinstance(sent, (int, float)) and isinstance(stored, (int, float)):
        return float(sent) == float(stored)
    return sent is None or str(sent).casefold() == str(stored).casefold()


# The way to the server


@dataclass
class _Answer:
    status: int
    body: Any
    retry_after: Optional[float]
    request_id: Optional[str]
    replayed: bool

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300 and isinstance(self.body, dict)

    @property
    def code(self) -> Optional[str]:
        """The code of a refusal; None where the answer is none of Pilothouse's."""
        code = self.body.get("code") if isinstance(self.body, dict) else None
        return code if isinstance(code, str) else None

    def error(self) -> PilothouseError:
        if not isinstance(self.body, dict) or self.code is None:
            return PilothouseError(
                f"What answered was not Pilothouse, or not in its form (status {self.status}).", code="not-pilothouse", status=self.status,
                retry_after=self.retry_after)
        details = self.body.get("details")
        return PilothouseError(
            str(self.body.get("message") or self.body.get("error")), code=self.code, status=self.status,
            details=details if isinstance(details, list) else None, request_id=self.request_id, retry_after=self.retry_after)


def _seconds(text: Optional[str]) -> Optional[float]:
    """Reads a Retry-After, which is seconds or a date."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


class _Door:
    """Sends requests. Each thread has a connection of its own, which stays open."""

    def __init__(self, url: str, key: Optional[str], timeout: float) -> None:
        parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("The url of the server is like http://localhost:3000 or https://bots.example.org, without a user and a query.")
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self.timeout = timeout
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._headers = {"User-Agent": f"pilothouse-python/{__version__}", "Accept": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
            if self._tls is None and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
                logger.warning("The API key goes to %s in clear text: use https.", parts.hostname)
        # Tells whether a write was sent with this key to this server. The key cannot be found from it.
        self.owner = hashlib.sha256(f"pilothouse spool {self.url} {key}".encode()).hexdigest()[:16]
        self._mine = threading.local()

    def call(
        self, method: str, path: str, body: Optional[str] = None, *, key: Optional[str] = None, params: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
    ) -> _Answer:
        """Sends one request. Raises PilothouseError (no-answer) where no whole answer came back: a write may have arrived or not."""
        query = urllib.parse.urlencode({name: _query_text(value) for name, value in (params or {}).items() if value is not None})
        target = f"{self._prefix}{path}{'?' + query if query else ''}"
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        # The server may have closed a connection that was not used for a while: that is no failure yet.
        used: Optional[http.client.HTTPConnection] = getattr(self._mine, "connection", None)
        if used is not None:
            try:
                return self._exchange(used, method, target, body, headers, timeout or self.timeout)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, http.client.CannotSendRequest):
                self.hang_up()
            except (OSError, http.client.HTTPException) as error:
                self._no_answer(error)
        try:
            connection = self._connect(timeout or self.timeout)
            self._mine.connection = connection
            return self._exchange(connection, method, target, body, headers, timeout or self.timeout)
        except (OSError, http.client.HTTPException) as error:
            self._no_answer(error)

    def hang_up(self) -> None:
        """Closes the connection of this thread."""
        connection: Optional[http.client.HTTPConnection] = getattr(self._mine, "connection", None)
        self._mine.connection = None
        if connection is not None:
            connection.close()

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout)

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, target: str, body: Optional[str], headers: Dict[str, str],
        timeout: float,
    ) -> _Answer:
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        connection.request(method, target, None if body is None else body.encode(), headers)
        response = connection.getresponse()
        raw = response.read()
        try:
            read = json.loads(raw) if raw else None
        except ValueError:
            read = None
        if response.will_close:
            self.hang_up()
        return _Answer(
            response.status, read, _seconds(response.getheader("Retry-After")), response.getheader("X-Request-Id"),
            response.getheader("Idempotency-Replayed") == "true")

    def _no_answer(self, error: BaseException) -> NoReturn:
        self.hang_up()
        what = "did not answer in time" if isinstance(error, socket.timeout) else f"does not answer ({type(error).__name__}: {error})"
        raise PilothouseError(f"The server at {self.url} {what}.", code="no-answer") from error


def _query_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(value.value if isinstance(value, Enum) else value)


# The spool


@dataclass
class _Draft:
    """A write that is not in the spool yet."""

    kind: str
    method: str
    path: str
    body: str
    key: str
    group: Optional[str] = None
    """Writes of one group keep their order even where one of them has to wait longer than others."""
    refs: Dict[str, Receipt] = field(default_factory=dict)
    """Fields that get the id of an earlier write; the name "" is the id in the path."""
    lookup: Optional[Dict[str, str]] = None
    """The trade whose id belongs in the path, by its external_id."""
    external_id: Optional[str] = None


@dataclass
class _Item:
    """A write in the spool."""

    seq: int
    kind: str
    method: str
    path: str
    body: str
    key: str
    at: float
    owner: str
    group: Optional[str]
    refs: Dict[str, int]
    lookup: Optional[Dict[str, str]]
    receipt: Receipt
    size: int = 0
    restored: bool = False
    first_try: Optional[float] = None
    not_before: float = 0.0
    failures: int = 0


class _Spool:
    """The writes that the server has not answered yet, in a file that is only ever appended to.

    Each line is a checksum and a JSON object: a write that was put down (``put``), or what became of one (``done``, ``refused``). A put is
    forced to the disk before the write is sent. What became of it is not: after a loss of power a write may be sent again, under its key.
    """

    FILE = "spool.log"
    REFUSED = "refused.jsonl"
    DAMAGED = "damaged.log"
    LOCK = "lock"
    GARBAGE = 1_000_000

    def __init__(self, folder: str, owner: str, max_records: int, max_bytes: int) -> None:
        self.folder = os.path.abspath(folder)
        self.owner = owner
        self.max_records = max_records
        self.max_bytes = max_bytes
        self.changed = threading.Condition(threading.RLock())
        self.pending: "OrderedDict[int, _Item]" = OrderedDict()
        self.pending_bytes = 0
        self.ids: Dict[int, Optional[int]] = {}
        """Ids of writes that others wait for; None for a write that was refused."""
        self._wanted: Dict[int, int] = {}
        self._keys: Dict[str, _Item] = {}
        self._next = 1
        self._size = 0
        self._process = os.getpid()
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self._lock = self._take_lock()
        try:
            self._file = os.open(self._path(self.FILE), os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            self._load()
        except BaseException:
            os.close(self._lock)
            raise

    def put(self, draft: _Draft) -> Receipt:
        """Puts a write on the disk. It returns when it is there for good."""
        with self.changed:
            self.demand_open()
            known = self._keys.get(draft.key)
            if known is not None:
                return known.receipt
            if any(receipt._changed is not self.changed for receipt in draft.refs.values()):
                raise ValueError("a Receipt can be given to the client that it is of, and to no other")
            refs = {name: receipt.seq for name, receipt in draft.refs.items() if receipt.state == "waiting"}
            settled = {name: receipt.id for name, receipt in draft.refs.items() if receipt.state == "stored" and receipt.id is not None}
            path, body = draft.path, draft.body
            for name, found in settled.items():
                path, body = (path.replace("{id}", str(found)), body) if name == "" else (path, _with_field(body, name, found))
            if "" in draft.refs and "" not in refs and "" not in settled:
                raise PilothouseError(f"The {draft.refs[''].kind} was refused, so there is nothing to change.", code="depends-on-refused")
            seq = self._next
            receipt = Receipt(draft.kind, draft.key, draft.external_id, seq, self.changed)
            item = _Item(
                seq, draft.kind, draft.method, path, body, draft.key, time.time(), self.owner, draft.group, refs, draft.lookup, receipt)
            line = _put_line(item)
            item.size = len(line)
            if len(self.pending) >= self.max_records or self.pending_bytes + item.size > self.max_bytes:
                raise SpoolFull(
                    f"The spool in {self.folder} is full: {len(self.pending)} writes ({self.pending_bytes} bytes) wait for the server. "
                    "This write was not taken.", code="spool-full")
            # An interrupted write may be on the disk: its number is not given again.
            self._next += 1
            self._append(line, durable=True)
            self._add(item)
            self.changed.notify_all()
            return item.receipt

    def done(self, item: _Item, record_id: Optional[int], answer: Optional[JsonObject]) -> None:
        with self.changed:
            item.receipt.id, item.receipt.answer = record_id, answer
            self._settle(item, {"done": item.seq, "id": record_id}, "stored", record_id)

    def refuse(self, item: _Item, error: PilothouseError) -> None:
        """Moves a write that can never succeed out of the way, into a file of its own, with what the server said."""
        with self.changed:
            told = {
                "at": _time_text(int(time.time() * 1000)), "put_at": _time_text(int(item.at * 1000)), "kind": item.kind,
                "method": item.method, "path": item.path, "key": item.key, "body": json.loads(item.body), "status": error.status,
                "code": error.code, "message": error.message, "details": error.details, "request_id": error.request_id}
            try:
                with open(self._path(self.REFUSED), "a", encoding="utf-8", opener=_private) as file:
                    file.write(json.dumps(told) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as problem:
                # The write stays in the spool: it is refused again, and written down, when the disk takes it.
                raise _Later(f"The refusal cannot be written to {self._path(self.REFUSED)}: {problem}", 30.0) from problem
            item.receipt.error = error
            self._settle(item, {"refused": item.seq}, "refused", None)

    def close(self) -> None:
        with self.changed:
            if self._file >= 0:
                os.close(self._file)
                os.close(self._lock)
                self._file = -1
                self.changed.notify_all()

    @property
    def is_closed(self) -> bool:
        return self._file < 0

    def demand_open(self) -> None:
        if self.is_closed:
            raise PilothouseError("This client is closed.", code="closed")
        if os.getpid() != self._process:
            raise PilothouseError(
                "This client was made in another process. After a fork, make a new one with a folder of its own.", code="spool-busy")

    def _settle(self, item: _Item, line: JsonObject, state: str, record_id: Optional[int]) -> None:
        item.receipt.state = state
        del self.pending[item.seq]
        self._keys.pop(item.key, None)
        self.pending_bytes -= item.size
        if item.seq in self._wanted:
            self.ids[item.seq] = record_id
        for seq in item.refs.values():
            self._wanted[seq] -= 1
            if self._wanted[seq] == 0:
                del self._wanted[seq]
                self.ids.pop(seq, None)
        self.changed.notify_all()
        if self._file < 0:
            return
        try:
            self._append(_line(line), durable=False)
            if self._size - self.pending_bytes > max(self.GARBAGE, self.pending_bytes):
                self._rewrite()
        except OSError as problem:
            # Nothing is lost: after a restart the write is sent again, under its key.
            logger.error("The spool in %s cannot be written: %s", self.folder, problem)

    def _add(self, item: _Item) -> None:
        self.pending[item.seq] = item
        self._keys[item.key] = item
        self.pending_bytes += item.size
        for seq in item.refs.values():
            self._wanted[seq] = self._wanted.get(seq, 0) + 1

    def _append(self, line: bytes, durable: bool) -> None:
        try:
            os.lseek(self._file, self._size, os.SEEK_SET)
            _write_all(self._file, line)
            if durable:
                os.fsync(self._file)
        except BaseException:
            # Half a line must not stay before the next one.
            try:
                os.ftruncate(self._file, self._size)
            except OSError:
                pass
            raise
        self._size += len(line)

    def _load(self) -> None:
        """Reads the file as a killed process has left it."""
        with open(self._path(self.FILE), "rb") as file:
            raw = file.read()
        lines = raw.split(b"\n")
        torn, damaged, kept = lines.pop(), [], []
        for line in lines:
            read = _read_line(line)
            if read is None:
                damaged.append(line)
            else:
                kept.append((read, len(line) + 1))
        if torn:
            # The process ended while it wrote this line, so nobody was told that it was taken.
            logger.info("The spool in %s ends with half a line of %d bytes, which was never acknowledged.", self.folder, len(torn))
        if damaged:
            with open(self._path(self.DAMAGED), "ab", opener=_private) as file:
                file.write(b"\n".join(damaged) + b"\n")
            logger.error(
                "%d lines of the spool in %s are damaged. They are in %s now, and are not sent.", len(damaged), self.folder, self.DAMAGED)
        ids: Dict[int, Optional[int]] = {}
        for read, size in kept:
            if "put" in read:
                item = _read_put(read, size, self.changed)
                self._next = max(self._next, item.seq + 1)
                self._add(item)
            elif "next" in read:
                self._next = max(self._next, int(read["next"]))
            else:
                ended = int(read.get("done") or read.get("refused") or 0)
                ids[ended] = read.get("id")
                over = self.pending.pop(ended, None)
                if over is not None:
                    self._keys.pop(over.key, None)
                    self.pending_bytes -= over.size
        # What has ended waits for nothing any more.
        self._wanted = {}
        for item in self.pending.values():
            for seq in item.refs.values():
                self._wanted[seq] = self._wanted.get(seq, 0) + 1
        self.ids = {seq: ids.get(seq) for seq in self._wanted if seq not in self.pending}
        self._size = len(raw) - len(torn)
        try:
            self._rewrite()
        except OSError as problem:
            # A full disk: the old file is as good, without its half line.
            os.ftruncate(self._file, self._size)
            logger.error("The spool in %s cannot be written anew: %s", self.folder, problem)

    def _rewrite(self) -> None:
        """Writes a file that has only what is still needed, and puts it in the place of the old one."""
        lines = [_line({"next": self._next})]
        lines += [_line({"done": seq, "id": found} if found is not None else {"refused": seq}) for seq, found in self.ids.items()]
        for item in self.pending.values():
            line = _put_line(item)
            self.pending_bytes += len(line) - item.size
            item.size = len(line)
            lines.append(line)
        fresh, path = self._path(self.FILE + ".new"), self._path(self.FILE)
        file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        try:
            _write_all(file, b"".join(lines))
            os.fsync(file)
            if sys.platform == "win32":
                # An open file can be neither moved nor replaced there.
                os.close(file)
                os.close(self._file)
                try:
                    os.replace(fresh, path)
                finally:
                    self._file = file = os.open(path, os.O_RDWR | os.O_BINARY)
            else:
                os.replace(fresh, path)
        except BaseException:
            if file != self._file:
                os.close(file)
            try:
                os.unlink(fresh)
            except OSError:
                pass
            raise
        # From here on the new file is the one under the name, whatever else may fail.
        if file != self._file:
            os.close(self._file)
            self._file = file
        self._size = sum(map(len, lines))
        if sys.platform != "win32":
            directory = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def _take_lock(self) -> int:
        lock = os.open(self._path(self.LOCK), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if sys.platform == "win32":
                import msvcrt
                msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise SpoolBusy(
                f"Another process, or another client of this one, uses the spool in {self.folder}.", code="spool-busy") from error
        return lock

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view):]


def _line(read: JsonObject) -> bytes:
    text = json.dumps(read, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _put_line(item: _Item) -> bytes:
    return _line({
        "put": item.seq, "kind": item.kind, "method": item.method, "path": item.path, "key": item.key, "at": round(item.at, 3),
        "owner": item.owner, "group": item.group, "refs": item.refs, "lookup": item.lookup, "external_id": item.receipt.external_id,
        "body": item.body})


def _read_put(read: JsonObject, size: int, changed: threading.Condition) -> _Item:
    receipt = Receipt(read["kind"], read["key"], read["external_id"], read["put"], changed)
    return _Item(
        read["put"], read["kind"], read["method"], read["path"], read["body"], read["key"], read["at"], read["owner"], read["group"],
        read["refs"], read["lookup"], receipt, size, restored=True)


def _read_line(line: bytes) -> Optional[JsonObject]:
    try:
        if int(line[:8], 16) != zlib.crc32(line[9:]):
            return None
        read = json.loads(line[9:])
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _with_field(body: str, name: str, value: int) -> str:
    return f"{body[:-1]}{'' if body == '{}' else ','}{json.dumps(name)}:{value}}}"


# The thread that sends


class _Later(Exception):
    """This write, and all behind it, have to wait."""

    def __init__(self, trouble: str, seconds: Optional[float]) -> None:
        super().__init__(trouble)
        self.seconds = seconds


class _Aside(Exception):
    """This write has to wait, but others need not."""

    def __init__(self, trouble: str, seconds: float) -> None:
        super().__init__(trouble)
        self.seconds = seconds


class _Sender(threading.Thread):
    """Sends what is in the spool, one after the other, in order."""

    FIRST_PAUSE = 0.1
    LONGEST_PAUSE = 30.0
    FAILURES_IN_A_ROW = 5

    def __init__(self, spool: _Spool, door: _Door, on_refused: Optional[Callable[[Receipt], None]]) -> None:
        super().__init__(name="pilothouse-sender", daemon=True)
        self.trouble: Optional[str] = None
        self._spool = spool
        self._door = door
        self._on_refused = on_refused
        self._silent = 0
        self._hold_until = 0.0
        self._ended = False
        self._told_ignored: set[str] = set()

    def end(self) -> None:
        with self._spool.changed:
            self._ended = True
            self._spool.changed.notify_all()
        self.join(self._door.timeout + 1)

    def run(self) -> None:
        while True:
            with self._spool.changed:
                item, pause = self._pick()
                while item is None and not self._ended:
                    self._spool.changed.wait(pause)
                    item, pause = self._pick()
                if self._ended or item is None:
                    break
            try:
                self._send(item)
                self._say(None)
            except _Later as later:
                self._say(str(later))
                pause = self._pause() if later.seconds is None else later.seconds + random.uniform(0, 0.1)
                self._hold_until = time.monotonic() + pause
            except _Aside as aside:
                logger.warning("A %s waits and is tried again in %.0f s: %s", item.kind, aside.seconds, aside)
                item.not_before = time.monotonic() + aside.seconds
            except Exception:
                # A fault of this client: it must not end the thread, or nothing would be sent any more.
                logger.exception("A %s could not be sent.", item.kind)
                item.not_before = time.monotonic() + 60
        self._door.hang_up()

    def _pick(self) -> Tuple[Optional[_Item], Optional[float]]:
        """Returns the first write that may be sent now, or how long to wait for one."""
        now = time.monotonic()
        if self._hold_until > now:
            return None, self._hold_until - now
        waiting: set[str] = set()
        soonest: Optional[float] = None
        for item in self._spool.pending.values():
            if item.group in waiting:
                continue
            if item.not_before <= now and not any(seq in self._spool.pending for seq in item.refs.values()):
                return item, None
            if item.not_before > now:
                soonest = item.not_before if soonest is None else min(soonest, item.not_before)
            if item.group is not None:
                waiting.add(item.group)
        return None, None if soonest is None else soonest - now

    def _pause(self) -> float:
        """A pause that becomes longer as long as the server does not answer, and differs from that of other bots."""
        self._silent += 1
        longest = min(self.LONGEST_PAUSE, self.FIRST_PAUSE * 2.0 ** min(self._silent, 20))
        return longest * random.uniform(0.5, 1.0)

    def _say(self, trouble: Optional[str]) -> None:
        if trouble == self.trouble:
            return
        if trouble is None:
            logger.info("The server takes writes again.")
        else:
            logger.warning("%s %d writes wait in the spool.", trouble, len(self._spool.pending))
        self.trouble = trouble

    def _send(self, item: _Item) -> None:
        path, body = item.path, item.body
        with self._spool.changed:
            ids = {name: self._spool.ids.get(seq) for name, seq in item.refs.items()}
        for name in sorted(ids):
            found = ids[name]
            if found is not None:
                path, body = (path.replace("{id}", str(found)), body) if name == "" else (path, _with_field(body, name, found))
            elif name == "":
                self._refuse(item, PilothouseError("The record that this write belongs to was refused.", code="depends-on-refused"))
                return
            else:
                logger.warning("A %s is sent without its %s: that record was refused.", item.kind, name)
        if item.lookup is not None:
            trade = self._trade(item)
            if trade is None:
                return
            path = path.replace("{id}", str(trade))
        if self._may_be_stored(item):
            is_stored, found = self._look(item, path, body)
            if is_stored:
                self._spool.done(item, found, None)
                return
            if is_stored is None:
                self._refuse(item, PilothouseError(
                    "This write may have arrived longer ago than the server knows its Idempotency-Key, and the client cannot look for it.",
                    code="in-doubt"))
                return
            # It is not there, so that whatever was tried before is over.
            item.first_try, item.owner = time.time(), self._door.owner
        elif item.first_try is None:
            item.first_try = item.at if item.restored else time.time()
        self._judge(item, path, body, self._call(item.method, path, body, key=item.key if item.method == "POST" else None))

    def _call(
        self, method: str, path: str, body: Optional[str] = None, key: Optional[str] = None, params: Optional[Mapping[str, Any]] = None,
    ) -> _Answer:
        try:
            answer = self._door.call(method, path, body, key=key, params=params)
        except PilothouseError as error:
            raise _Later(error.message, None) from error
        if answer.is_good or answer.code is not None:
            self._silent = 0
        return answer

    def _judge(self, item: _Item, path: str, body: str, answer: _Answer) -> None:
        if answer.is_good:
            names = [_KINDS[item.kind].id_field] if _KINDS[item.kind].id_field else [name for name in answer.body if name.endswith("_id")]
            found = answer.body.get(names[0]) if names else None
            self._tell_ignored(item, answer.body.get("ignored"))
            self._spool.done(item, found if isinstance(found, int) else None, answer.body)
            return
        error = answer.error()
        if answer.code == "breaker-triggered":
            raise _Aside(error.message, error.retry_after or 15.0)
        if answer.code == "already-closed" and item.kind == "close" and self._look(item, path, body)[0]:
            self._spool.done(item, self._id_of(path), None)
            return
        if self._concerns_all(answer):
            unsaid = 30.0 if answer.code in _CONCERN_ALL else None
            raise _Later(error.message, unsaid if error.retry_after is None else error.retry_after)
        if answer.status >= 500 or answer.code is None:
            # It may be this write: after some tries it lets others pass.
            item.failures += 1
            if item.failures < self.FAILURES_IN_A_ROW:
                raise _Later(error.message, error.retry_after)
            raise _Aside(error.message, min(300.0, 5.0 * item.failures))
        self._refuse(item, error)

    @staticmethod
    def _concerns_all(answer: _Answer) -> bool:
        """Whether the answer would be the same for any other write."""
        if answer.code is None:
            return answer.status not in (400, 413, 414, 431, 500)
        return answer.code in _CONCERN_ALL or answer.code == "idempotency-in-progress" or answer.status in _PASS_BY_THEMSELVES

    def _refuse(self, item: _Item, error: PilothouseError) -> None:
        self._spool.refuse(item, error)
        logger.error("A %s was refused and is in %s now: %s", item.kind, os.path.join(self._spool.folder, _Spool.REFUSED), error)
        if self._on_refused is not None:
            try:
                self._on_refused(item.receipt)
            except Exception:
                logger.exception("on_refused failed.")

    def _tell_ignored(self, item: _Item, ignored: Any) -> None:
        for name in ignored if isinstance(ignored, list) else []:
            if f"{item.kind} {name}" not in self._told_ignored:
                self._told_ignored.add(f"{item.kind} {name}")
                logger.warning("The server does not know the field %s of a %s: it has no effect.", name, item.kind)

    def _may_be_stored(self, item: _Item) -> bool:
        """Whether the server may have stored it at a time from which it does not know the key any more."""
        if _KINDS[item.kind].may_repeat or not (item.restored or item.first_try is not None):
            return False
        age = time.time() - (item.at if item.first_try is None else item.first_try)
        return not 0 <= age < _KEY_IS_KEPT_SECONDS or item.owner != self._door.owner

    def _ask(self, path: str, params: Mapping[str, Any]) -> Any:
        answer = self._call("GET", path, params=params)
        if answer.is_good:
            return answer.body.get("data")
        if answer.code == "not-found":
            return []
        error = answer.error()
        if self._concerns_all(answer) and answer.code != "scope-needed":
            raise _Later(error.message, error.retry_after)
        raise _Aside(f"The client cannot look for the record: {error}", 300.0)

    def _trade(self, item: _Item) -> Optional[int]:
        """Finds the trade of an external_id. Whatever opened it was sent before."""
        assert item.lookup is not None
        found = self._ask("/api/trades", {**item.lookup, "limit": 2})
        if len(found) == 1:
            return int(found[0]["id"])
        what = f"trade with the external_id {item.lookup['external_id']}"
        message = f"There are several bots with a {what}: give the client its bot." if found else f"There is no {what}."
        self._refuse(item, PilothouseError(message, code="not-found", status=404))
        return None

    def _look(self, item: _Item, path: str, body: str) -> Tuple[Optional[bool], Optional[int]]:
        """Looks whether a write is stored: True, False, or None where that cannot be known; and the id of the record."""
        kind, sent = _KINDS[item.kind], json.loads(body)
        if item.kind == "close":
            # Of a trade that was left in several steps, exit_price is the mean of them: the close is its last fill.
            fills = self._ask(path[:-len("close")] + "fills", {"limit": 1001})
            when = _moment(sent["closed_at"])
            is_ours = any(
                fill.get("kind") == "exit" and _is_same(sent["exit_price"], fill.get("price")) and _moment(fill.get("filled_at")) == when
                for fill in fills)
            return is_ours, self._id_of(path) if is_ours else None
        if kind.list is None or kind.time is None:
            return None, None
        params: Dict[str, Any] = {"limit": 500}
        if item.kind == "fill":
            params["limit"] = 1001
        elif "external_id" in kind.same:
            params["external_id"] = sent["external_id"]
        else:
            when = _moment(sent[kind.time])
            if when is None:
                return None, None
            params["from_date"] = params["to_date"] = _time_text(when)
        if kind.names_bot and "bot_name" in sent:
            params["bot_name"] = sent["bot_name"]
        for row in self._ask(path if item.kind == "fill" else kind.list, params):
            is_then = _moment(row.get(kind.time)) == _moment(sent[kind.time])
            if is_then and all(_is_same(sent.get(name), row.get(name)) for name in kind.same):
                return True, row.get("id")
        return False, None

    @staticmethod
    def _id_of(path: str) -> Optional[int]:
        part = path.split("/")[3]
        return int(part) if part.isdigit() else None


# What a bot calls


_Written = TypeVar("_Written")
_Object = TypeVar("_Object")
_List = TypeVar("_List")

Target = Union[int, Receipt]
TradeTarget = Union[int, str, Receipt]


class _Calls(Generic[_Written, _Object, _List]):
    """The calls that are the same with and without asyncio. Further fields of docs/api.md may be given to each by their names.

    Where a write takes ``signal``, ``trade``, ``decision``, ``analysis`` or ``spike``, give the Receipt of an earlier write, or an id. A
    time without a zone is in UTC. Where you leave out the time, it is now, and not when the server gets it. A ``key`` makes a write that a
    restarted bot repeats the same write; give its time too, so that it says the same.
    """

    _bot_name: Optional[str]

    def _write(self, draft: _Draft) -> _Written:
        raise NotImplementedError

    def _read_object(self, path: str, params: Mapping[str, Any], part: Optional[str]) -> _Object:
        raise NotImplementedError

    def _read_list(self, path: str, params: Mapping[str, Any]) -> _List:
        raise NotImplementedError

    # Writes

    def signal(
        self, trading_pair: str, signal_type: str, signal_strength: int, price: Number, *, strategy: Optional[str] = None,
        timeframe: Optional[str] = None, confidence: Optional[Number] = None, model: Optional[str] = None,
        timestamp: Optional[Moment] = None, key: Optional[str] = None, **fields: Any,
    ) -> _Written:
        """Records a signal: BUY, SELL or HOLD, with a strength from -100 to 100."""
        return self._write(self._draft("signal", {
            "trading_pair": trading_pair, "signal_type": signal_type, "signal_strength": signal_strength, "price": price,
            "strategy": strategy, "timeframe": timeframe, "confidence": confidence, "model": model, **fields}, timestamp, key))

    def change_signal(self, signal: Target, status: str) -> _Written:
        """Says what became of a signal: pending, executed or skipped."""
        return self._write(self._change("signal change", signal, {"status": status}))

    def open_trade(
        self, trading_pair: str, side: str, entry_price: Number, quantity: Number, *, signal: Optional[Target] = None,
        external_id: Optional[str] = None, stop_loss: Optional[Number] = None, take_profit: Optional[Number] = None,
        leverage: Optional[Number] = None, mode: Optional[str] = None, strategy: Optional[str] = None, timestamp: Optional[Moment] = None,
        key: Optional[str] = None, **fields: Any,
    ) -> _Written:
        """Records an opened trade. It has an ``external_id``, the exchange's if you give it, by which it can be closed after a restart."""
        external_id = external_id or key or uuid.uuid4().hex
        return self._write(self._draft("trade", {
            "trading_pair": trading_pair, "side": side, "entry_price": entry_price, "quantity": quantity, "stop_loss": stop_loss,
            "take_profit": take_profit, "leverage": leverage, "mode": mode, "strategy": strategy, "external_id": external_id, **fields},
            timestamp, key, {"signal_id": signal}, external_id=external_id, group=f"trade {external_id}"))

    def close_trade(
        self, trade: TradeTarget, exit_price: Number, *, fees: Optional[Number] = None, exit_reason: Optional[str] = None,
        closed_at: Optional[Moment] = None, key: Optional[str] = None, **fields: Any,
    ) -> _Written:
        """Closes what is left of a trade: that of a Receipt, of an id, or of an external_id (a text)."""
        if "quantity" in fields:
            raise ValueError("close_trade closes all that is left; a part of it is left with add_fill(trade, 'exit', price, quantity)")
        said = {"exit_price": exit_price, "fees": fees, "exit_reason": exit_reason, **fields}
        return self._write(self._of_trade("close", trade, said, closed_at, key))

    def add_fill(
        self, trade: TradeTarget, kind: str, price: Number, quantity: Number, *, fees: Optional[Number] = None,
        external_id: Optional[str] = None, filled_at: Optional[Moment] = None, key: Optional[str] = None,
    ) -> _Written:
        """Records a further entry or an exit of a trade. The exit that leaves nothing closes it."""
        return self._write(self._of_trade("fill", trade, {
            "kind": kind, "price": price, "quantity": quantity, "fees": fees, "external_id": external_id or key or uuid.uuid4().hex},
            filled_at, key))

    def change_trade(self, trade: TradeTarget, **fields: Any) -> _Written:
        """Changes a trade, as ``stop_loss=3.3``; None clears a field here."""
        return self._write(self._of_trade("trade change", trade, fields, None, None, keep_none=True))

    def analysis(
        self, trading_pair: str, timeframe: str, recommendation: str, *, confidence: Union[Number, str, None] = None,
        model: Optional[str] = None, signal: Optional[Target] = None, timestamp: Optional[Moment] = None, key: Optional[str] = None,
        **fields: Any,
    ) -> _Written:
        """Records what was seen in a chart: BUY, SELL or HOLD."""
        return self._write(self._draft("analysis", {
            "trading_pair": trading_pair, "timeframe": timeframe, "recommendation": recommendation, "confidence": confidence,
            "model": model, **fields}, timestamp, key, {"signal_id": signal}))

    def add_decision(
        self, agent_name: str, agent_role: str, decision_type: str, decision: str, *, confidence: Optional[Number] = None,
        reasoning: Optional[str] = None, input_data: Any = None, output_data: Any = None, execution_time_ms: Optional[int] = None,
        trade: Optional[Target] = None, signal: Optional[Target] = None, spike: Optional[Target] = None, timestamp: Optional[Moment] = None,
        key: Optional[str] = None, **fields: Any,
    ) -> _Written:
        """Records a decision of an agent. ``decision()`` also measures the time that it took."""
        return self._write(self._draft("decision", {
            "agent_name": agent_name, "agent_role": agent_role, "decision_type": decision_type, "decision": decision,
            "confidence": confidence, "reasoning": reasoning, "input_data": input_data, "output_data": output_data,
            "execution_time_ms": execution_time_ms, **fields}, timestamp, key,
            {"trade_id": trade, "signal_id": signal, "spike_event_id": spike}))

    def link_decision(
        self, decision: Target, *, trade: Optional[Target] = None, signal: Optional[Target] = None, spike: Optional[Target] = None,
    ) -> _Written:
        """Says what a decision led to."""
        return self._write(self._change("decision change", decision, {}, {"trade_id": trade, "signal_id": signal, "spike_event_id": spike}))

    def spike(
        self, trading_pair: str, spike_type: str, direction: str, magnitude_percent: Number, timeframe_minutes: int, price_from: Number,
        price_to: Number, *, agent_detected_by: Optional[str] = None, confidence_score: Optional[Number] = None,
        trade: Optional[Target] = None, timestamp: Optional[Moment] = None, key: Optional[str] = None, **fields: Any,
    ) -> _Written:
        """Records a spike: a pump or a dump."""
        return self._write(self._draft("spike", {
            "trading_pair": trading_pair, "spike_type": spike_type, "direction": direction, "magnitude_percent": magnitude_percent,
            "timeframe_minutes": timeframe_minutes, "price_from": price_from, "price_to": price_to, "agent_detected_by": agent_detected_by,
            "confidence_score": confidence_score, **fields}, timestamp, key, {"trade_id": trade}))

    def change_spike(self, spike: Target, *, trade: Optional[Target] = None, **fields: Any) -> _Written:
        """Takes a spike to its next step, as ``status="skipped", skip_reason="too late"``."""
        return self._write(self._change("spike change", spike, fields, {"trade_id": trade}))

    def news(
        self, article_url: str, *, article_title: Optional[str] = None, sentiment: Optional[str] = None,
        confidence: Optional[Number] = None, timestamp: Optional[Moment] = None, key: Optional[str] = None, **fields: Any,
    ) -> _Written:
        """Records an article. It takes the place of the one with the same URL."""
        return self._write(self._draft("news", {
            "article_url": article_url, "article_title": article_title, "sentiment": sentiment, "confidence": confidence, **fields},
            timestamp, key))

    def add_cost(
        self, api_name: str, operation_type: str, *, model: Optional[str] = None, input_tokens: Optional[int] = None,
        output_tokens: Optional[int] = None, cached_tokens: Optional[int] = None, estimated_cost: Optional[Number] = None,
        api_calls: int = 1, decision: Optional[Target] = None, signal: Optional[Target] = None, analysis: Optional[Target] = None,
        timestamp: Optional[Moment] = None, key: Optional[str] = None, **fields: Any,
    ) -> _Written:
        """Records one use of an outside API. With ``model`` and tokens, the server knows the cost."""
        return self._write(self._draft("cost", {
            "api_name": api_name, "operation_type": operation_type, "model": model, "input_tokens": input_tokens,
            "output_tokens": output_tokens, "cached_tokens": cached_tokens, "estimated_cost": estimated_cost, "api_calls": api_calls,
            **fields}, timestamp, key, {"decision_id": decision, "signal_id": signal, "analysis_id": analysis}))

    def market_context(self, *, timestamp: Optional[Moment] = None, key: Optional[str] = None, **fields: Any) -> _Written:
        """Records a look at the market, as ``btc_price=64250.5, fear_greed_index=61``. The circuit breaker lives by it."""
        return self._write(self._draft("market context", fields, timestamp, key))

    def candles(self, trading_pair: str, timeframe: str, rows: Iterable[Any], *, key: Optional[str] = None) -> _Written:
        """Records candles, at most 5,000 at once: rows as ccxt has them ([time, open, high, low, close, volume]), or mappings."""
        names = ("open_time", "open", "high", "low", "close", "volume")
        said = {"trading_pair": trading_pair, "timeframe": timeframe}
        items = [{**said, **(row if isinstance(row, Mapping) else dict(zip(names, row)))} for row in rows]
        if not 1 <= len(items) <= 5000:
            raise ValueError("candles takes 1 to 5,000 rows at once")
        return self._write(self._draft("candles", {"items": items}, None, key))

    def bot_status(
        self, status: str, *, bot_name: Optional[str] = None, message: Optional[str] = None, timestamp: Optional[Moment] = None,
        key: Optional[str] = None, **fields: Any,
    ) -> _Written:
        """Records how the bot is: running, stopped, error or paused. Heartbeats are sent by ``bot()``, which also hears what is asked."""
        return self._write(self._draft("bot status", {"status": status, "message": message, **_named(bot_name), **fields}, timestamp, key))

    def cash_flow(
        self, amount: Number, *, asset: Optional[str] = None, note: Optional[str] = None, external_id: Optional[str] = None,
        timestamp: Optional[Moment] = None, key: Optional[str] = None, **fields: Any,
    ) -> _Written:
        """Records a deposit, or a withdrawal (negative)."""
        return self._write(self._draft("cash flow", {
            "amount": amount, "asset": asset, "note": note, "external_id": external_id or key or uuid.uuid4().hex, **fields},
            timestamp, key))

    def post(self, path: str, body: Mapping[str, Any], *, key: Optional[str] = None) -> _Written:
        """Posts anything else through the spool. Of its kind the client knows nothing, so give it all that it needs, its time too."""
        return self._write(_Draft("record", "POST", path, _checked(_json(dict(body)), _LARGEST_BODY), _key(key)))

    # Reads

    def get(self, path: str, **params: Any) -> _Object:
        """Returns the answer to a GET, as ``get("/api/trades", status="open")``."""
        return self._read_object(path, params, None)

    def performance(self, **params: Any) -> _Object:
        """Returns every figure, as ``performance(period="weekly")``."""
        return self._read_object("/api/performance", params, "data")

    def signals(self, **params: Any) -> _List:
        """Returns signals, newest first; at most 50, or ``limit``."""
        return self._read_list("/api/signals", params)

    def trades(self, **params: Any) -> _List:
        """Returns trades, newest first; at most 50, or ``limit``."""
        return self._read_list("/api/trades", params)

    def open_trades(self, **params: Any) -> _List:
        """Returns every open trade."""
        return self._read_list("/api/trades/open", {**_named(self._bot_name), **params})

    def bots(self) -> _List:
        """Returns every bot at one glance."""
        return self._read_list("/api/bots", {})

    def prices(self, **params: Any) -> _List:
        """Returns the last known price of each pair."""
        return self._read_list("/api/prices", params)

    def circuit_breaker(self, **params: Any) -> _Object:
        """Returns the circuit breaker's state, reasons and measures. ``may_i_trade()`` is the short question."""
        return self._read_object("/api/circuit-breaker", params, "data")

    # How a write is put together

    def _stamp(self) -> str:
        raise NotImplementedError

    def _draft(
        self, kind: str, fields: Mapping[str, Any], when: Optional[Moment], key: Optional[str],
        links: Optional[Mapping[str, Optional[Target]]] = None, *, external_id: Optional[str] = None, group: Optional[str] = None,
    ) -> _Draft:
        known = _KINDS[kind]
        body: Dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
        if known.names_bot and self._bot_name is not None:
            body.setdefault("bot_name", self._bot_name)
        if known.time is not None:
            if key is not None and when is None:
                raise ValueError(f"a write with a key of yours also needs its {known.time}, so that it says the same when it is repeated")
            body[known.time] = self._stamp() if when is None else when
        refs: Dict[str, Receipt] = {}
        for name, target in (links or {}).items():
            if isinstance(target, Receipt):
                refs[name] = target
            elif target is not None:
                body[name] = target
        text = _checked(_json(body), _LARGEST_BATCH if kind == "candles" else _LARGEST_BODY)
        return _Draft(kind, known.method, known.path, text, _key(key), group, refs, None, external_id)

    def _change(
        self, kind: str, target: Target, fields: Mapping[str, Any], links: Optional[Mapping[str, Optional[Target]]] = None,
    ) -> _Draft:
        draft = self._draft(kind, fields, None, None, links)
        if isinstance(target, Receipt):
            draft.refs[""] = target
            draft.group = f"{target.kind} {target.key}"
        else:
            draft.path = draft.path.replace("{id}", str(int(target)))
            draft.group = f"{kind} {target}"
        return draft

    def _of_trade(
        self, kind: str, trade: TradeTarget, fields: Mapping[str, Any], when: Optional[Moment], key: Optional[str], keep_none: bool = False,
    ) -> _Draft:
        draft = self._draft(kind, fields, when, key)
        if keep_none:
            draft.body = _checked(_json(dict(fields)), _LARGEST_BODY)
        if isinstance(trade, Receipt):
            if trade.kind != "trade":
                raise TypeError(f"a {kind} needs the Receipt of a trade, not of a {trade.kind}")
            draft.refs[""] = trade
            draft.group = f"trade {trade.external_id}"
        elif isinstance(trade, str):
            draft.lookup = {"external_id": trade, **_named(self._bot_name)}
            draft.group = f"trade {trade}"
        else:
            draft.path = draft.path.replace("{id}", str(int(trade)))
            draft.group = f"trade number {trade}"
        return draft


def _named(bot_name: Optional[str]) -> Dict[str, str]:
    return {} if bot_name is None else {"bot_name": bot_name}


def _key(key: Optional[str]) -> str:
    if key is None:
        return uuid.uuid4().hex
    if not 1 <= len(key) <= 255 or not all(" " <= letter <= "~" for letter in key):
        raise ValueError("a key is 1 to 255 printable ASCII characters")
    return key


def _checked(body: str, largest: int) -> str:
    if len(body) > largest:
        raise ValueError(f"a write of {len(body)} bytes is more than the server takes ({largest})")
    return body


class Pilothouse(_Calls[Receipt, JsonObject, List[JsonObject]]):
    """The client.

    ``url`` is in PILOTHOUSE_URL and ``api_key`` in PILOTHOUSE_API_KEY unless they are given. ``bot`` is the name in the records.
    ``spool`` is the folder of the spool (PILOTHOUSE_SPOOL_DIR, or pilothouse-spool/NAME in the working directory): one process uses it at a
    time. It takes ``max_records`` writes and ``max_bytes`` bytes; then a write raises SpoolFull. ``wait`` is how many seconds each write
    waits for its answer, so that a refusal is raised where the write is made; with 0, which never waits, refusals are logged, kept in
    refused.jsonl in that folder, and given to ``on_refused``, which is called in the thread that sends.
    """

    def __init__(
        self, url: Optional[str] = None, *, api_key: Optional[str] = None, bot: Optional[str] = None, spool: Optional[str] = None,
        max_records: int = 100_000, max_bytes: int = 64_000_000, wait: float = 0.0, timeout: float = 10.0, ask_timeout: float = 2.0,
        trade_answer_seconds: float = 1.0, on_refused: Optional[Callable[[Receipt], None]] = None,
    ) -> None:
        self._bot_name = bot
        given = os.environ.get
        self._door = _Door(url or given("PILOTHOUSE_URL") or "http://localhost:3000", api_key or given("PILOTHOUSE_API_KEY"), timeout)
        name = urllib.parse.quote(bot or "bot", safe="").replace(".", "%2E")
        folder = spool or given("PILOTHOUSE_SPOOL_DIR") or os.path.join("pilothouse-spool", name)
        self._spool = _Spool(folder, self._door.owner, max_records, max_bytes)
        self._wait = wait
        self._ask_timeout = ask_timeout
        self._trade_answer_seconds = trade_answer_seconds
        self._permissions: Dict[Optional[str], Tuple[float, Permission]] = {}
        self._bot: Optional[Bot] = None
        self._last_stamp = 0
        self._stamps = threading.Lock()
        self._sender = _Sender(self._spool, self._door, on_refused)
        self._sender.start()

    @property
    def url(self) -> str:
        return self._door.url

    @property
    def bot_name(self) -> Optional[str]:
        return self._bot_name

    @property
    def spool_folder(self) -> str:
        return self._spool.folder

    @property
    def waiting(self) -> int:
        """How many writes the server has not answered yet."""
        return len(self._spool.pending)

    @property
    def trouble(self) -> Optional[str]:
        """Why nothing is sent at the moment; None while all is well."""
        return self._sender.trouble

    def __repr__(self) -> str:
        return f"<Pilothouse {self.url} bot={self._bot_name} waiting={self.waiting}>"

    def __enter__(self) -> Pilothouse:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if self._bot is not None:
            self._bot.__exit__(kind, error, trace)
        self.close()

    def flush(self, timeout: Optional[float] = None) -> bool:
        """Waits until every write is answered. Returns False if that took longer than ``timeout`` seconds."""
        with self._spool.changed:
            return self._spool.changed.wait_for(lambda: not self._spool.pending or self._spool.is_closed, timeout) and not self.waiting

    def close(self, timeout: float = 5.0) -> int:
        """Sends what waits, for at most ``timeout`` seconds, and ends. What is left stays in the spool for the next start.

        Returns how many writes are left.
        """
        if self._bot is not None:
            self._bot.stop()
        if self._spool.is_closed:
            return self.waiting
        self.flush(timeout)
        self._sender.end()
        left = self.waiting
        self._spool.close()
        self._door.hang_up()
        if left:
            logger.warning("%d writes stay in the spool in %s, and are sent at the next start.", left, self._spool.folder)
        return left

    def may_i_trade(self, mode: Optional[str] = None) -> Permission:
        """Asks the circuit breaker, and what the owner asks of this bot. Where the server does not say yes, the answer is no.

        The answer has a ``reason``. An answer is used again for a second (``trade_answer_seconds``).
        """
        if self._bot is not None:
            orders = self._bot.orders
            if not self._bot.knows_orders:
                return Permission(False, "The server has not said yet what the owner asks of this bot.")
            if not orders.may_open:
                asked = "close everything" if orders.emergency_close else orders.state
                return Permission(False, f"The owner asks: {asked}{f' ({orders.reason})' if orders.reason else ''}.", orders.state)
        kept = self._permissions.get(mode)
        if kept is not None and 0 <= time.monotonic() - kept[0] < self._trade_answer_seconds:
            return kept[1]
        permission = self._ask_permission(mode)
        self._permissions[mode] = (time.monotonic(), permission)
        return permission

    def bot(
        self, *, every: float = 30.0, stuck_after: float = 120.0, hear_every: float = 5.0, name: Optional[str] = None,
        mode: Optional[str] = None,
    ) -> Bot:
        """Returns the heartbeat of this bot. It begins with ``with``, or with ``start()``."""
        if name is None and self._bot_name is None:
            raise ValueError("a heartbeat needs the name of the bot: Pilothouse(bot=...)")
        self._bot = Bot(self._door, name or self._bot_name or "", every, stuck_after, hear_every, mode)
        return self._bot

    def decision(
        self, agent_name: str, agent_role: str, decision_type: str, *, input_data: Any = None, trade: Optional[Target] = None,
        signal: Optional[Target] = None, spike: Optional[Target] = None, **fields: Any,
    ) -> Decision:
        """Measures and records a decision: ``with client.decision("risk", "risk_manager", "entry") as d: d.decide("approve")``."""
        about = {"input_data": input_data, "trade": trade, "signal": signal, "spike": spike, **fields}
        return Decision(self, agent_name, agent_role, decision_type, about)

    def cost(self, api_name: str, operation_type: str, **fields: Any) -> Use:
        """Records the use of an outside API: ``with client.cost("anthropic", "chart", model="m") as use: use.tokens(input=900)``."""
        return Use(self, api_name, operation_type, fields)

    def pages(self, path: str, **params: Any) -> Iterator[JsonObject]:
        """Yields every record of a list, page by page."""
        while True:
            page = self.get(path, **params)
            yield from page["data"]
            if page.get("next_cursor") is None:
                return
            params["cursor"] = page["next_cursor"]

    def _write(self, draft: _Draft) -> Receipt:
        receipt = self._spool.put(draft)
        if self._wait > 0:
            try:
                receipt.wait(self._wait)
            except NotSentYet:
                pass
        return receipt

    def _read_object(self, path: str, params: Mapping[str, Any], part: Optional[str]) -> JsonObject:
        answer = self._door.call("GET", path, params=params)
        if not answer.is_good:
            raise answer.error()
        read: JsonObject = answer.body if part is None else answer.body[part]
        return read

    def _read_list(self, path: str, params: Mapping[str, Any]) -> List[JsonObject]:
        data: List[JsonObject] = self._read_object(path, params, None)["data"]
        return data

    def _stamp(self) -> str:
        """Now, but never the same twice: the time is one of the things by which a record is found again."""
        with self._stamps:
            now = int(time.time() * 1000)
            # A clock that was set back is followed; within a second it only waits.
            self._last_stamp = self._last_stamp + 1 if self._last_stamp - 1000 < now <= self._last_stamp else now
            return _time_text(self._last_stamp)

    def _ask_permission(self, mode: Optional[str]) -> Permission:
        try:
            params = {"bot_name": self._bot_name, "mode": mode}
            answer = self._door.call("GET", "/api/circuit-breaker", params=params, timeout=self._ask_timeout)
        except PilothouseError as error:
            return Permission(False, error.message)
        data = answer.body.get("data") if answer.is_good else None
        if not isinstance(data, dict):
            return Permission(False, f"The server does not say: {answer.error()}")
        if data.get("may_trade") is True:
            return Permission(True, "The circuit breaker lets trades pass.", data.get("state"))
        reasons = [str(reason.get("message")) for reason in data.get("reasons") or [] if not reason.get("dry_run")]
        return Permission(False, " ".join(reasons) or "The circuit breaker stops trading.", data.get("state"))


# Heartbeats and what is asked


class Bot:
    """The heartbeat of a bot, in a thread of its own, and what the owner asks of it.

    The thread reports every ``every`` seconds. It says running only while the main loop calls ``alive()`` at least every ``stuck_after``
    seconds; else it says error and for how long the loop has not come round. A bot whose process has ended says nothing, and the server
    calls it silent. An order counts as heard when ``alive()`` has returned it to the main loop, and as done when you call ``done()``.
    """

    def __init__(self, door: _Door, name: str, every: float, stuck_after: float, hear_every: float, mode: Optional[str]) -> None:
        if every < 1 or stuck_after <= 0 or hear_every <= 0:
            raise ValueError("every is at least 1 second, stuck_after and hear_every are above 0")
        self.name = name
        self._door, self._every, self._stuck_after, self._hear_every, self._mode = door, every, stuck_after, hear_every, mode
        self._changed = threading.Condition()
        self._orders = Orders()
        self._knows = False
        self._given: Optional[int] = None
        self._shown: Optional[int] = None
        self._to_say: List[Tuple[int, bool]] = []
        self._callbacks: List[Callable[[Orders], None]] = []
        self._at_once: List[Callable[[Orders], None]] = []
        self._figures: Dict[str, Any] = {}
        self._last_alive = time.monotonic()
        self._report_now = False
        self._ended = False
        self._trouble: Optional[str] = None
        self._refused: Optional[str] = None
        self._thread: Optional[threading.Thread] = None

    @property
    def orders(self) -> Orders:
        """What is asked now."""
        return self._orders

    @property
    def knows_orders(self) -> bool:
        """Whether the server has said, since this heartbeat began, what is asked."""
        return self._knows

    @property
    def is_stuck(self) -> bool:
        """Whether the main loop has not come round in time."""
        return time.monotonic() - self._last_alive > self._stuck_after

    @property
    def trouble(self) -> Optional[str]:
        """Why the last report did not arrive; None if it did."""
        return self._trouble

    def start(self) -> Bot:
        with self._changed:
            if self._thread is None:
                self._last_alive = time.monotonic()
                self._ended = self._knows = False
                self._thread = threading.Thread(target=self._run, name=f"pilothouse-heartbeat-{self.name}", daemon=True)
                self._thread.start()
        return self

    def stop(self, status: str = "stopped", message: Optional[str] = None) -> None:
        """Reports a last time and ends the heartbeat."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._ended = True
            self._changed.notify_all()
        if thread is not None:
            thread.join(self._door.timeout + 1)
            self._report(status, message)
            self._door.hang_up()

    def alive(self, **figures: Any) -> Orders:
        """To be called in each round of the main loop. Returns what is asked of the bot.

        ``figures`` go into the next reports: balance, open_positions, total_trades, win_rate, total_pnl, message.
        """
        with self._changed:
            was_stuck = self.is_stuck
            self._last_alive = time.monotonic()
            self._figures.update(figures)
            orders = self._orders
            is_new = orders.control_seq is not None and orders.control_seq != self._shown
            self._shown = orders.control_seq
            self._report_now = self._report_now or was_stuck
            if was_stuck:
                self._changed.notify_all()
        if is_new:
            self._heard(orders)
            for callback in self._callbacks:
                callback(orders)
        return orders

    def on_orders(self, callback: Callable[[Orders], None], *, at_once: bool = False) -> None:
        """Calls ``callback`` with each new order: in ``alive()``, or at once, in the thread of the heartbeat, where it must be quick."""
        (self._at_once if at_once else self._callbacks).append(callback)

    def done(self, orders: Optional[Orders] = None) -> None:
        """Tells the owner that what was asked is done: every trade is closed after emergency_close, the loop rests after paused."""
        with self._changed:
            seq = (orders or self._orders).control_seq
            if seq is not None:
                self._to_say.append((seq, True))
                self._changed.notify_all()

    def __enter__(self) -> Bot:
        return self.start()

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if error is None or isinstance(error, (KeyboardInterrupt, SystemExit)):
            self.stop()
        else:
            self.stop("error", f"The bot ended with {type(error).__name__}: {error}"[:2000])

    async def __aenter__(self) -> Bot:
        return self.start()

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    def _heard(self, orders: Orders) -> None:
        with self._changed:
            if orders.control_seq is not None and orders.control_seq != self._given:
                self._given = orders.control_seq
                self._to_say.append((orders.control_seq, False))
                self._changed.notify_all()

    def _run(self) -> None:
        report_at = hear_at = retry_at = time.monotonic()
        while True:
            with self._changed:
                while not self._ended:
                    now = time.monotonic()
                    due = min(report_at, hear_at)
                    if now >= due or self._report_now or (self._to_say and now >= retry_at):
                        break
                    self._changed.wait(min(due, retry_at) - now if self._to_say else due - now)
                if self._ended:
                    break
                must_report = self._report_now or time.monotonic() >= report_at
                self._report_now = False
            try:
                if not self._say_acknowledgements():
                    retry_at = time.monotonic() + 2.0
                if must_report:
                    arrived = self._report_state()
                    report_at = time.monotonic() + (self._every if arrived else min(self._every, 5.0))
                else:
                    self._hear()
            except Exception:
                logger.exception("The heartbeat of %s failed.", self.name)
                report_at = time.monotonic() + self._every
            hear_at = time.monotonic() + self._hear_every
        self._say_acknowledgements()
        self._door.hang_up()

    def _report_state(self) -> bool:
        if self.is_stuck:
            quiet = f"{time.monotonic() - self._last_alive:.0f} s (it may take {self._stuck_after:.0f} s)"
            return self._report("error", f"The main loop has not come round for {quiet}; the process lives.")
        has_paused = self._orders.state != "running" and self._given == self._orders.control_seq
        return self._report("paused" if has_paused else "running", None)

    def _report(self, status: str, message: Optional[str]) -> bool:
        with self._changed:
            figures, given = {name: value for name, value in self._figures.items() if value is not None}, self._given
        body: Dict[str, Any] = {
            "bot_name": self.name, "status": status, "pid": os.getpid(), "expected_every_seconds": math.ceil(self._every)}
        if self._mode is not None:
            body["mode"] = self._mode
        extra = {**figures, **({} if message is None else {"message": message}), **({} if given is None else {"control_seq": given})}
        # A figure or a number that the server does not take must not silence the heartbeat.
        for further in (extra, {} if message is None else {"message": message}):
            try:
                text = _json({**body, **further})
            except (TypeError, ValueError) as problem:
                logger.error("The figures of %s cannot be sent: %s", self.name, problem)
                continue
            answer = self._call("POST", "/api/bot-status", text, may_be_wrong=bool(further))
            if answer is None:
                return False
            if answer.is_good:
                self._take(answer.body.get("control"))
                return True
            if answer.status != 400 or not further:
                break
            error = answer.error()
            if any(detail.get("field") == "control_seq" for detail in error.details):
                # The server has another database now, and its answer says what is asked there.
                self._given = None
            elif str(error) != self._refused:
                self._refused = str(error)
                logger.error("The server refuses a part of the report of %s, which goes without it: %s", self.name, error)
        return False

    def _say_acknowledgements(self) -> bool:
        while True:
            with self._changed:
                if not self._to_say:
                    return True
                seq, is_done = self._to_say[0]
            body = _json({"control_seq": seq, "done": True} if is_done else {"control_seq": seq})
            answer = self._call("POST", f"/api/bots/{urllib.parse.quote(self.name, safe='')}/control/heard", body)
            if answer is None or not answer.is_good and (_Sender._concerns_all(answer) or answer.status >= 500):
                return False
            with self._changed:
                self._to_say.pop(0)
            if answer.is_good:
                self._take(answer.body.get("control"))
            else:
                logger.error("The server does not take that %s has heard the control %d: %s", self.name, seq, answer.error())

    def _hear(self) -> None:
        answer = self._call("GET", f"/api/bots/{urllib.parse.quote(self.name, safe='')}/control", None)
        if answer is not None and answer.is_good:
            self._take(answer.body.get("data"))

    def _call(self, method: str, path: str, body: Optional[str], may_be_wrong: bool = False) -> Optional[_Answer]:
        trouble: Optional[str]
        try:
            answer: Optional[_Answer] = self._door.call(method, path, body, key=uuid.uuid4().hex if method == "POST" else None)
            trouble = None if answer is not None and answer.is_good else str(answer.error()) if answer is not None else None
        except PilothouseError as error:
            answer, trouble = None, error.message
        if may_be_wrong and answer is not None and answer.status == 400:
            return answer
        if trouble is not None and trouble != self._trouble:
            logger.warning("The heartbeat of %s does not arrive: %s", self.name, trouble)
        self._trouble = trouble
        return answer

    def _take(self, control: Any) -> None:
        if not isinstance(control, dict):
            return
        orders = Orders(
            control.get("control_seq"), str(control.get("state") or "running"), control.get("mode"), control.get("emergency_close") is True,
            control.get("open_trades"), control.get("reason"))
        with self._changed:
            is_new = orders.control_seq is not None and orders.control_seq != self._orders.control_seq
            self._orders, self._knows = orders, True
        if not is_new:
            return
        logger.info("The owner asks %s: %s%s", self.name, orders.state, f" ({orders.reason})" if orders.reason else "")
        for callback in self._at_once:
            try:
                callback(orders)
            except Exception:
                logger.exception("on_orders failed.")
                return
        if self._at_once:
            self._heard(orders)


# Decisions and costs in with blocks


class _Deciding:
    def __init__(self, agent_name: str, agent_role: str, decision_type: str, fields: Dict[str, Any]) -> None:
        self._said: Dict[str, Any] = {"agent_name": agent_name, "agent_role": agent_role, "decision_type": decision_type, **fields}
        self._uses: List[Dict[str, Any]] = []
        self._began = time.perf_counter()
        self.receipt: Optional[Receipt] = None
        """The record of the decision, after the block."""

    def decide(
        self, decision: str, *, confidence: Optional[Number] = None, reasoning: Optional[str] = None, output_data: Any = None,
        **fields: Any,
    ) -> None:
        """Says what was decided. The last word holds."""
        self._said.update({
            "decision": decision, "confidence": confidence, "reasoning": reasoning, "output_data": output_data, **fields})

    def used(self, api_name: str, operation_type: str, **fields: Any) -> None:
        """Adds what the decision used of an outside API, as ``model="m", input_tokens=900, output_tokens=80``."""
        self._uses.append({"api_name": api_name, "operation_type": operation_type, **fields})

    def _begin(self) -> None:
        self._began = time.perf_counter()

    def _end(self, error: Optional[BaseException]) -> Dict[str, Any]:
        self._said["execution_time_ms"] = round((time.perf_counter() - self._began) * 1000)
        if error is not None:
            # It was not decided, whatever was said before; what it was about stays.
            said = {"decided_before": self._said["decision"]} if "decision" in self._said else {}
            what = f"{type(error).__name__}: {error}"
            self._said.update({
                "decision": "error", "confidence": None, "reasoning": what[:100_000],
                "output_data": {"error": {"type": type(error).__name__, "message": str(error)[:10_000]}, **said}})
        elif "decision" not in self._said:
            raise ValueError("nothing was decided: call decide(...) in the block")
        return self._said


class Decision(_Deciding):
    """A decision that is being made. At the end of the block it is recorded with the time that it took, and then what it has used.

    If the block ends with an exception, the decision is recorded as ``error`` with the exception as its reasoning, and the exception goes
    on.
    """

    def __init__(self, client: Pilothouse, agent_name: str, agent_role: str, decision_type: str, fields: Dict[str, Any]) -> None:
        super().__init__(agent_name, agent_role, decision_type, fields)
        self._client = client

    def __enter__(self) -> Decision:
        self._begin()
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        _keeping(error, lambda: self._record(error))

    def _record(self, error: Optional[BaseException]) -> None:
        self.receipt = self._client.add_decision(**self._end(error))
        for use in self._uses:
            self._client.add_cost(decision=self.receipt, **use)


def _keeping(error: Optional[BaseException], record: Callable[[], None]) -> None:
    """Records. Where the block has failed already, a failure of that must not hide why."""
    try:
        record()
    except Exception:
        if error is None:
            raise
        logger.exception("What failed could not be recorded.")


class _Using:
    def __init__(self, api_name: str, operation_type: str, fields: Dict[str, Any]) -> None:
        self._said: Dict[str, Any] = {"api_name": api_name, "operation_type": operation_type, **fields}
        self.receipt: Optional[Receipt] = None
        """The record of the use, after the block."""

    def tokens(self, *, input: Optional[int] = None, output: Optional[int] = None, cached: Optional[int] = None) -> None:
        """Says how many tokens were used. Cached tokens are not among those of the input."""
        self._said.update({"input_tokens": input, "output_tokens": output, "cached_tokens": cached})

    def paid(self, estimated_cost: Number) -> None:
        """Says what it cost, in dollars, where the server cannot know it from the tokens."""
        self._said["estimated_cost"] = estimated_cost

    def cache(self, *, hits: int = 0, misses: int = 0) -> None:
        """Says how often the bot's own cache had the answer and how often it had not."""
        self._said.update({"cache_hits": hits, "cache_misses": misses})


class Use(_Using):
    """The use of an outside API. It is recorded at the end of the block, also where that ends with an exception: the call was made."""

    def __init__(self, client: Pilothouse, api_name: str, operation_type: str, fields: Dict[str, Any]) -> None:
        super().__init__(api_name, operation_type, fields)
        self._client = client

    def __enter__(self) -> Use:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        _keeping(error, self._record)

    def _record(self) -> None:
        self.receipt = self._client.add_cost(**self._said)


# asyncio


class AsyncPilothouse(_Calls["asyncio.Future[Receipt]", "asyncio.Future[JsonObject]", "asyncio.Future[List[JsonObject]]"]):
    """The client for asyncio. It has the same calls, each to be awaited; threads do the work, and the loop is never blocked.

    ``await client.signal(...)`` is over when the write is on the disk; ``await client.stored(receipt)`` when the server has it.
    """

    def __init__(self, url: Optional[str] = None, **options: Any) -> None:
        self.client = Pilothouse(url, **options)
        self._bot_name = self.client.bot_name
        # One thread, so that writes keep the order in which they were made.
        self._writer = ThreadPoolExecutor(1, "pilothouse-writes")
        self._readers = ThreadPoolExecutor(4, "pilothouse-reads")

    def __repr__(self) -> str:
        return f"<Async{repr(self.client)[1:]}"

    async def __aenter__(self) -> AsyncPilothouse:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        await self.close()

    @property
    def waiting(self) -> int:
        """How many writes the server has not answered yet."""
        return self.client.waiting

    @property
    def trouble(self) -> Optional[str]:
        """Why nothing is sent at the moment; None while all is well."""
        return self.client.trouble

    async def may_i_trade(self, mode: Optional[str] = None) -> Permission:
        """As ``Pilothouse.may_i_trade``."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.client.may_i_trade, mode)

    async def stored(self, receipt: Receipt, timeout: Optional[float] = None) -> Optional[int]:
        """As ``Receipt.wait``."""
        return await asyncio.to_thread(receipt.wait, timeout)

    async def flush(self, timeout: Optional[float] = None) -> bool:
        """As ``Pilothouse.flush``."""
        return await asyncio.to_thread(self.client.flush, timeout)

    async def close(self, timeout: float = 5.0) -> int:
        """As ``Pilothouse.close``."""
        left = await asyncio.to_thread(self._close, timeout)
        return left

    def bot(
        self, *, every: float = 30.0, stuck_after: float = 120.0, hear_every: float = 5.0, name: Optional[str] = None,
        mode: Optional[str] = None,
    ) -> Bot:
        """As ``Pilothouse.bot``; it begins with ``async with``. Its ``alive()`` never waits, so it needs no await."""
        return self.client.bot(every=every, stuck_after=stuck_after, hear_every=hear_every, name=name, mode=mode)

    def decision(
        self, agent_name: str, agent_role: str, decision_type: str, *, input_data: Any = None, trade: Optional[Target] = None,
        signal: Optional[Target] = None, spike: Optional[Target] = None, **fields: Any,
    ) -> AsyncDecision:
        """As ``Pilothouse.decision``, with ``async with``."""
        about = {"input_data": input_data, "trade": trade, "signal": signal, "spike": spike, **fields}
        return AsyncDecision(self, agent_name, agent_role, decision_type, about)

    def cost(self, api_name: str, operation_type: str, **fields: Any) -> AsyncUse:
        """As ``Pilothouse.cost``, with ``async with``."""
        return AsyncUse(self, api_name, operation_type, fields)

    async def pages(self, path: str, **params: Any) -> AsyncIterator[JsonObject]:
        """Yields every record of a list, page by page."""
        while True:
            page = await self.get(path, **params)
            for record in page["data"]:
                yield record
            if page.get("next_cursor") is None:
                return
            params["cursor"] = page["next_cursor"]

    def _close(self, timeout: float) -> int:
        self._writer.shutdown()
        left = self.client.close(timeout)
        self._readers.shutdown()
        return left

    def _write(self, draft: _Draft) -> asyncio.Future[Receipt]:
        return asyncio.get_running_loop().run_in_executor(self._writer, self.client._write, draft)

    def _read_object(self, path: str, params: Mapping[str, Any], part: Optional[str]) -> asyncio.Future[JsonObject]:
        return asyncio.get_running_loop().run_in_executor(self._readers, self.client._read_object, path, params, part)

    def _read_list(self, path: str, params: Mapping[str, Any]) -> asyncio.Future[List[JsonObject]]:
        return asyncio.get_running_loop().run_in_executor(self._readers, self.client._read_list, path, params)

    def _stamp(self) -> str:
        return self.client._stamp()


class AsyncDecision(_Deciding):
    """As Decision, with ``async with``."""

    def __init__(self, client: AsyncPilothouse, agent_name: str, agent_role: str, decision_type: str, fields: Dict[str, Any]) -> None:
        super().__init__(agent_name, agent_role, decision_type, fields)
        self._client = client

    async def __aenter__(self) -> AsyncDecision:
        self._begin()
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        try:
            self.receipt = await self._client.add_decision(**self._end(error))
            for use in self._uses:
                await self._client.add_cost(decision=self.receipt, **use)
        except Exception:
            if error is None:
                raise
            logger.exception("What failed could not be recorded.")


class AsyncUse(_Using):
    """As Use, with ``async with``."""

    def __init__(self, client: AsyncPilothouse, api_name: str, operation_type: str, fields: Dict[str, Any]) -> None:
        super().__init__(api_name, operation_type, fields)
        self._client = client

    async def __aenter__(self) -> AsyncUse:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        try:
            self.receipt = await self._client.add_cost(**self._said)
        except Exception:
            if error is None:
                raise
            logger.exception("What failed could not be recorded.")
