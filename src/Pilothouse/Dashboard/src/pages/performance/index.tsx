import { useState } from 'preact/hooks'
import type { Schema } from '../../api'
import { base } from '../../base'
import { useBots, useBreaker } from '../../data'
import { balance, dayOf, duration, number, percent, rate, result, toneOf, whole } from '../../format'
import { period } from '../../period'
import { useGet } from '../../resource'
import { t } from '../../texts'
import { Dash, Seg } from '../../ui/basic'
import { AsTable, isTable } from '../../ui/chart-table'
import { equitySince } from '../../ui/equity-since'
import { EquityTable } from '../../ui/equity-table'
import { lazy } from '../../ui/lazy'
import { Loaded, Panel, Say } from '../../ui/panel'
import { Pick } from '../../ui/pick'
import { Calendar } from './calendar'
import { Distribution, Split } from './split'

type Report = Schema<'PerformanceReport'>
const Chart = lazy(() => import('../../ui/equity'), 'lwc')
const MONEY = { on: ['trade.*', 'cash_flow.*', 'fill.*'], every: 3_000 }
const FEW_DAYS = 90
export interface Filters extends Record<string, string> { period: string; bot_name: string; trading_pair: string; side: string; mode: string }

export default function Performance() {
  const [filters, setFilters] = useState({ bot_name: '', trading_pair: '', side: '', mode: '' })
  const bots = useBots().data.value?.data ?? []
  const all: Filters = { period: period.value, ...filters }
  const pairs = useGet('/api/performance/by', { by: 'pair', period: 'all' }, MONEY).data.value?.data.groups.flatMap((group) => group.key ? [group.key] : []) ?? []
  const set = (name: keyof typeof filters) => (value: string) => setFilters({ ...filters, [name]: value })
  const csv = `${base}/api/trades?${new URLSearchParams([...Object.entries(filters).filter(([, value]) => value !== ''), ['status', 'closed'], ['format', 'csv']])}`
  return <>
    <div class="c12 filters">
      <Seg label={t.equity.period} value={period.value} onChoose={(value) => { period.value = value }} choices={Object.entries(t.equity.periods).map(([value, label]) => ({ value, label }))} />
      <Pick label={t.trades.bot} value={filters.bot_name} choices={bots.map((bot) => bot.bot_name)} onChoose={set('bot_name')} />
      <Pick label={t.trades.pair} value={filters.trading_pair} choices={pairs} onChoose={set('trading_pair')} />
      <Pick label={t.trades.side} value={filters.side} choices={['BUY', 'SELL']} words={{ BUY: t.side.long, SELL: t.side.short }} onChoose={set('side')} />
      <Pick label={t.bots.mode} value={filters.mode} choices={['paper', 'manual', 'auto']} words={t.mode} onChoose={set('mode')} />
      <span class="spring" /><a class="btn btn-quiet" href={csv} download data-out>{t.trades.csv}</a>
    </div>
    <Figures filters={all} /><EquityPanel filters={all} /><Calendar filters={all} /><Distribution filters={all} /><Split filters={all} />
  </>
}

/** One sentence for the whole page: what a trade earns, how often it wins, and what the fees took. */
function Lead({ report }: { report: Report }) {
  const currency = report.basis?.currency ?? ''
  const each = report.expectancy ?? null
  const ratio = report.risk_reward_ratio ?? null
  const even = ratio === null ? null : 100 / (1 + ratio)
  return <div class="lead-pad"><p class="lead">{each === null ? t.performance.noMean : <>{each < 0 ? t.performance.lose : each > 0 ? t.performance.earn : t.performance.even} <b class={toneOf(each)}>{t.performance.each(number(Math.abs(each), 2), currency)}</b>.</>}
    {' '}{t.performance.wins(rate(report.win_rate ?? 0))}{even === null ? '' : `; ${t.performance.breakEven(number(ratio!, 2), rate(even))}`}.</p>
    <p class="lead-sub">{report.total_fees === null || report.total_fees === undefined || report.total_pnl === null ? null : <>{t.performance.fees(balance(report.total_fees), currency, whole(report.total_trades ?? 0))} <span class={toneOf((report.total_pnl ?? 0) + report.total_fees)}>{result((report.total_pnl ?? 0) + report.total_fees)}</span> {currency}.{(report.total_pnl ?? 0) < 0 && (report.total_pnl ?? 0) + report.total_fees > 0 ? ` ${t.performance.feesDecide}` : ''}</>}</p></div>
}

