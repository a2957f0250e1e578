"""The smallest bot: it says that it lives, asks before it trades, and records what it does. Its key is in PILOTHOUSE_API_KEY."""

import time

from pilothouse import Pilothouse

with Pilothouse(bot="ten_line_bot") as client, client.bot(every=30, mode="paper") as bot:
    for price in (3.41, 3.45, 3.39, 3.52):
        time.sleep(1)
        bot.alive()
        signal = client.signal("SUI/USDC", "BUY", 7, price)
        if client.may_i_trade("paper"):
            trade = client.open_trade("SUI/USDC", "BUY", price, 100, signal=signal, mode="paper")
            client.close_trade(trade, round(price * 1.01, 4), fees=0.4)
print(f"{client.waiting} records wait for the server in {client.spool_folder}")
