// One trade: what came of it, the price around it, and why it was made.
import { useMemo, useState } from 'preact/hooks'
import { Refused, type Schema } from '../../api'
import { type Trade } from '../../data'
import { cost, duration, percent, price, quantity, rate, result, toneOf, whole } from '../../format'
import { useGet } from '../../resource'
import { go, href } from '../../router'
import { t } from '../../texts'
import { now } from '../../tick'
import { Dash, Icon, Result, Seg, Side, sideWord, Text, Time } from '../../ui/basic'
import { AsTable, isTable } from '../../ui/chart-table'
import { lazy } from '../../ui/lazy'
import { Loaded, Panel, Say } from '../../ui/panel'
import { PriceTable } from '../../ui/price-table'
import { OLD_SECONDS, Range } from '../overview/open-trades'
import { feeAmount, feeAsset } from './fees'
import { WhyChain } from './why'

const PriceChart = lazy(() => import('../../ui/price-chart'), 'lwc lwc-price')
const HOUR = 3_600_000

export function Detail({ id }: { id: number }) {
  const from = useGet('/api/why/trades/{id}', { id }, { on: ['trade.*', 'fill.*', 'decision.*', 'cost.*', 'analysis.*', 'signal.*', 'spike.*'], every: 2_000 })
  const why = from.data.value?.data
  const isMissing = from.error.value instanceof Refused && from.error.value.status === 404
  if (isMissing) return <section class="panel c12"><Say title={t.trade.missing(id)} act={<a class="btn" href={href('/trades')}>{t.trade.toAll}</a>}>{t.trade.missingText}</Say></section>
  if (!why) return <section class="panel c12"><Loaded from={from} rows={5}>{() => null}</Loaded></section>
  return <>
    <Head trade={why.trade} id={id} />
    <Around trade={why.trade} />
    <Panel id="why" title={t.trade.why} span="c8" note={t.trade.whyNote}><WhyChain why={why} /></Panel>
    <div class="stack c4"><Like trade={why.trade} /><Costs why={why} /><RecordPanel trade={why.trade} /></div>
  </>
}

function Head({ trade, id }: { trade: Trade; id: number }) {
  const pair = trade.trading_pair ?? ''
  const isOpen = trade.status === 'open'
  const value = isOpen ? trade.unrealized_pnl : trade.pnl
  const held = ((trade.closed_at ? new Date(trade.closed_at).getTime() : now.value) - new Date(trade.timestamp ?? 0).getTime()) / 1000
  return <section class="panel c12" aria-label={t.trade.head(id)}><div class="trade-head">
    <div><div class="row"><b class="strong wrap">{pair}</b><Side side={trade.side ?? ''} />{trade.mode ? <span class={trade.mode === 'paper' ? 'tag' : 'tag tag-real'}>{t.mode[trade.mode] ?? trade.mode}</span> : null}<span class="tag">{t.trades.states[trade.status as 'open'] ?? trade.status}</span></div>
      <div class="row"><span class={`hero ${toneOf(value)}`}>{value === null || value === undefined ? <Dash why={t.open.noPrice} /> : result(value)}</span><span class="ink-2">{trade.settle_asset}{isOpen || trade.pnl_percentage === null || trade.pnl_percentage === undefined ? '' : `, ${percent(trade.pnl_percentage)}`}</span></div></div>
    <dl class="facts">
      <div><dt>{t.trades.entry}</dt><dd>{price(trade.entry_price ?? 0)}</dd></div>
      <div><dt>{isOpen ? (trade.price_age_seconds ?? 0) > OLD_SECONDS ? t.open.lastPrice : t.open.priceNow : t.trades.exit}</dt><dd>{isOpen ? trade.price ? <>{price(trade.price)}{(trade.price_age_seconds ?? 0) > OLD_SECONDS ? <small class="watch label"> {t.open.old(duration(trade.price_age_seconds!))}</small> : null}</> : <Dash why={t.open.noPrice} /> : trade.exit_price === null || trade.exit_price === undefined ? <Dash /> : price(trade.exit_price)}</dd></div>
      <div><dt>{t.trades.quantity}</dt><dd>{quantity(trade.quantity ?? 0)}</dd></div>
      <div><dt>{t.trades.held}</dt><dd>{duration(held)}</dd></div>
      <div><dt>{t.trade.fees}</dt><dd>{feeAmount(trade, 2) === null ? <Dash /> : <>{feeAmount(trade, 2)} <span class="ink-3">{feeAsset(trade)}</span></>}</dd></div>
      <div><dt>{t.trades.why}</dt><dd class="wrap">{isOpen ? t.trades.isOpen : <Text limit={60}>{t.trades.reasons[trade.exit_reason ?? ''] ?? trade.exit_reason ?? t.dash}</Text>}</dd></div>
    </dl>
    <div class="row"><button type="button" class="btn btn-icon" aria-label={t.trade.earlier} disabled={id <= 1} onClick={() => go(`/trades/${id - 1}`)}><Icon name="left" /></button>
      <button type="button" class="btn btn-icon" aria-label={t.trade.later} onClick={() => go(`/trades/${id + 1}`)}><Icon name="right" /></button></div>
  </div>{isOpen ? <div class="panel-body"><Range trade={trade} /></div> : null}</section>
}

