"""A bot that writes as fast as it can: ten_thousand.py FIRST LAST BEGIN, with the spool, the server and the key of the environment.

It says each number when its write is on the disk, and at the end how many writes the server has not answered. The numbers go round over
four kinds of records. Each write has a key and a time of its own number, so that a restarted bot may repeat the last one.
"""

import os
import sys
from datetime import datetime, timedelta

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from pilothouse import Pilothouse  # noqa: E402


def main() -> None:
    with Pilothouse(bot="ten_thousand") as client:
        first, last, begin = int(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
        for n in range(first, last + 1):
            name, at = f"N{n:05}", begin + timedelta(seconds=n)
            if n % 4 == 0:
                client.signal(f"{name}/USDT", "BUY", 5, 1.5, key=name, timestamp=at)
            elif n % 4 == 1:
                client.open_trade(f"{name}/USDT", "BUY", 1.5, 2, external_id=name, key=name, timestamp=at)
            elif n % 4 == 2:
                client.add_decision("writer", "tester", "entry", name, key=name, timestamp=at)
            else:
                client.add_cost("anthropic", name, estimated_cost=0.25, key=name, timestamp=at)
            print(n, flush=True)
        client.flush(300)
        print(f"left {client.waiting}", flush=True)


main()
