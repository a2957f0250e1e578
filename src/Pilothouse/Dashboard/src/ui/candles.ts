import type { UTCTimestamp } from 'lightweight-charts'
import type { Schema } from '../api'
import type { Trade } from '../data'
import { t } from '../texts'

export interface Dot { at: string; price: number }
export interface Bar { time: UTCTimestamp; open: number; high: number; low: number; close: number }
export const seconds = (at: string) => Math.floor(new Date(at).getTime() / 1000) as UTCTimestamp

/** Joins candles of the same length to longer ones that begin at whole multiples of their length. */
export function join(candles: Schema<'Candle'>[], minutes: number): Bar[] {
  const joined = new Map<number, Bar>()
  for (const candle of candles) {
    const at = Math.floor(seconds(candle.open_time ?? '') / (minutes * 60)) * minutes * 60 as UTCTimestamp
    const known = joined.get(at)
    const [open, high, low, close] = [candle.open ?? 0, candle.high ?? 0, candle.low ?? 0, candle.close ?? 0]
    if (known) Object.assign(known, { high: Math.max(known.high, high), low: Math.min(known.low, low), close })
    else joined.set(at, { time: at, open, high, low, close })
  }
  return [...joined.values()].sort((a, b) => a.time - b.time)
}

/** One price for each second, in order. */
export const line = (dots: Dot[]) => [...new Map(dots.map((dot) => [seconds(dot.at), dot.price]))].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value }))

/** Entry and exit of a trade, each at the last of these times before it. */
export function marksOf(trade: Trade, times: UTCTimestamp[]): { time: UTCTimestamp; text: string; isEntry: boolean }[] {
  return [[trade.timestamp, t.open.entry, true] as const, [trade.closed_at, t.trades.exit, false] as const].flatMap(([at, text, isEntry]) => {
    const time = at ? times.findLast((one) => one <= seconds(at)) : undefined
    return time === undefined ? [] : [{ time, text, isEntry }]
  })
}
