// What happened: the last trades and decisions at first, then each event as it comes.
import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import type { Schema } from '../../api'
import { useBreakerEvents, useLatestTrades, type Trade, useRefusals } from '../../data'
import { price, result, toneOf } from '../../format'
import { listen } from '../../live'
import type { Happened } from '../../stream-words'
import { t } from '../../texts'
import { Glyph, Icon, Seg, sideWord, Time, type Mark } from '../../ui/basic'
import { Panel, Say, Skeleton } from '../../ui/panel'
import { TradeLink } from '../../ui/trade-link'
import { TRADES } from './signals'

type Kind = 'trades' | 'people' | 'bots'
/** `text` makes its elements anew for each drawing: a kept element would hold on to the whole list that it first stood in. */
interface Entry { key: string; at: string; kind: Kind; icon?: string; mark?: Mark; text: () => ComponentChildren; who: string }

const SHOWN = 10
const KEPT = 40
const chosen = signal<'all' | 'trades' | 'people'>('all')
const came = signal<Entry[]>([])

const whoOf = (who: unknown) => typeof who !== 'string' ? '' : who === 'pin' ? t.feed.you : who === 'command' ? t.feed.command : who.startsWith('key:') ? t.feed.key(who.slice(4)) : who === 'server' ? t.feed.server : who

const opened = (trade: Trade): Entry => ({ key: `o${trade.id}`, at: trade.timestamp ?? '', kind: 'trades', icon: 'trades', who: trade.bot_name ?? '',
  text: () => <><TradeLink id={trade.id}>{trade.trading_pair} {sideWord(trade.side ?? '')}</TradeLink> {t.feed.opened(price(trade.entry_price ?? 0))}</> })
const closed = (trade: Trade): Entry => ({ key: `c${trade.id}`, at: trade.closed_at ?? '', kind: 'trades', icon: 'check', who: trade.bot_name ?? '',
  text: () => <><TradeLink id={trade.id}>{trade.trading_pair} {sideWord(trade.side ?? '')}</TradeLink> {t.feed.closed} {trade.pnl === null || trade.pnl === undefined ? '' : <b class={`label ${toneOf(trade.pnl)}`}>{result(trade.pnl)}</b>}{trade.exit_reason ? t.feed.reason(t.feed.exit[trade.exit_reason] ?? trade.exit_reason) : ''}</> })

function askedWhat(data: Record<string, unknown>): string {
  const parts = [typeof data.state === 'string' ? t.feed.what[data.state as 'running'] ?? data.state : '', data.emergency_close === true || data.emergency_close === 1 ? t.feed.what.emergency : '',
    typeof data.mode === 'string' ? t.feed.what.mode(data.mode) : ''].filter(Boolean)
  return parts.join(', ') || t.feed.what.nothing
}

function entryOf({ type, data }: Happened): Entry | null {
  const at = new Date().toISOString()
  const key = `${type}${String(data.id ?? data.control_seq ?? '')}${String(data.bot_name ?? '')}`
  const name = data.bot_name === '*' ? t.feed.all_bots : String(data.bot_name ?? '')
  const reason = typeof data.reason === 'string' && data.reason !== '' ? `: “${data.reason}”` : ''
  switch (type) {
    case 'trade.opened': return opened(data as unknown as Trade)
    case 'trade.closed': return closed(data as unknown as Trade)
    case 'control.asked': return { key, at: String(data.asked_at ?? at), kind: 'people', icon: data.state === 'running' ? 'play' : data.state === 'stopped' ? 'stop' : 'pause', text: () => t.feed.asked(name, askedWhat(data)) + reason, who: whoOf(data.asked_by) }
    case 'control.heard': return { key, at: String(data.heard_at ?? at), kind: 'people', icon: 'eye', text: () => t.feed.heard(name, askedWhat(data)), who: name }
    case 'control.done': return { key, at: String(data.done_at ?? at), kind: 'people', icon: 'check', text: () => t.feed.done(name, askedWhat(data)), who: name }
    case 'breaker.triggered': case 'breaker.recovering': case 'breaker.cleared': return breaker(data as unknown as Schema<'BreakerEvent'>, type)
    case 'breaker.bypassed': return { key: key + at, at, kind: 'people', mark: 'alarm', text: () => t.feed.bypassed, who: t.feed.server }
    case 'breaker.refused': return refused(data as unknown as Schema<'BreakerRefusal'>)
    case 'bot.silent': return { key: key + at, at, kind: 'bots', mark: 'stale', text: () => t.feed.silent(name), who: t.feed.server }
    case 'bot.back': return { key: key + at, at, kind: 'bots', mark: 'running', text: () => t.feed.back(name), who: t.feed.server }
    case 'backup.made': return { key: key + at, at, kind: 'people', icon: 'archive', text: () => t.feed.backup, who: t.feed.server }
    case 'budget.reached': return { key, at, kind: 'people', icon: 'coin', text: () => t.feed.budget(Number(data.percent), name), who: t.feed.server }
    default: return null
  }
}

