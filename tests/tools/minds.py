#!/usr/bin/python3
"""Checks what a server says of its agents, signals, spikes, news, models' costs, trades and correlations: every figure is computed a second time with numpy
and pandas from the rows that the server lists (docs/metrics.md), by the scripts beside this one and here, and compared to 1e-9.

  minds.py URL [KEY]   prints how many figures of each kind were compared, and exits with 1 at the first that differs. The key needs the scopes
                       read and write (correlations are computed anew); without one, PILOTHOUSE_API_KEY is used.

`pilothouse replay` fills a server with rows for it. The rows must be of a month whose costs are all stored, and not change meanwhile.
"""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import numpy as np
import pandas as pd

HERE = os.path.dirname(os.path.abspath(__file__))
# The elapsed part of the month is of a moment between two questions.
NOW_DIFFERS = 1e-4


class Server:
    def __init__(self, url, key):
        self.url, self.key = url.rstrip("/"), key

    def ask(self, path, body=None, **query):
        query = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
        request = urllib.request.Request(f"{self.url}{path}{'?' + query if query else ''}", None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", f"Bearer {self.key}")
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read().decode()

    def get(self, path, **query):
        return json.loads(self.ask(path, **query))

    def list(self, path, **query):
        """Every row of a list, page by page."""
        rows, cursor = [], None
        while True:
            page = self.get(path, limit=500, cursor=cursor, **query)
            rows += page["data"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return rows


def differ(what, expected, actual):
    sys.exit(f"{what}: expected {expected!r}, the server says {actual!r}")


def compare(what, expected, actual, tolerance=1e-9):
    """Compares everything that is expected with what was answered. Returns how many figures that were."""
    if isinstance(expected, dict):
        if not isinstance(actual, dict) or not expected.keys() <= actual.keys():
            differ(what, expected, actual)
        return sum(compare(f"{what}.{key}", value, actual[key], tolerance) for key, value in expected.items())
    if isinstance(expected, (list, tuple)):
        if not isinstance(actual, list) or len(expected) != len(actual):
            differ(what, expected, actual)
        return sum(compare(f"{what}[{i}]", one, other, tolerance) for i, (one, other) in enumerate(zip(expected, actual)))
    if isinstance(expected, (int, float)) and not isinstance(expected, bool):
        if not isinstance(actual, (int, float)) or not abs(expected - actual) <= tolerance * max(1, abs(expected)):
            differ(what, expected, actual)
    elif expected != actual:
        differ(what, expected, actual)
    return 1


def run(script, world):
    """What a script beside this one computes from a world."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(world, file)
        file.flush()
        done = subprocess.run([sys.executable, os.path.join(HERE, script), file.name], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{script}: {done.stderr}")
    return json.loads(done.stdout)


def read(server):
    """The rows of the server."""
    rows = {
        "decisions": server.list("/api/agents/decisions"),
        "spikes": server.list("/api/spikes"),
        "news": server.list("/api/news"),
        "costs": server.list("/api/cost-analytics/records"),
        "prices": server.list("/api/model-prices"),
        "trades": server.list("/api/trades"),
        "signals": server.list("/api/signals"),
        "analyses": server.list("/api/analysis"),
        "market": server.list("/api/market-context/history", hours=87600),
    }
    pairs = sorted({row["trading_pair"] for row in rows["signals"]})
    rows["candles"] = [candle | {"stored_at": candle["known_at"]} for pair in pairs for candle in server.list("/api/candles", trading_pair=pair, timeframe="1m")]
    return rows


def check_csv(server, rows):
    """The CSV of each list has the rows that the pages have."""
    compared = 0
    for name, path in (("decisions", "/api/agents/decisions"), ("spikes", "/api/spikes"), ("news", "/api/news"), ("costs", "/api/cost-analytics/records")):
        listed = list(csv.DictReader(io.StringIO(server.ask(path, format="csv"))))
        compared += compare(f"{path} as CSV", [str(row["id"]) for row in rows[name]], [row["id"] for row in listed])
    return compared


def check_agents(server, rows):
    answer = server.get("/api/agents/performance", period="daily")["computed"]
    world = {"now": answer["judged_at"], "period": "daily", "listed_signals": rows["signals"]}
    world |= {name: rows[name] for name in ("candles", "signals", "market", "trades", "spikes", "decisions", "costs")}
    compared = compare("/api/agents/performance", run("agents.py", world)["agents"], answer["agents"])
    decisions, costs = pd.DataFrame(rows["decisions"]), pd.DataFrame(rows["costs"])
    today = costs[pd.to_datetime(costs.timestamp, utc=True).dt.normalize() == pd.Timestamp(answer["judged_at"]).normalize()]
    spent = today.merge(decisions[["id", "agent_name"]], left_on="decision_id", right_on="id").groupby("agent_name").estimated_cost.sum()
    listed = {agent["agent_name"]: agent for agent in server.get("/api/agents")["data"]}
    expected = {
        name: {"decisions": len(mine), "roles": sorted(mine.agent_role.unique()), "cost_today": float(spent.get(name, 0.0))} for name, mine in decisions.groupby("agent_name")}
    return compared + compare("/api/agents", expected, listed), pd.Timestamp(answer["judged_at"])


def check_spikes(server, rows, now):
    compared = 0
    for hours in (1, 4, 24):
        answer = server.get("/api/spikes/detectors", horizon=hours)["data"]
        world = {"now": now.isoformat(), "horizon_hours": hours, "direction": None, "from": None, **{name: rows[name] for name in ("spikes", "candles", "trades")}}
        compared += compare("/api/spikes/detectors", run("detectors.py", world), {one["agent_detected_by"] or "": one for one in answer})
    results = {trade["id"]: trade["pnl"] for trade in rows["trades"]}
    for spike in rows["spikes"]:
        if spike["trade_id"] is not None:
            pnl = results[spike["trade_id"]]
            compared += compare(f"spike {spike['id']}", {"pnl": pnl, "outcome": "profitable" if pnl > 0 else "unprofitable" if pnl < 0 else "breakeven"}, spike)
    return compared


def check_news(server, rows):
    compared = 0
    for hours, asset in ((24, None), (48, None), (48, "BTC"), (12, "LTC")):
        answer = server.get("/api/news/sentiment", hours=hours, asset=asset)["data"]
        expected = run("sentiment.py", {"now": answer["to"], "hours": hours, "asset": asset, "source": None, "articles": rows["news"]})
        counts, by_asset = expected.pop("counts"), expected.pop("by_asset")
        compared += compare("/api/news/sentiment", expected | counts, answer)
        compared += compare("/api/news/sentiment by_asset", by_asset, {one["asset"]: one for one in answer["by_asset"]})
    return compared


def check_costs(server, rows, now):
    """Tokens that the server priced are priced here again."""
    uses = [use | {"estimated_cost": use["estimated_cost"] if use["cost_source"] == "sent" else None} for use in rows["costs"]]
    compared = compare("costs", [use["estimated_cost"] for use in rows["costs"] if use["cost_source"] == "priced"], priced(rows))
    agents = {str(decision["id"]): decision["agent_name"] for decision in rows["decisions"]}
    days = sorted(pd.to_datetime([use["timestamp"] for use in uses], utc=True).strftime("%Y-%m-%d"))
    for filters in ({}, {"model": "replay-large"}, {"agent": "trend_agent"}):
        answer = server.get("/api/cost-analytics/summary", from_date=days[0], to_date=days[-1], **filters)["data"]
        expected = run("costs.py", {
            "now": now.isoformat(), "from": days[0], "to": days[-1], "filters": filters, "uses": uses, "prices": rows["prices"], "agents": agents})
        month = expected.pop("month")
        part, projected = month.pop("elapsed_part"), month.pop("projection")
        compared += compare("summary.month", month, answer["month"]) + compare("summary.month.elapsed_part", part, answer["month"]["elapsed_part"], NOW_DIFFERS)
        if projected is not None:
            compared += compare("summary.month.projection", month["spent"] / answer["month"]["elapsed_part"], answer["month"]["projection"])
        for split in [name for name in expected if name.startswith("by_")]:
            compared += compare(f"summary.{split}", expected.pop(split), {one["name"] or "": one for one in answer[split]})
        compared += compare("summary", expected, answer)
    return compared


def priced(rows):
    """The cost of each use that the server has priced, by the price that its model had at its time."""
    prices = pd.DataFrame(rows["prices"]).assign(valid_from=lambda table: pd.to_datetime(table.valid_from, utc=True)).sort_values("valid_from")
    costs = []
    for use in rows["costs"]:
        if use["cost_source"] == "priced":
            price = prices[(prices.model == use["model"]) & (prices.valid_from <= pd.Timestamp(use["timestamp"]))].iloc[-1]
            tokens = np.array([use["input_tokens"] or 0, use["output_tokens"] or 0, use["cached_tokens"] or 0], dtype=float)
            costs.append(float(tokens @ np.array([price.input_per_million, price.output_per_million, price.cached_per_million], dtype=float)) / 1e6)
    return costs


def naming(rows, column):
    """The rows that name something by a column."""
    table = pd.DataFrame(rows)
    return table[table[column].notna()].astype({column: "int64"})


def check_trades(server, rows):
    """What each trade left after the costs of its decisions, its signal and its analyses."""
    of_signal = naming(rows["trades"], "signal_id")[["id", "signal_id"]].rename(columns={"id": "trade"})
    decisions = naming(rows["decisions"], "signal_id").merge(of_signal, on="signal_id")
    decisions = pd.concat([
        naming(rows["decisions"], "trade_id")[["id", "trade_id"]].rename(columns={"trade_id": "trade"}), decisions[decisions.trade_id.isna()][["id", "trade"]]])
    analyses = naming(rows["analyses"], "signal_id").merge(of_signal, on="signal_id")[["id", "trade"]]
    named = pd.concat([
        naming(rows["costs"], "decision_id").merge(decisions.rename(columns={"id": "decision_id"}), on="decision_id"),
        naming(rows["costs"], "signal_id").merge(of_signal, on="signal_id"),
        naming(rows["costs"], "analysis_id").merge(analyses.rename(columns={"id": "analysis_id"}), on="analysis_id")])
    spent = named.drop_duplicates(["trade", "id"]).groupby("trade").estimated_cost.sum()
    listed = {str(trade["trade_id"]): trade for trade in server.list("/api/why/trades")}
    expected = {}
    for trade in rows["trades"]:
        if trade["status"] == "closed":
            cost = float(spent[trade["id"]]) if trade["id"] in spent.index else None
            expected[str(trade["id"])] = {"pnl": trade["pnl"], "ai_cost": cost, "pnl_after_ai": None if cost is None else trade["pnl"] - cost}
    return compare("/api/why/trades", expected, listed)


def check_signals(server, rows):
    """The scorecard of the signals, and the best model by it."""
    questions = [{"by": "type"}, {"by": "strength", "trading_pair": "BTC/USD"}, {"by": "model"}, {"by": "pair", "signal_type": "SELL"}]
    answers = [server.get("/api/performance/signals", **question)["data"] for question in questions]
    world = {"now": answers[-1]["basis"]["judged_at"], "questions": questions, **{name: rows[name] for name in ("candles", "signals", "market", "trades")}}
    compared, expected = 0, run("scorecard.py", world)["answers"]
    for answer, own in zip(answers, expected):
        compared += compare("scorecard", own["groups"], {group["key"] or "": group for group in answer["groups"]}) + compare("scorecard.total", own["total"], answer["total"])
    for by in ("win_rate", "avg_return", "sqn"):
        best = {one["model"]: one for one in server.get("/api/models/best", by=by, min_n=1)["data"]["models"]}
        scores = {model: {name: score["trades"][name] for name in ("win_rate", "avg_return", "sqn")} for model, score in expected[2]["groups"].items() if model}
        compared += compare("/api/models/best", {model: score for model, score in scores.items() if score[by] is not None}, best)
    return compared


def check_correlation(server, rows):
    compared = 0
    for days in (2, 7):
        answer = json.loads(server.ask("/api/correlation/compute", {"period_days": days}))["data"]
        world = {"now": answer["to"], "period_days": days, "assets": None, **{name: rows[name] for name in ("candles", "signals", "market")}}
        compared += compare("/api/correlation/compute", run("correlation.py", world), answer)
        stored = server.get("/api/correlation/matrix", period_days=days)["data"]
        compared += compare("/api/correlation/matrix", {name: answer[name] for name in ("assets", "matrix", "samples")}, stored)
    return compared


def main():
    server = Server(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.environ["PILOTHOUSE_API_KEY"])
    rows = read(server)
    for name in ("decisions", "spikes", "news", "costs", "prices", "trades"):
        if not rows[name]:
            sys.exit(f"The server lists no {name}.")
    agents, now = check_agents(server, rows)
    counts = {
        "lists": check_csv(server, rows), "agents": agents, "spikes": check_spikes(server, rows, now), "news": check_news(server, rows),
        "costs": check_costs(server, rows, now), "trades": check_trades(server, rows),
        "signals": check_signals(server, rows), "correlation": check_correlation(server, rows)}
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
