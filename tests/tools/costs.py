#!/usr/bin/env python3
"""Computes with pandas what GET /api/cost-analytics/summary must answer, as docs/metrics.md ("What AI costs") says.

It knows nothing of the server's code: it prices the tokens of every use itself, from the uses as they were posted.

  costs.py WORLD.json    {now, from, to, filters: {bot, model, ...}, uses: [...], prices: [...], agents: {decision id: name}}
"""
import json
import sys

import numpy as np
import pandas as pd

NAMES = {"api": "api_name", "operation": "operation_type", "model": "model", "bot": "bot_name", "agent": "agent"}


def cost_of(use, prices):
    """The cost of a use in dollars; NaN if it is not known."""
    if use["estimated_cost"] is not None:
        return use["estimated_cost"]
    tokens = [use["input_tokens"] or 0, use["cached_tokens"] or 0, use["output_tokens"] or 0]
    if sum(tokens) == 0:
        return 0.0
    valid = prices[(prices.model.str.lower() == (use["model"] or "").lower()) & (prices.valid_from <= use["timestamp"])]
    if valid.empty:
        return np.nan
    price = valid.sort_values("valid_from").iloc[-1]
    cached = price.input_per_million if pd.isna(price.cached_per_million) else price.cached_per_million
    return float(np.dot(tokens, [price.input_per_million, cached, price.output_per_million]) / 1e6)


def figures(rows, means):
    hits, misses = int(rows.cache_hits.sum()), int(rows.cache_misses.sum())
    with_hits = rows[rows.cache_hits > 0]
    mean = with_hits.join(means, on=["api_name", "operation_type", "model_key"])["mean_miss"]
    unpriced = rows[rows.cost.isna()]
    saved = float((with_hits.cache_hits * mean).sum())
    unknown = int(with_hits.cache_hits[mean.isna()].sum())
    return {
        "uses": len(rows),
        "api_calls": int(rows.api_calls.sum()),
        "cost": float(rows.cost.sum()),
        "input_tokens": int(rows.input_tokens.sum()),
        "output_tokens": int(rows.output_tokens.sum()),
        "cached_tokens": int(rows.cached_tokens.sum()),
        "cache_hits": hits,
        "cache_misses": misses,
        "cache_hit_rate": 100 * hits / (hits + misses) if hits + misses else None,
        "saved_by_cache": saved if unknown == 0 or mean.notna().any() else None,
        "hits_without_cost": unknown,
        "unpriced_uses": len(unpriced),
        "unpriced_tokens": int(unpriced[["input_tokens", "output_tokens", "cached_tokens"]].to_numpy().sum()),
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        world = json.load(file)
    now = pd.Timestamp(world["now"])
    prices = pd.DataFrame(world["prices"])
    prices["valid_from"] = pd.to_datetime(prices.valid_from, utc=True)
    uses = pd.DataFrame(world["uses"])
    uses["timestamp"] = pd.to_datetime(uses.timestamp, utc=True)
    plain = uses.astype(object).where(uses.notna(), None)
    uses["cost"] = [cost_of(row, prices) for _, row in plain.iterrows()]
    uses["agent"] = [world["agents"].get(str(int(one))) if pd.notna(one) else None for one in uses.decision_id]
    for name in ["api_calls", "cache_hits", "cache_misses", "input_tokens", "output_tokens", "cached_tokens"]:
        uses[name] = uses[name].fillna(0).astype("int64")
    uses["model_key"] = uses.model.fillna("")
    for split, value in world["filters"].items():
        column = uses[NAMES[split]]
        uses = uses[column == value] if split in ("bot", "agent") else uses[column.str.lower() == value.lower()]

    begins = now.normalize().replace(day=1)
    ends = begins + pd.DateOffset(months=1)
    month = uses[(uses.timestamp >= begins) & (uses.timestamp < ends)]
    part = (now - begins) / (ends - begins)
    spent = float(month.cost.sum())
    first, last = pd.Timestamp(world["from"], tz="UTC"), pd.Timestamp(world["to"], tz="UTC") + pd.Timedelta(days=1)
    rows = uses[(uses.timestamp >= first) & (uses.timestamp < last)]
    missed = rows[rows.cost.notna() & (rows.cache_misses > 0)]
    sums = missed.groupby(["api_name", "operation_type", "model_key"])[["cost", "cache_misses"]].sum()
    means = (sums.cost / sums.cache_misses).rename("mean_miss").to_frame()
    answer = {
        "total": figures(rows, means),
        "month": {
            "month": begins.strftime("%Y-%m"),
            "spent": spent,
            "elapsed_part": float(part),
            "projection": spent / part if now - begins >= pd.Timedelta(days=2) else None,
            "unpriced_uses": int(month.cost.isna().sum()),
        },
        "by_day": {str(day): figures(group, means) for day, group in rows.groupby(rows.timestamp.dt.strftime("%Y-%m-%d"))},
        "unpriced_models": sorted(set(rows[rows.cost.isna()].model.dropna())),
    }
    for split, column in NAMES.items():
        answer[f"by_{split}"] = {key: figures(group, means) for key, group in rows.groupby(rows[column].fillna(""))}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