function Around({ trade }: { trade: Trade }) {
  const [minutes, setMinutes] = useState(0)
  const from = new Date(trade.timestamp ?? 0).getTime()
  const to = trade.closed_at ? new Date(trade.closed_at).getTime() : now.peek()
  const margin = Math.max(HOUR / 2, (to - from) * 0.6)
  const range = useMemo(() => ({ from: new Date(from - margin).toISOString(), to: new Date(to + margin).toISOString() }), [trade.id, trade.closed_at])
  const pair = trade.trading_pair ?? ''
  const candles = useGet('/api/candles', { trading_pair: pair, timeframe: '1m', ...range, limit: 5_000 }, trade.status === 'open' ? { poll: 60_000 } : {})
  const signals = useGet('/api/signals', { trading_pair: pair, from_date: range.from, to_date: range.to, limit: 500 })
  const found = candles.data.value?.data
  const dots = useMemo(() => (signals.data.value?.data ?? []).flatMap((signal) => signal.timestamp && signal.price ? [{ at: signal.timestamp, price: signal.price }] : []), [signals.data.value])
  const span = (to - from + 2 * margin) / 60_000
  const best = span <= 240 ? 1 : span <= 1_200 ? 5 : span <= 6_000 ? 30 : 240
  const hasCandles = (found?.length ?? 0) > 1
  const hasPrices = hasCandles || (dots.length > 1 && (found !== undefined || candles.error.value !== null))
  return <Panel id="around" title={t.trade.around} note={<span class="only-wide">{hasCandles ? t.trade.candles : found && dots.length > 0 ? t.trade.dots(dots.length) : ''}</span>}
    end={hasPrices ? <>{hasCandles ? <Seg label={t.trade.length} value={String(minutes || best)} onChoose={(value) => setMinutes(Number(value))} choices={[1, 5, 30, 240].map((one) => ({ value: String(one), label: duration(one * 60) }))} /> : null}<AsTable id="around" name={t.trade.around} /></> : null}>
    {!found && !candles.error.value ? <div class="lwc lwc-price" /> : !hasPrices ? <Say title={t.trade.noPrices}>{t.trade.noPricesText}</Say>
      : isTable('around') ? <PriceTable trade={trade} candles={found ?? []} dots={dots} minutes={minutes || best} />
      : <PriceChart trade={trade} candles={found ?? []} dots={dots} minutes={minutes || best} />}
  </Panel>
}

