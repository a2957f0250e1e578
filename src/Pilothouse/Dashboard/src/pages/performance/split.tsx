import { oneCurrency } from '../../data'
import { useState } from 'preact/hooks'
import { number, percent, rate, whole } from '../../format'
import { useGet } from '../../resource'
import { t } from '../../texts'
import { Dash, Result, sideWord } from '../../ui/basic'
import { AsTable, ChartTable, isTable } from '../../ui/chart-table'
import { Loaded, Panel, Say } from '../../ui/panel'
import { Pick } from '../../ui/pick'
import { TableBox } from '../../ui/table-box'
import type { Filters } from './index'

const MONEY = { on: ['trade.*', 'cash_flow.*', 'fill.*'], every: 3_000 }
const HEIGHT = 200

/** How trades end: how many lost or won how much, in percent of their margin. */
export function Distribution({ filters }: { filters: Filters }) {
  const from = useGet('/api/performance/distribution', filters, MONEY)
  return <Panel id="ends" title={t.ends.title} span="c6" note={t.ends.note} end={<AsTable id="ends" name={t.ends.title} />}>
    <Loaded from={from} rows={8}>{({ data }) => {
      const shown = data.percent
      if (!shown || shown.bins.length === 0) return <Say title={t.equity.none}>{t.equity.noneText}</Say>
      const most = Math.max(...shown.bins.map((bin) => bin.trades))
      const wide = 100 / shown.bins.length
      const zero = shown.bins.findIndex((bin) => bin.from >= 0)
      const every = Math.ceil(shown.bins.length / 8)
      if (isTable('ends')) {
        const row = (index: number) => { const bin = shown.bins[index]!; return [percent(bin.from), percent(bin.to), whole(bin.trades)] }
        return <ChartTable id="ends" caption={`${t.ends.caption} ${t.ends.mean(percent(shown.mean ?? 0), number(shown.standard_deviation ?? 0, 2))}.`} heads={t.ends.heads} count={shown.bins.length} row={row} />
      }
      return <div class="panel-body"><div class="chart-one" role="img" aria-label={t.ends.label(shown.trades, percent(shown.mean ?? 0))}>
        <svg class="bars chart" height={HEIGHT + 36} width="100%">
          {shown.bins.map((bin, index) => {
            const height = most === 0 ? 0 : (bin.trades / most) * (HEIGHT - 24)
            return <g key={index}>{bin.trades > 0 ? <><rect class={bin.from >= 0 ? 'bar-gain' : 'bar-loss'} x={`${(index * wide + wide * 0.06).toFixed(2)}%`} width={`${(wide * 0.88).toFixed(2)}%`} y={HEIGHT - height} height={height} />
              <text class={shown.bins.length > 14 ? 'only-wide' : ''} x={`${((index + 0.5) * wide).toFixed(2)}%`} y={HEIGHT - height - 5} text-anchor="middle">{bin.trades}</text></> : null}
              {index % every === 0 ? <text class={(index / every) % 2 === 1 ? 'only-wide' : ''} x={`${(index * wide).toFixed(2)}%`} y={HEIGHT + 18} text-anchor={index === 0 ? 'start' : 'middle'}>{percent(bin.from)}</text> : null}</g>
          })}
          <line class="zero-line" x1="0" x2="100%" y1={HEIGHT} y2={HEIGHT} />
          {zero > 0 ? <line class="zero-line" x1={`${zero * wide}%`} x2={`${zero * wide}%`} y1="0" y2={HEIGHT} /> : null}
        </svg></div><p class="ink-3 small">{t.ends.mean(percent(shown.mean ?? 0), number(shown.standard_deviation ?? 0, 2))}</p></div>
    }}</Loaded></Panel>
}

const WAYS = ['pair', 'side', 'bot', 'strategy', 'exit_reason', 'weekday', 'hour'] as const

/** Where the result comes from, by one property of the trades. */
export function Split({ filters }: { filters: Filters }) {
  const [by, setBy] = useState<string>('pair')
  const from = useGet('/api/performance/by', { by, ...filters }, MONEY)
  const nameOf = (key: string | null | undefined) => key === null || key === undefined || key === '' ? t.split.none : by === 'side' ? (sideWord(key) === t.side.longSmall ? t.side.long : t.side.short) : by === 'exit_reason' ? t.trades.reasons[key] ?? key : by === 'weekday' ? t.split.weekdays[key] ?? key : by === 'hour' ? `${key.padStart(2, '0')}:00` : key
  return <Panel id="split" title={t.split.title} span="c6" end={<Pick label={t.split.by} value={by} choices={[...WAYS]} words={t.split.ways} none={null} onChoose={setBy} />}>
    <Loaded from={from} rows={8}>{({ data }) => {
      if (data.groups.length === 0) return <Say title={t.equity.none}>{t.equity.noneText}</Say>
      const currency = oneCurrency(data.groups)
      const most = Math.max(1e-9, ...data.groups.map((group) => Math.abs(group.total_pnl ?? 0)))
      return <TableBox panel="split" class="tall-list"><table class="table table-dense"><caption class="sr">{t.split.title}</caption>
        <thead><tr><th scope="col">{t.split.ways[by]}</th><th scope="col" class="num">{t.split.closed}</th><th scope="col" class="num">{t.split.won}</th><th scope="col" class="num">{currency === null ? t.trades.result : t.split.result(currency)}</th><th scope="col" class="only-wide"><span class="sr">{t.split.bar}</span></th><th scope="col" class="num only-wide">{t.performance.names.profit_factor}</th></tr></thead>
        <tbody>{data.groups.map((group) => {
          const share = ((group.total_pnl ?? 0) / most) * 50
          return <tr key={group.key}><th scope="row" class="cut">{nameOf(group.key)}</th><td class="num">{whole(group.total_trades)}</td><td class="num">{group.total_trades < 30 ? <Dash why={t.performance.underThirty} /> : rate(group.win_rate ?? 0)}</td>
            <td class="num"><Result value={group.total_pnl} why={group.undefined?.total_pnl} unit={currency === null ? ` ${group.currency}` : ''} /></td>
            <td class="bar-cell only-wide"><svg aria-hidden="true"><rect class={share >= 0 ? 'bar-gain' : 'bar-loss'} x={`${share >= 0 ? 50 : 50 + share}%`} y="1" width={`${Math.abs(share)}%`} height="10" /><rect class="zero" x="50%" width="1" height="12" /></svg></td>
            <td class="num only-wide">{group.profit_factor === null ? <Dash why={group.undefined?.profit_factor} /> : number(group.profit_factor ?? 0, 2)}</td></tr>
        })}</tbody></table></TableBox>
    }}</Loaded></Panel>
}
