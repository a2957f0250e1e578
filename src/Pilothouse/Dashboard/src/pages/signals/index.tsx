import { useMemo, useState } from 'preact/hooks'
import { useBots, useLatestTrades, type Signal } from '../../data'
import { number, price, rate, result, whole } from '../../format'
import { useGet } from '../../resource'
import { t } from '../../texts'
import { Dash, Says, Time } from '../../ui/basic'
import { useEndless, useWindow } from '../../ui/endless'
import { Gap } from '../../ui/gap'
import { Failed, Loaded, Panel, Say, Skeleton } from '../../ui/panel'
import { Pick } from '../../ui/pick'
import { ScoreCells, verdictOf } from '../../ui/score'
import { TableBox } from '../../ui/table-box'
import { TradeLink } from '../../ui/trade-link'
import { Strength } from '../overview/signals'

const NAMES = { added: ['signal.recorded'], changed: ['signal.changed'], removed: ['signal.removed'] }

export default function Signals() {
  return <><Scorecard /><List /></>
}

function Scorecard() {
  const [by, setBy] = useState('type')
  const from = useGet('/api/performance/signals', { by }, { on: ['signal.*', 'trade.closed'], every: 10_000 })
  const groups = from.data.value?.data.groups ?? []
  const total = from.data.value?.data.total
  const best = total?.horizons.filter((horizon) => verdictOf(horizon) !== 'few').at(-1)
  const verdict = best ? verdictOf(best) : 'few'
  return <Panel id="scorecard" title={t.scorecard.title} note={<span class="only-wide">{t.scorecard.note}</span>} end={<Pick label={t.scorecard.by} value={by} choices={Object.keys(t.scorecard.ways)} words={t.scorecard.ways} none={null} onChoose={setBy} />} foot={<span>{t.scorecard.foot}</span>}>
    <Loaded from={from} rows={6}>{() => groups.length === 0 ? <Say title={t.scorecard.none}>{t.scorecard.noneText}</Say> : <>
      <p class="panel-body read">{best === undefined || verdict === 'few' ? t.scorecard.lead.few : t.scorecard.lead[verdict](best.hours, rate(best.hit_rate ?? 0), rate(best.base_rate ?? 0))}</p>
      <TableBox panel="scorecard"><table class="table scorecard">
        <thead><tr><th scope="col">{t.scorecard.ways[by]}</th><th scope="col" class="num">{t.scorecard.cases}</th>{groups[0]!.horizons.map((horizon) => <th scope="colgroup" colSpan={3} class="span3" key={horizon.hours}>{t.scorecard.after(horizon.hours)}</th>)}<th scope="col" class="num">{t.scorecard.traded}</th><th scope="col" class="num">{t.scorecard.won}</th></tr></thead>
        <tbody>{[...groups, ...(groups.length > 1 && total ? [total] : [])].map((group, index) => <tr key={group.key ?? index} class={index === groups.length ? 'first' : ''}>
          <th scope="row" class="cut">{index === groups.length ? t.scorecard.total : by === 'type' ? <Says type={group.key ?? ''} /> : group.key ?? t.split.none}</th><td class="num">{whole(group.signals)}</td>
          {group.horizons.map((horizon) => <ScoreCells key={horizon.hours} horizon={horizon} />)}
          <td class="num">{whole(group.trades.trades)}</td><td class="num">{group.trades.trades < 30 || group.trades.win_rate === null ? <Dash why={t.performance.underThirty} /> : rate(group.trades.win_rate ?? 0)}</td></tr>)}</tbody>
      </table></TableBox></>}</Loaded>
  </Panel>
}

