// Every trade: filtered by the server, sorted here, without an end.
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useBots, useTotal, type Trade } from '../../data'
import { duration, price, quantity, whole } from '../../format'
import { base } from '../../base'
import { go, href, place } from '../../router'
import { t } from '../../texts'
import { now } from '../../tick'
import { Dash, Result, Seg, Side, Time } from '../../ui/basic'
import { useEndless, useWindow } from '../../ui/endless'
import { Gap } from '../../ui/gap'
import { Failed, Say, Skeleton } from '../../ui/panel'
import { Pick } from '../../ui/pick'
import { TableBox } from '../../ui/table-box'

type Sort = 'opened' | 'closed' | 'pair' | 'result' | 'percent' | 'held'
const NAMES = { added: ['trade.opened'], changed: ['trade.changed', 'trade.closed'], removed: ['trade.removed'] }
const STATES = ['', 'open', 'closed'] as const
const ms = (at: string | null | undefined) => at ? new Date(at).getTime() : 0
const heldMs = (trade: Trade) => (trade.closed_at ? ms(trade.closed_at) : now.peek()) - ms(trade.timestamp)
const valueOf: Record<Sort, (trade: Trade) => number | string> = {
  opened: (trade) => ms(trade.timestamp), closed: (trade) => ms(trade.closed_at), pair: (trade) => trade.trading_pair ?? '', held: heldMs,
  result: (trade) => (trade.status === 'closed' ? trade.pnl : trade.unrealized_pnl) ?? -Infinity, percent: (trade) => trade.pnl_percentage ?? -Infinity,
}

export function List() {
  const query = place.value.query
  const filters = { status: query.get('status') ?? '', trading_pair: query.get('pair') ?? '', bot_name: query.get('bot') ?? '', side: query.get('side') ?? '' }
  const change = (name: string, value: string) => {
    const next = new URLSearchParams(query)
    if (value === '') next.delete(name)
    else next.set(name, value)
    go(`/trades${next.size > 0 ? `?${next}` : ''}`, true)
  }
  const same = (a: string | null | undefined, b: string) => b === '' || (a ?? '').toLowerCase() === b.toLowerCase()
  const list = useEndless<'/api/trades', Trade>('/api/trades', filters, (trade) => same(trade.status, filters.status) && same(trade.trading_pair, filters.trading_pair) && same(trade.bot_name, filters.bot_name)
    && (filters.side === '' || /^(buy|long)$/i.test(trade.side ?? '') === (filters.side === 'BUY')) && trade.status !== 'voided', NAMES)
  const [sort, setSort] = useState<{ by: Sort; down: boolean }>({ by: 'opened', down: true })
  const bots = useBots().data.value?.data ?? []
  const total = useTotal().data.value?.data
  const rows = list.rows.value
  const isPlain = sort.by === 'opened' && sort.down
  useEffect(() => { if (!isPlain) void list.all() }, [list, isPlain])
  const sorted = useMemo(() => {
    if (isPlain) return rows
    const value = valueOf[sort.by]
    const order = sort.down ? -1 : 1
    return [...rows].sort((a, b) => { const [x, y] = [value(a), value(b)]; return (x < y ? -1 : x > y ? 1 : 0) * order })
  }, [rows, sort])
  const shown = useWindow(sorted.length, list.more)
  const pairs = useMemo(() => [...new Set(rows.flatMap((trade) => trade.trading_pair ? [trade.trading_pair] : []))].sort(), [rows.length])
  const hasFilter = Object.values(filters).some((value) => value !== '')
  const Head = ({ by, children, num = false, wide = false }: { by: Sort; children: string; num?: boolean; wide?: boolean }) =>
    <th scope="col" class={`${num ? 'num ' : ''}${wide ? 'only-wide' : ''}`} aria-sort={sort.by === by ? sort.down ? 'descending' : 'ascending' : undefined}>
      <button type="button" class="sort" onClick={() => setSort(sort.by === by ? { by, down: !sort.down } : { by, down: by !== 'pair' })}>{children}{sort.by === by ? <svg class="tri" aria-hidden="true"><use href={sort.down ? '#g-down' : '#g-up'} /></svg> : null}</button></th>
  const csv = `${base}/api/trades?${new URLSearchParams([...Object.entries(filters).filter(([, value]) => value !== ''), ['format', 'csv']])}`
  return <>
    <div class="c12 filters">
      <Seg label={t.trades.state} value={filters.status as ''} onChoose={(value) => change('status', value)} choices={STATES.map((value) => ({ value, label: t.trades.states[value] ?? value }))} />
      <Pick label={t.trades.bot} value={filters.bot_name} choices={bots.map((bot) => bot.bot_name)} onChoose={(value) => change('bot', value)} />
      <Pick label={t.trades.pair} value={filters.trading_pair} choices={filters.trading_pair && !pairs.includes(filters.trading_pair) ? [filters.trading_pair, ...pairs] : pairs} onChoose={(value) => change('pair', value)} />
      <Pick label={t.trades.side} value={filters.side} choices={['BUY', 'SELL']} words={{ BUY: t.side.long, SELL: t.side.short }} onChoose={(value) => change('side', value)} />
      <span class="spring" />
      <a class="btn btn-quiet" href={csv} download data-out>{t.trades.csv}</a>
    </div>
    <section class="panel c12" aria-labelledby="h-trades">
      <div class="panel-head"><h2 class="panel-title" id="h-trades">{t.trades.title}</h2>
        <span class="panel-note" role="status">{!isPlain && !list.ended.value ? t.trades.sorting(whole(rows.length)) : list.ended.value ? t.trades.count(whole(rows.length)) : t.trades.loaded(whole(rows.length))}{!hasFilter && total ? ` · ${t.trades.closed(whole(total.total_trades ?? 0))}` : ''}</span></div>
      {list.error.value && rows.length === 0 ? <Failed error={list.error.value} retry={() => void list.again()} />
        : rows.length === 0 ? list.busy.value || !list.ended.value ? <Skeleton rows={10} /> : <Say title={t.trades.none}>{hasFilter ? t.trades.noneFilter : t.trades.noneText}</Say>
        : <TableBox panel="trades"><table class="table cards trade-rows" role="table" aria-rowcount={sorted.length + 1}>
          <thead role="rowgroup"><tr role="row"><Head by="opened">{t.trades.opened}</Head><Head by="pair">{t.trades.pair}</Head><th scope="col">{t.trades.side}</th><th scope="col" class="num">{t.trades.quantity}</th><th scope="col" class="num">{t.trades.entry}</th><th scope="col" class="num">{t.trades.exit}</th>
            <Head by="held" num>{t.trades.held}</Head><Head by="result" num>{t.trades.result}</Head><Head by="percent" num>{t.trades.percent}</Head><th scope="col">{t.trades.why}</th><th scope="col">{t.trades.bot}</th></tr></thead>
          <tbody role="rowgroup" ref={shown.body}>
            {shown.above > 0 ? <Gap columns={11} height={shown.above} /> : null}
            {sorted.slice(shown.from, shown.to).map((trade, index) => <TradeRow key={trade.id} trade={trade} at={shown.from + index + 2} />)}
            {shown.below > 0 ? <Gap columns={11} height={shown.below} /> : null}
          </tbody></table></TableBox>}
      {list.error.value && rows.length > 0 ? <Failed error={list.error.value} retry={() => void list.more()} /> : null}
    </section>
  </>
}