function Figures({ filters }: { filters: Filters }) {
  const from = useGet('/api/performance', filters, MONEY)
  return <section class="panel c12" aria-label={t.performance.figures}><Loaded from={from} rows={6}>{({ data: report }) => {
    if (!report.total_trades) return <Say title={t.equity.none}>{t.performance.noneText}</Say>
    const why = (name: string) => report.undefined?.[name]
    const days = report.basis?.days ?? null
    const start = report.basis?.starting_balance ?? null
    const isOneCurrency = report.basis?.currency === report.basis?.equity_currency
    const few = days !== null && days < FEW_DAYS
    const cells: [keyof typeof t.performance.names, string | null, string, number | null, string?][] = [
      ['result', report.total_pnl === null ? null : result(report.total_pnl ?? 0), start && isOneCurrency && !report.basis?.flows ? t.performance.of(percent(((report.total_pnl ?? 0) / start) * 100), balance(start)) : report.basis?.currency ?? '', report.total_pnl ?? null, why('total_pnl')],
      ['win_rate', (report.total_trades ?? 0) < 30 ? null : rate(report.win_rate ?? 0, (report.total_trades ?? 0) >= 100 ? 1 : 0), t.performance.wonOf(report.winning_trades ?? 0, report.total_trades ?? 0), null, t.performance.underThirty],
      ['expectancy', report.expectancy === null ? null : result(report.expectancy ?? 0), t.performance.aTrade(report.basis?.currency ?? ''), report.expectancy ?? null, why('expectancy')],
      ['ratio', report.risk_reward_ratio === null ? null : number(report.risk_reward_ratio ?? 0, 2), `${report.avg_win ? result(report.avg_win) : t.dash} ${t.performance.to} ${report.avg_loss ? result(report.avg_loss) : t.dash}`, null, why('risk_reward_ratio')],
      ['profit_factor', report.profit_factor === null ? null : number(report.profit_factor ?? 0, 2), t.performance.wonByLost, null, why('profit_factor')],
      ['fees', report.total_fees === null ? null : balance(report.total_fees ?? 0), report.total_pnl === null ? '' : t.performance.beforeFees(result((report.total_pnl ?? 0) + (report.total_fees ?? 0))), null, why('total_fees')],
      ['drawdown', report.max_drawdown_percent === null ? null : percent(-(report.max_drawdown_percent ?? 0)), report.max_drawdown_percent_from ? `${dayOf(report.max_drawdown_percent_from)} – ${dayOf(report.max_drawdown_percent_to ?? '')}` : '', null, why('max_drawdown_percent')],
      ['held', report.avg_holding_seconds === null ? null : duration(report.avg_holding_seconds ?? 0), t.performance.mean, null, why('avg_holding_seconds')],
      ['sharpe', report.sharpe_ratio === null ? null : number(report.sharpe_ratio ?? 0, 2), days === null ? '' : t.performance.days(days), null, why('sharpe_ratio')],
      ['sortino', report.sortino_ratio === null ? null : number(report.sortino_ratio ?? 0, 2), days === null ? '' : t.performance.days(days), null, why('sortino_ratio')],
      ['cagr', report.cagr === null ? null : percent((report.cagr ?? 0) * 100), t.performance.aYear, null, why('cagr')],
      ['sqn', report.sqn === null ? null : number(report.sqn ?? 0, 2), t.performance.trades(whole(report.total_trades ?? 0)), null, why('sqn')],
    ]
    return <><Lead report={report} /><div class="figures">{cells.map(([name, value, sub, tone, reason]) => <Figure key={name} name={name} value={value} sub={value === null ? reason ?? sub : sub} tone={tone} few={few && ['sharpe', 'sortino', 'cagr'].includes(name) ? days : null} />)}</div></>
  }}</Loaded></section>
}

/** A figure whose definition is one press away. */
function Figure({ name, value, sub, tone, few }: { name: keyof typeof t.performance.names; value: string | null; sub: string; tone: number | null; few: number | null }) {
  const [isOpen, setOpen] = useState(false)
  return <div class="figure" onKeyDown={(event) => { if (event.key === 'Escape') setOpen(false) }} onBlur={(event) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOpen(false) }}>
    <span class="cell-label"><button type="button" class="def" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{t.performance.names[name]}</button></span>
    <span class={`cell-value ${tone === null ? '' : toneOf(tone)}`}>{value ?? <Dash why={sub} />}</span><span class="cell-sub" title={sub}>{sub}</span>
    {isOpen ? <div class="pop pop-figure" role="note"><b>{t.performance.names[name]}</b><span>{t.performance.definitions[name]}</span><span class="formula">{t.performance.formulas[name]}</span>{few === null ? null : <span class="watch">{t.performance.few(few)}</span>}</div> : null}
  </div>
}

function EquityPanel({ filters }: { filters: Filters }) {
  const from = useGet('/api/performance/equity', filters, MONEY)
  const limitOf = useBreaker().data.value?.data.measures.find((measure) => measure.name === 'drawdown' && measure.bot_name === null)?.limit ?? null
  const isWhole = filters.bot_name === '' && filters.trading_pair === '' && filters.side === '' && filters.mode === ''
  return <Panel id="equity" title={t.equity.title} span="c6" note={from.data.value ? t.equity.note(from.data.value.data.basis?.equity_currency ?? '') : null} end={<AsTable id="equity" name={t.equity.title} />}>
    <Loaded from={from} rows={8}>{({ data }) => data.points.length < 2 ? <Say title={t.equity.none}>{t.equity.noneText}</Say> : <>
      <div class="chart-head"><span class="hero">{data.points.at(-1)!.equity === null ? result(data.points.at(-1)!.total_pnl ?? 0) : balance(data.points.at(-1)!.equity ?? 0)}</span>
        <span class="ink-3 small">{equitySince(data.points)}</span></div>
      {isTable('equity') ? <EquityTable id="equity" points={data.points} total={data.total_points} /> : <Chart points={data.points} drawdownLimit={isWhole ? limitOf : null} />}</>}</Loaded></Panel>
}
