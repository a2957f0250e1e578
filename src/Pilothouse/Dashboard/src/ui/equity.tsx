// Equity and drawdown, drawn by Lightweight Charts: steps, because equity changes when a trade closes.
import { AreaSeries, createChart, LineStyle, LineType, type IChartApi, type ISeriesApi, type UTCTimestamp } from 'lightweight-charts'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Schema } from '../api'
import { balance, dayOf, limit, percent, time, utc } from '../format'
import { colours } from '../settings'
import { t } from '../texts'

type Point = Schema<'EquityPoint'>
const seconds = (at: string) => Math.floor(new Date(at).getTime() / 1000) as UTCTimestamp

/** A token's colour as a canvas understands it. */
export function colour(token: string): string {
  const probe = document.createElement('span')
  probe.className = `probe probe-${token}`
  document.body.append(probe)
  const found = getComputedStyle(probe).color
  probe.remove()
  return found
}

const STEPS = 300

/**
 * The last point of each second, because the chart takes one value for each time, and between them the value that held. The chart gives each
 * value the same width, so that without these an hour with ten trades would be ten times as wide as one with a single trade.
 */
function unique(points: Point[], valueOf: (point: Point) => number | null) {
  const byTime = new Map<number, number>()
  for (const point of points) {
    const value = valueOf(point)
    if (value !== null) byTime.set(seconds(point.timestamp ?? ''), value)
  }
  const known = [...byTime].sort(([a], [b]) => a - b)
  const [from, to] = [known[0]?.[0] ?? 0, known.at(-1)?.[0] ?? 0]
  let next = 0
  for (let step = 1; step < STEPS; step++) {
    const at = Math.round(from + ((to - from) * step) / STEPS)
    while (next < known.length && known[next]![0] <= at) next++
    if (next > 0 && !byTime.has(at)) byTime.set(at, known[next - 1]![1])
  }
  return [...byTime].sort(([a], [b]) => a - b).map(([at, value]) => ({ time: at as UTCTimestamp, value }))
}

interface Parts { chart: IChartApi; equity: ISeriesApi<'Area'> | null; drawdown: ISeriesApi<'Area'> }

export default function EquityChart({ points, drawdownLimit, only = false }: { points: Point[]; drawdownLimit: number | null; only?: boolean }) {
  const box = useRef<HTMLDivElement>(null)
  const parts = useRef<Parts | null>(null)
  const [said, setSaid] = useState('')
  const theme = colours.value
  const zone = utc.value
  const hasEquity = points.some((point) => point.equity !== null)

  useEffect(() => {
    if (!box.current) return
    const quiet = colour('axis')
    const shift = zone ? 0 : undefined
    const label = (at: number) => shift === 0 ? time(at * 1000) : time(at * 1000)
    const chart = createChart(box.current, {
      autoSize: true,
      layout: { attributionLogo: false, background: { color: 'transparent' }, textColor: quiet, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11, panes: { separatorColor: colour('base'), enableResize: false } },
      grid: { vertLines: { visible: false }, horzLines: { color: colour('grid') } },
      rightPriceScale: { borderVisible: false }, timeScale: { borderVisible: false, timeVisible: true, fixLeftEdge: true, fixRightEdge: true, tickMarkFormatter: (at: number, kind: number) => kind <= 2 ? dayOf(at * 1000) : time(at * 1000).slice(-5) },
      localization: { timeFormatter: label }, handleScroll: false, handleScale: false, crosshair: { horzLine: { visible: false, labelVisible: false } },
    })
    const line = { lineType: LineType.WithSteps, priceLineVisible: false, lineWidth: 2 as const, crosshairMarkerRadius: 3 }
    const equity = only ? null : chart.addSeries(AreaSeries, { ...line, lineColor: colour('line'), topColor: colour('area'), bottomColor: colour('area'), priceFormat: { type: 'custom', minMove: 0.01, formatter: balance } }, 0)
    const drawdown = chart.addSeries(AreaSeries, {
      ...line, lineColor: colour('dd'), topColor: colour('dd-area'), bottomColor: colour('dd-area'), invertFilledArea: true, priceFormat: { type: 'custom', minMove: 0.01, formatter: percent },
      autoscaleInfoProvider: (original: () => { priceRange: { minValue: number; maxValue: number } | null } | null) => {
        const found = original()
        return found?.priceRange ? { ...found, priceRange: { minValue: Math.min(found.priceRange.minValue, drawdownLimit === null ? 0 : -drawdownLimit * 1.08, -0.1), maxValue: 0 } } : found
      },
    }, only ? 0 : 1)
    if (drawdownLimit !== null) drawdown.createPriceLine({ price: -drawdownLimit, color: colour('limit'), lineStyle: LineStyle.Dashed, lineWidth: 1, axisLabelVisible: true, title: t.equity.limit })
    if (!only) {
      chart.panes()[0]?.setStretchFactor(2)
      chart.panes()[1]?.setStretchFactor(1)
    }
    chart.subscribeCrosshairMove((event) => {
      const at = event.time as number | undefined
      const value = equity ? (event.seriesData.get(equity) as { value: number } | undefined)?.value : undefined
      const down = (event.seriesData.get(drawdown) as { value: number } | undefined)?.value
      setSaid(at === undefined || down === undefined ? '' : t.equity.at(time(at * 1000), value === undefined ? t.dash : balance(value), percent(down)))
    })
    parts.current = { chart, equity, drawdown }
    return () => {
      parts.current = null
      chart.remove()
    }
  }, [theme, zone, only, drawdownLimit])

  useEffect(() => {
    if (!parts.current) return
    const { chart, equity, drawdown } = parts.current
    equity?.setData(unique(points, (point) => hasEquity ? point.equity ?? null : point.total_pnl ?? null))
    drawdown.setData(unique(points, (point) => point.drawdown_percent === null || point.drawdown_percent === undefined ? null : -point.drawdown_percent))
    chart.timeScale().fitContent()
  }, [points, theme, zone, only, drawdownLimit])

  const [first, last] = [points[0], points.at(-1)]
  return <div class={only ? 'lwc lwc-alarm' : 'lwc'} role="img" aria-label={first && last
    ? t.equity.label(first.equity === null ? t.dash : balance(first.equity ?? 0), last.equity === null ? t.dash : balance(last.equity ?? 0), last.drawdown_percent === null ? t.dash : limit(Number((last.drawdown_percent ?? 0).toFixed(2)))) : t.equity.none}>
    <div class="lwc-box" ref={box} /><span class="lwc-say small" aria-hidden="true">{said}</span></div>
}
