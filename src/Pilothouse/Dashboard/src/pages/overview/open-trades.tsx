import { oneSettleAsset, useOpenTrades, type Trade } from '../../data'
import { duration, percent, price, result, secondsSince, toneOf } from '../../format'
import { linearGain, openQuantity } from '../../gain'
import { href } from '../../router'
import { t } from '../../texts'
import { now } from '../../tick'
import { Dash, directionOf, Result, Side } from '../../ui/basic'
import { Loaded, Panel, Say } from '../../ui/panel'

const SHOWN = 6
/** An older price is shown with its age. */
export const OLD_SECONDS = 300

/** What a linear trade would earn at a price, before fees. */
const resultAt = (trade: Trade, at: number) => linearGain(trade, trade.average_cost ?? trade.entry_price ?? 0, at, openQuantity(trade))

export function OpenTrades() {
  const open = useOpenTrades()
  const trades = open.data.value?.data ?? []
  const currency = oneSettleAsset(trades)
  const known = currency !== null && trades.every((trade) => trade.unrealized_pnl !== null)
  const together = trades.reduce((sum, trade) => sum + (trade.unrealized_pnl ?? 0), 0)
  const linear = currency !== null && trades.every((trade) => trade.contract_type !== 'inverse')
  const stops = linear && trades.every((trade) => trade.stop_loss !== null) ? trades.reduce((sum, trade) => sum + resultAt(trade, trade.stop_loss!), 0) : null
  const targets = linear && trades.every((trade) => trade.take_profit !== null) ? trades.reduce((sum, trade) => sum + resultAt(trade, trade.take_profit!), 0) : null
  return <Panel id="open" title={t.open.title} span="c5" note={trades.length > 0 ? currency ? `${trades.length} · ${currency}` : `${trades.length}` : null}
    end={known ? <><span class="ink-3 small">{t.open.together}</span><b class={`strong ${toneOf(together)}`}>{result(together)}</b></> : null}
    foot={stops === null ? trades.length > SHOWN ? <a href={href('/trades?status=open')}>{t.open.more(trades.length - SHOWN)}</a> : null : <span>{targets === null ? t.open.footStops(result(stops)) : t.open.foot(result(stops), result(targets))}{trades.length > SHOWN ? ` · ${t.open.more(trades.length - SHOWN)}` : ''}</span>}>
    <Loaded from={open} rows={6}>{() => trades.length === 0 ? <Say title={t.open.none}>{t.open.noneText}</Say>
      : <ul class="opens">{trades.slice(0, SHOWN).map((trade) => <OpenTrade key={trade.id} trade={trade} unit={currency === null} />)}</ul>}</Loaded>
  </Panel>
}

/** One open trade; with `unit` its result names its currency, because the list has several. */
export function OpenTrade({ trade, unit = false }: { trade: Trade; unit?: boolean }) {
  const pair = trade.trading_pair ?? ''
  const entry = trade.average_cost ?? trade.entry_price
  const change = trade.price !== null && trade.price !== undefined && entry ? ((trade.price - entry) / entry) * 100 * directionOf(trade.side ?? '') : null
  const age = trade.price_age_seconds ?? null
  return <li>
    <div class="open-top">
      <span class="what"><span class="row"><a class="pair cut" href={href(`/trades/${trade.id}`)}>{pair}</a> <Side side={trade.side ?? ''} /></span>
        <small>{trade.bot_name ?? t.dash} · {trade.timestamp ? t.open.since(duration(secondsSince(trade.timestamp, now.value))) : ''}</small></span>
      <span class="right live-price"><span>{trade.price === null || trade.price === undefined ? <Dash why={t.open.noPrice} /> : price(trade.price)}</span>
        {age !== null && age > OLD_SECONDS ? <small class="watch label">{t.open.old(duration(age))}</small> : <small>{t.open.priceNow}</small>}</span>
      <span class="right"><span class="pnl"><Result value={trade.unrealized_pnl} why={t.open.noPrice} unit={unit ? ` ${trade.settle_asset ?? ''}` : ''} /></span><small>{change === null ? t.dash : percent(change)}</small></span>
    </div>
    <Range trade={trade} />
  </li>
}

/** Stop at the left, target at the right, for shorts too: right is better. */
export function Range({ trade }: { trade: Trade }) {
  const entry = trade.average_cost ?? trade.entry_price ?? 0
  const way = directionOf(trade.side ?? '')
  const stop = trade.stop_loss ?? null
  const target = trade.take_profit ?? null
  const at = trade.price ?? null
  const spread = Math.max(...[stop, target, at].map((one) => one === null ? 0 : Math.abs(one - entry)), Math.abs(entry) * 0.001) * 1.1
  const left = stop ?? entry - way * spread
  const right = target ?? entry + way * spread
  const place = (value: number) => Math.min(100, Math.max(0, ((value - left) / (right - left)) * 100))
  const [from, here] = [place(entry), at === null ? null : place(at)]
  const isPassed = at !== null && stop !== null && (at - stop) * way <= 0
  const x = (share: number) => `${share.toFixed(2)}%`
  const words = (value: number | null, missing: string) => value === null ? missing : price(value)
  return <svg class="range" role="img" aria-label={t.open.label(words(stop, t.open.noStop), price(entry), words(target, t.open.noTarget), at === null ? t.dash : price(at))}>
    <line class="track" x1="0" x2="100%" y1="8" y2="8" />
    {here === null ? null : <line class={here >= from ? 'run-gain' : 'run-loss'} x1={x(Math.min(from, here))} x2={x(Math.max(from, here))} y1="8" y2="8" />}
    {stop === null ? null : <line class="end" x1="1" x2="1" y1="3" y2="13" />}
    {target === null ? null : <line class="end" x1="100%" x2="100%" y1="3" y2="13" />}
    <line class="entry" x1={x(from)} x2={x(from)} y1="2" y2="14" />
    {here === null ? null : <circle class="now" cx={x(here)} cy="8" r="4.5" />}
    <text class={stop === null || isPassed ? 't-nostop' : ''} x="0" y="31">{stop === null ? t.open.noStop : isPassed ? t.open.passed(price(stop)) : `${t.open.stop} ${price(stop)}`}</text>
    <text class="t-em only-wide" x={x(Math.min(70, Math.max(28, from)))} y="31" text-anchor="middle">{t.open.entry} {price(entry)}</text>
    <text x="100%" y="31" text-anchor="end">{target === null ? t.open.noTarget : `${t.open.target} ${price(target)}`}</text>
  </svg>
}
