#!/usr/bin/python3
"""The sentiment of news (docs/metrics.md, "News"), computed a second time with pandas from the articles that were posted. It shares nothing with
the server but the definitions.

  sentiment.py FILE   reads {now, hours, asset, source, articles}. Prints {n, sentiment, weight, without_confidence, counts, by_asset}.
"""
import json
import sys

import pandas as pd

SCORES = {"bullish": 1.0, "neutral": 0.0, "bearish": -1.0}


def mean(articles):
    weight = articles.weight.sum()
    return float((articles.weight * articles.score).sum() / weight) if weight > 0 else None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        asked = json.load(file)
    now = pd.Timestamp(asked["now"])
    names = ["timestamp", "article_url", "sentiment", "confidence", "cache_expires_at", "published_at", "source", "assets"]
    articles = pd.DataFrame(asked["articles"], columns=names).drop_duplicates("article_url", keep="last")
    for name in ("timestamp", "published_at", "cache_expires_at"):
        articles[name] = pd.to_datetime(articles[name], utc=True)
    articles["time"] = articles.published_at.fillna(articles.timestamp)
    articles["score"] = articles.sentiment.map(SCORES)
    articles = articles[articles.score.notna() & (articles.cache_expires_at.isna() | (articles.cache_expires_at > now))]
    articles = articles[(articles.time >= now - pd.Timedelta(hours=asked["hours"])) & (articles.time <= now + pd.Timedelta(minutes=5))].copy()
    articles["assets"] = articles.assets.map(lambda assets: assets if isinstance(assets, list) else [])
    if asked["source"] is not None:
        articles = articles[articles.source == asked["source"]]
    if asked["asset"] is not None:
        articles = articles[articles.assets.map(lambda assets: asked["asset"] in assets)]
    age = ((now - articles.time) / pd.Timedelta(hours=1)).clip(lower=0)
    articles["weight"] = articles.confidence.astype(float).fillna(1.0) * 0.5 ** (age / 12)
    each = articles.explode("assets").dropna(subset="assets")
    json.dump({
        "n": len(articles),
        "sentiment": mean(articles),
        "weight": float(articles.weight.sum()),
        "without_confidence": int(articles.confidence.isna().sum()),
        "counts": {word: int((articles.sentiment == word).sum()) for word in SCORES},
        "by_asset": {asset: {"n": len(own), "sentiment": mean(own)} for asset, own in each.groupby("assets")},
    }, sys.stdout)


main()