function List() {
  const [filters, setFilters] = useState({ signal_type: '', trading_pair: '', bot_name: '', status: '' })
  const same = (a: string | null | undefined, b: string) => b === '' || (a ?? '').toLowerCase() === b.toLowerCase()
  const list = useEndless<'/api/signals', Signal>('/api/signals', filters, (signal) => same(signal.signal_type, filters.signal_type) && same(signal.trading_pair, filters.trading_pair) && same(signal.bot_name, filters.bot_name) && same(signal.status, filters.status), NAMES)
  const bots = useBots().data.value?.data ?? []
  const trades = useLatestTrades(200).data.value?.data
  const traded = useMemo(() => new Map((trades ?? []).flatMap((trade) => trade.signal_id && trade.id !== undefined ? [[trade.signal_id, trade.id] as const] : [])), [trades])
  const rows = list.rows.value
  const pairs = useMemo(() => [...new Set([...(filters.trading_pair ? [filters.trading_pair] : []), ...rows.flatMap((signal) => signal.trading_pair ? [signal.trading_pair] : [])])].sort(), [rows.length])
  const shown = useWindow(rows.length, list.more)
  const set = (name: keyof typeof filters) => (value: string) => setFilters({ ...filters, [name]: value })
  return <Panel id="list" title={t.signalList.title} note={<span role="status">{list.ended.value ? t.signalList.all(whole(rows.length)) : t.signalList.loaded(whole(rows.length))}</span>}
    end={<span class="filters"><Pick label={t.signalList.kind} value={filters.signal_type} choices={['BUY', 'SELL', 'HOLD']} words={t.says} onChoose={set('signal_type')} /><Pick label={t.trades.pair} value={filters.trading_pair} choices={pairs} onChoose={set('trading_pair')} />
      <Pick label={t.trades.bot} value={filters.bot_name} choices={bots.map((bot) => bot.bot_name)} onChoose={set('bot_name')} /></span>}>
    {list.error.value && rows.length === 0 ? <Failed error={list.error.value} retry={() => void list.again()} /> : rows.length === 0 ? list.ended.value ? <Say title={t.signalList.none}>{t.signals.noneText}</Say> : <Skeleton rows={8} />
      : <TableBox panel="list"><table class="table" aria-rowcount={rows.length + 1}><thead><tr><th scope="col">{t.signals.time}</th><th scope="col">{t.signals.pair}</th><th scope="col">{t.signals.says}</th><th scope="col">{t.signals.strength}</th><th scope="col" class="num">{t.signals.price}</th><th scope="col" class="num only-wide">{t.signalList.rsi}</th>
        <th scope="col" class="num only-wide">{t.signalList.confidence}</th><th scope="col" class="only-wide">{t.signalList.strategy}</th><th scope="col" class="only-wide">{t.signals.bot}</th><th scope="col">{t.signals.status}</th></tr></thead>
        <tbody ref={shown.body}>{shown.above > 0 ? <Gap columns={10} height={shown.above} /> : null}
          {rows.slice(shown.from, shown.to).map((signal, index) => <tr key={signal.id} data-row aria-rowindex={shown.from + index + 2}><td class="ink-3"><Time at={signal.timestamp} /></td><th scope="row" class="cut">{signal.trading_pair}</th><td><Says type={signal.signal_type ?? ''} /></td>
            <td><span class="row"><Strength value={signal.signal_strength ?? 0} type={signal.signal_type ?? ''} /><span class="ink-2">{result(signal.signal_strength ?? 0, 0)}</span></span></td><td class="num">{signal.price === null || signal.price === undefined ? <Dash /> : price(signal.price)}</td>
            <td class="num only-wide ink-2">{signal.rsi === null || signal.rsi === undefined ? <Dash /> : number(signal.rsi, 1)}</td><td class="num only-wide ink-2">{signal.confidence === null || signal.confidence === undefined ? <Dash /> : rate(signal.confidence * (signal.confidence <= 1 ? 100 : 1))}</td>
            <td class="only-wide ink-2 cut">{signal.strategy ?? t.dash}</td><td class="only-wide ink-2 cut">{signal.bot_name ?? t.dash}</td>
            <td class="ink-3">{traded.has(signal.id ?? -1) ? <TradeLink id={traded.get(signal.id ?? -1)}>{t.trade.head(traded.get(signal.id ?? -1)!)}</TradeLink> : t.signals.became[signal.status ?? ''] ?? signal.status ?? t.dash}</td></tr>)}
          {shown.below > 0 ? <Gap columns={10} height={shown.below} /> : null}</tbody></table></TableBox>}
  </Panel>
}
