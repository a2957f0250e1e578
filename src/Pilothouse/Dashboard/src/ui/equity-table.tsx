import type { Schema } from '../api'
import { balance, percent, result } from '../format'
import { t } from '../texts'
import { Dash, Time } from './basic'
import { ChartTable } from './chart-table'

/** Equity and drawdown as a table, the newest first; with only, the drawdown alone. */
export function EquityTable({ id, points, total, only = false }: { id: string; points: Schema<'EquityPoint'>[]; total: number; only?: boolean }) {
  const hasEquity = points.some((point) => point.equity !== null)
  const row = (index: number) => {
    const point = points[points.length - 1 - index]!
    const drawdown = point.drawdown_percent === null ? <Dash why={t.equity.plain} /> : percent(-point.drawdown_percent)
    if (only) return [<Time at={point.timestamp} seconds />, drawdown]
    const value = hasEquity ? point.equity : point.total_pnl
    return [<Time at={point.timestamp} seconds />, value === null ? <Dash /> : hasEquity ? balance(value) : result(value), drawdown]
  }
  return <ChartTable id={id} caption={`${only ? t.equity.captionDrawdown : t.equity.caption}${total > points.length ? ` ${t.chart.thinned(points.length, total)}` : ''}`}
    heads={[t.signals.time, ...(only ? [] : [hasEquity ? t.equity.title : t.trades.result]), t.equity.drawdown]} count={points.length} row={row} {...(only ? { size: 'alarm' as const } : {})} />
}
