// The price around a trade: candles where they are stored, else the prices of its pair's signals as dots.
import { CandlestickSeries, createChart, createSeriesMarkers, LineSeries, LineStyle, type UTCTimestamp } from 'lightweight-charts'
import { useEffect, useRef } from 'preact/hooks'
import type { Schema } from '../api'
import type { Trade } from '../data'
import { dayOf, price, time, utc } from '../format'
import { colours } from '../settings'
import { t } from '../texts'
import { directionOf } from './basic'
import { join, line, marksOf, type Dot } from './candles'
import { colour } from './equity'

export default function PriceChart({ trade, candles, dots, minutes }: { trade: Trade; candles: Schema<'Candle'>[]; dots: Dot[]; minutes: number }) {
  const box = useRef<HTMLDivElement>(null)
  const theme = colours.value
  const zone = utc.value
  const pair = trade.trading_pair ?? ''
  useEffect(() => {
    if (!box.current) return
    const chart = createChart(box.current, {
      autoSize: true, layout: { attributionLogo: false, background: { color: 'transparent' }, textColor: colour('axis'), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 },
      grid: { vertLines: { visible: false }, horzLines: { color: colour('grid') } }, rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, timeVisible: true, tickMarkFormatter: (at: number, kind: number) => kind <= 2 ? dayOf(at * 1000) : time(at * 1000).slice(-5) },
      localization: { timeFormatter: (at: number) => time(at * 1000), priceFormatter: (value: number) => price(Number(value.toPrecision(8))) }, handleScroll: { mouseWheel: false }, handleScale: { mouseWheel: false },
    })
    const bars = join(candles, minutes)
    const up = colour('up')
    const down = colour('down')
    const series = bars.length > 0
      ? chart.addSeries(CandlestickSeries, { upColor: colour('surface'), borderUpColor: up, wickUpColor: up, downColor: down, borderDownColor: down, wickDownColor: down, priceLineVisible: false, lastValueVisible: false })
      : chart.addSeries(LineSeries, { color: colour('line'), lineStyle: LineStyle.Dotted, lineWidth: 1, pointMarkersVisible: true, pointMarkersRadius: 3, priceLineVisible: false, lastValueVisible: false })
    if (bars.length > 0) series.setData(bars)
    else series.setData(line(dots))
    const lines: [number | null | undefined, string, string, LineStyle][] = [
      [trade.entry_price, colour('ink'), t.open.entry, LineStyle.Solid], [trade.stop_loss, colour('loss'), t.open.stop, LineStyle.Dashed], [trade.take_profit, colour('gain'), t.open.target, LineStyle.Dashed],
    ]
    for (const [value, shade, title, lineStyle] of lines) if (value !== null && value !== undefined) series.createPriceLine({ price: value, color: shade, lineStyle, lineWidth: 1, axisLabelVisible: true, title })
    const isLong = directionOf(trade.side ?? '') > 0
    createSeriesMarkers(series, marksOf(trade, series.data().map((one) => one.time as UTCTimestamp)).map(({ time: at, text, isEntry }) =>
      isEntry === isLong ? { time: at, text, color: colour('ink'), shape: 'arrowUp' as const, position: 'belowBar' as const } : { time: at, text, color: colour('ink'), shape: 'arrowDown' as const, position: 'aboveBar' as const }))
    chart.timeScale().fitContent()
    return () => chart.remove()
  }, [trade, candles, dots, minutes, theme, zone])
  return <div class="lwc lwc-price" role="img" aria-label={t.trade.chartLabel(pair, price(trade.entry_price ?? 0), trade.exit_price ? price(trade.exit_price) : t.trades.isOpen)}><div class="lwc-box" ref={box} /></div>
}