function TradeRow({ trade, at }: { trade: Trade; at: number }) {
  const pair = trade.trading_pair ?? ''
  const isOpen = trade.status === 'open'
  return <tr role="row" data-row aria-rowindex={at} onClick={(event) => { if (!(event.target as Element).closest('a')) go(`/trades/${trade.id}`) }}>
    <td role="cell" class="k-when ink-3"><Time at={trade.timestamp} /></td>
    <th scope="row" role="rowheader" class="k-name"><a class="cut" href={href(`/trades/${trade.id}`)}>{pair}</a></th>
    <td role="cell" class="k-side"><Side side={trade.side ?? ''} /></td>
    <td role="cell" class="num only-wide">{quantity(trade.quantity ?? 0)}</td>
    <td role="cell" class="num" data-l={t.trades.entry}>{price(trade.entry_price ?? 0)}</td>
    <td role="cell" class="num" data-l={t.trades.exit}>{trade.exit_price === null || trade.exit_price === undefined ? <Dash why={isOpen ? t.trades.isOpen : ''} /> : price(trade.exit_price)}</td>
    <td role="cell" class="num ink-2 only-wide">{duration(heldMs(trade) / 1000)}</td>
    <td role="cell" class="num k-result" data-l={t.trades.result}><Result value={isOpen ? trade.unrealized_pnl : trade.pnl} why={t.open.noPrice} /></td>
    <td role="cell" class="num only-wide"><Result value={isOpen ? null : trade.pnl_percentage} why={t.trades.isOpen} unit="%" /></td>
    <td role="cell" class="k-why ink-2 cut">{isOpen ? <span class="tag">{t.trades.states.open}</span> : t.trades.reasons[trade.exit_reason ?? ''] ?? trade.exit_reason ?? t.dash}</td>
    <td role="cell" class="ink-2 cut only-wide">{trade.bot_name ?? t.dash}</td>
  </tr>
}
