import type { Schema } from '../api'
import type { Trade } from '../data'
import { price } from '../format'
import { t } from '../texts'
import { Time } from './basic'
import { join, line, marksOf, type Dot } from './candles'
import { ChartTable } from './chart-table'

/** The price around a trade as a table, in the order of time, with the trade's own entry and exit. */
export function PriceTable({ trade, candles, dots, minutes }: { trade: Trade; candles: Schema<'Candle'>[]; dots: Dot[]; minutes: number }) {
  const bars = join(candles, minutes)
  const points = bars.length > 0 ? [] : line(dots)
  const marks = marksOf(trade, (bars.length > 0 ? bars : points).map((one) => one.time))
  const prices = { true: trade.entry_price, false: trade.exit_price }
  const did = (time: number) => marks.filter((mark) => mark.time === time).map((mark) => `${mark.text} ${price(prices[`${mark.isEntry}`] ?? 0)}`).join(', ')
  const at = (time: number) => <Time at={new Date(time * 1000).toISOString()} />
  const row = (index: number) => {
    const bar = bars[index]
    if (!bar) return [at(points[index]!.time), price(points[index]!.value), did(points[index]!.time)]
    return [at(bar.time), ...[bar.open, bar.high, bar.low, bar.close].map((one) => price(Number(one.toPrecision(8)))), did(bar.time)]
  }
  const heads = bars.length > 0 ? [t.signals.time, ...t.trade.candle, t.trade.tradeDid] : [t.signals.time, t.signals.price, t.trade.tradeDid]
  return <ChartTable id="around" size="price" caption={t.trade.caption(trade.trading_pair ?? '')} heads={heads} words={[heads.length - 1]} count={bars.length || points.length} row={row} />
}
