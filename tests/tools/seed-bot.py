"""A bot as the seed's are: it opens the file, inserts, commits and closes, over and over, while the server runs.

    seed-bot.py DATABASE NAME JOURNAL [URL KEY]

It runs until its standard input ends. JOURNAL gets one line of JSON for each row that was committed here or acknowledged by the
server: table, id, columns, values. With URL it also asks the server for the row that it has just committed, and looks in the file for
the row that the server has just acknowledged: both must be there at once. What goes wrong is one line on standard error, and the exit
code is 1.
"""

import json
import sqlite3
import sys
import threading
import urllib.request

PAUSE = 0.1
SIGNAL = ("trading_pair", "signal_type", "signal_strength", "price")
TRADE = ("trading_pair", "side", "entry_price", "exit_price", "quantity", "pnl", "status")
STATUS = ("bot_name", "status", "pid", "balance", "open_positions", "total_trades", "win_rate", "total_pnl")


def insert(db, table, columns, values):
    marks = ", ".join("?" * len(values))
    return db.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values).lastrowid


def call(url, key, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"X-Api-Key": key, "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, json.load(answer)


def round_of(number, database, name, note, server):
    pair = f"{name}/PY".upper()
    signal = (pair, "BUY", number % 100, number + 0.5)
    trade = (pair, "BUY", 100.0, 101.25, float(number), 1.25 * number, "closed")
    status = (name, "running", 1, 1000.5, 0, number, 50.0, 1.25 * number)

    # As the seed writes: one connection for each look at the market, and five seconds of patience.
    db = sqlite3.connect(database, timeout=5)
    written = [
        ("signals", SIGNAL, signal, insert(db, "signals", SIGNAL, signal)),
        ("trades", TRADE, trade, insert(db, "trades", TRADE, trade)),
        ("bot_status", STATUS, status, insert(db, "bot_status", STATUS, status)),
    ]
    db.commit()
    for table, columns, values, row in written:
        note(table, columns, row, values)
        if db.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE id = ?", (row,)).fetchone() != values:
            raise SystemExit(f"{name}: row {row} of {table}, committed here, is not in the file")
    db.close()
    if server is None:
        return

    # What was committed here is in the server's next answer.
    newest = call(*server, f"/api/signals?limit=1&trading_pair={pair}")[1]["data"]
    if not newest or newest[0]["id"] != written[0][3]:
        raise SystemExit(f"{name}: signal {written[0][3]} was committed, and the server answers {newest}")

    # What the server acknowledges is in the file.
    web = (f"{name}/WEB".upper(), "SELL", number % 100, number + 0.25)
    code, answer = call(*server, "/api/signals", dict(zip(SIGNAL, web)))
    if code != 201:
        raise SystemExit(f"{name}: the server answered {code}: {answer}")
    note("signals", SIGNAL, answer["signal_id"], web)
    db = sqlite3.connect(database, timeout=5)
    found = db.execute(f"SELECT {', '.join(SIGNAL)} FROM signals WHERE id = ?", (answer["signal_id"],)).fetchone()
    db.close()
    if found != web:
        raise SystemExit(f"{name}: the server acknowledged signal {answer['signal_id']}, and the file has {found}")


def main():
    database, name, journal = sys.argv[1:4]
    server = tuple(sys.argv[4:6]) or None
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    with open(journal, "w", encoding="utf-8") as lines:
        def note(table, columns, row, values):
            lines.write(json.dumps({"table": table, "id": row, "columns": columns, "values": values}) + "\n")
            lines.flush()

        number = 0
        while not ended.wait(PAUSE):
            number += 1
            try:
                round_of(number, database, name, note, server)
            except Exception as error:
                raise SystemExit(f"{name}, round {number}: {type(error).__name__}: {error}")


main()