function Like({ trade }: { trade: Trade }) {
  const pair = trade.trading_pair ?? ''
  const like = useGet('/api/performance', { trading_pair: pair, side: sideWord(trade.side ?? '') === t.side.longSmall ? 'BUY' : 'SELL', period: 'all' }, { on: ['trade.closed'], every: 10_000 }).data.value?.data
  return <Panel id="like" title={t.trade.like} span="" note={`${pair}, ${sideWord(trade.side ?? '')}`} foot={<a href={href(`/trades?pair=${encodeURIComponent(pair)}&side=${sideWord(trade.side ?? '') === t.side.longSmall ? 'BUY' : 'SELL'}`)}>{t.trade.likeShow}</a>}>
    <div class="panel-body"><dl class="list">
      <div><dt>{t.trade.likeClosed}</dt><dd>{like ? whole(like.total_trades ?? 0) : t.dash}</dd></div>
      <div><dt>{t.trade.likeWon}</dt><dd>{like?.total_trades ? `${like.winning_trades} (${rate(like.win_rate ?? 0)})` : t.dash}</dd></div>
      <div><dt>{t.trade.likeSum}</dt><dd><Result value={like?.total_trades ? like.total_pnl : null} why={t.trade.noneClosed} /></dd></div>
      <div><dt>{t.trade.likeMean}</dt><dd><Result value={like?.expectancy} why={t.trade.noneClosed} /></dd></div>
    </dl></div></Panel>
}

function Costs({ why }: { why: Schema<'WhyTrade'> }) {
  const uses = why.steps.flatMap((step) => step.cost ? [step.cost] : [])
  return <Panel id="costs" title={t.trade.cost} span=""><div class="panel-body"><dl class="list">
    <div><dt>{t.trade.fees}</dt><dd>{feeAmount(why.trade, 4) === null ? <Dash /> : <>{feeAmount(why.trade, 4)} <span class="ink-3">{feeAsset(why.trade)}</span></>}</dd></div>
    {uses.slice(0, 8).map((use) => <div key={use.id}><dt class="cut">{use.api_name} <span class="ink-3">{use.model ?? use.operation_type}</span></dt><dd>{use.estimated_cost === null || use.estimated_cost === undefined ? <Dash why={t.trade.unpriced} /> : cost(use.estimated_cost)}</dd></div>)}
    <div><dt>{t.trade.aiCost}</dt><dd>{why.result.ai_cost === null ? <Dash why={t.trade.noUse} /> : cost(why.result.ai_cost ?? 0)}</dd></div>
    <div><dt>{t.trade.afterAi}</dt><dd><Result value={why.result.pnl_after_ai} why={t.trade.noUse} /></dd></div>
  </dl></div></Panel>
}

function RecordPanel({ trade }: { trade: Trade }) {
  return <Panel id="record" title={t.trade.record} span=""><div class="panel-body"><dl class="list">
    <div><dt>{t.trade.number}</dt><dd>{trade.id}</dd></div>
    <div><dt>{t.trade.signal}</dt><dd>{trade.signal_id ?? t.dash}</dd></div>
    <div><dt>{t.trades.bot}</dt><dd class="wrap">{trade.bot_name ?? t.dash}</dd></div>
    <div><dt>{t.trade.strategy}</dt><dd class="wrap">{trade.strategy ?? t.dash}</dd></div>
    <div><dt>{t.trade.external}</dt><dd class="wrap mono">{trade.external_id ?? t.dash}</dd></div>
    <div><dt>{t.trades.opened}</dt><dd><Time at={trade.timestamp} seconds /></dd></div>
    <div><dt>{t.trade.closedAt}</dt><dd>{trade.closed_at ? <Time at={trade.closed_at} seconds /> : t.trades.isOpen}</dd></div>
    <div><dt>{t.trade.bestStood}</dt><dd><Result value={trade.mfe} why={t.trade.noPrices} /></dd></div>
    <div><dt>{t.trade.worstStood}</dt><dd><Result value={trade.mae} why={t.trade.noPrices} /></dd></div>
    <div><dt>{t.trade.risks}</dt><dd>{trade.r_multiple === null || trade.r_multiple === undefined ? <Dash why={t.trade.noRisk} /> : result(trade.r_multiple)}</dd></div>
  </dl></div></Panel>
}