function breaker(event: Schema<'BreakerEvent'>, type: string): Entry {
  const isCleared = type === 'breaker.cleared'
  return { key: `${type}${event.id}`, at: (isCleared ? event.cleared_at : event.triggered_at) ?? '', kind: 'people', mark: isCleared ? 'ok' : type === 'breaker.recovering' ? 'watch' : 'alarm',
    text: () => <><b class="label">{isCleared ? t.feed.cleared : type === 'breaker.recovering' ? t.feed.recovering : t.feed.triggered}</b>{isCleared ? event.notes ? `: ${event.notes}` : '' : event.trigger_reason ? `: ${event.trigger_reason}` : ''}</>,
    who: whoOf(isCleared ? event.cleared_by : event.triggered_by) || t.feed.server }
}

/** A bot that tries again stands there once, at its last try. */
const refused = (position: Schema<'BreakerRefusal'>): Entry => ({ key: `r${position.id}`, at: position.last_refused_at ?? '', kind: 'trades', icon: 'bar', who: position.bot_name ?? '',
  text: () => `${position.trading_pair} ${sideWord(position.side ?? '')} ${t.feed.refused(position.times ?? 1)}` })

export function Feed() {
  useEffect(() => listen((events) => {
    const entries = events.map(entryOf).filter((entry): entry is Entry => entry !== null)
    if (entries.length > 0) came.value = [...entries.reverse(), ...came.value].slice(0, KEPT)
  }), [])
  const trades = useLatestTrades(TRADES).data.value?.data
  const events = useBreakerEvents().data.value?.data
  const refusals = useRefusals().data.value?.data
  const first = useMemo(() => [
    ...(refusals ?? []).map(refused),
    ...(trades ?? []).flatMap((trade) => trade.status === 'closed' ? [closed(trade), opened(trade)] : [opened(trade)]),
    ...(events ?? []).flatMap((event) => event.dry_run ? [] : event.cleared_at ? [breaker(event, 'breaker.cleared'), breaker(event, 'breaker.triggered')] : [breaker(event, 'breaker.triggered')]),
  ], [trades, events, refusals])
  const seen = new Set<string>()
  const entries = [...came.value, ...first].filter((entry) => entry.at !== '' && !seen.has(entry.key) && seen.add(entry.key))
    .filter((entry) => chosen.value === 'all' || entry.kind === chosen.value).sort((a, b) => b.at < a.at ? -1 : b.at > a.at ? 1 : 0).slice(0, SHOWN)
  return <Panel id="feed" title={t.feed.title} span="c6" end={<Seg label={t.feed.show} value={chosen.value} onChoose={(value) => { chosen.value = value }}
    choices={[{ value: 'all', label: t.feed.all }, { value: 'trades', label: t.feed.trades }, { value: 'people', label: t.feed.people }]} />}>
    {!trades ? <Skeleton rows={8} /> : entries.length === 0 ? <Say title={t.feed.none}>{t.feed.noneText}</Say>
      : <ul class="feed">{entries.map((entry) => <li key={entry.key}><Time at={entry.at} />{entry.mark ? <Glyph mark={entry.mark} /> : <Icon name={entry.icon ?? 'clock'} />}
        <span class="wrap">{entry.text()} {entry.who ? <span class="who">· {entry.who}</span> : null}</span></li>)}</ul>}
  </Panel>
}
