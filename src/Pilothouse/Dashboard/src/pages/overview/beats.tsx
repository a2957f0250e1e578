import { computed, signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { get } from '../../api'
import type { Bot } from '../../data'
import { listen } from '../../live'
import { t } from '../../texts'
import { now } from '../../tick'

const COUNT = 20
const KEPT = 40

/** When each bot has reported lately, in milliseconds since 1970: loaded once, then from the stream. */
const reports = signal(new Map<string, number[]>())
let asked = false

function add(rows: { bot_name?: unknown; timestamp?: unknown }[]) {
  const next = new Map(reports.value)
  for (const { bot_name, timestamp } of rows) {
    if (typeof bot_name !== 'string' || typeof timestamp !== 'string') continue
    next.set(bot_name, [...(next.get(bot_name) ?? []), new Date(timestamp).getTime()].sort((a, b) => a - b).slice(-KEPT))
  }
  reports.value = next
}

listen((events) => {
  if (events.some((event) => event.type === 'reset')) asked = false
  const rows = events.filter((event) => event.type === 'bot.reported')
  if (asked && rows.length > 0) add(rows.map((event) => event.data))
})

function load() {
  if (asked) return
  asked = true
  void get('/api/bot-status/history', { limit: 500 }).then((page) => { reports.value = new Map(); add(page.data) }, () => { asked = false })
}

/** The last twenty reports that were due, each as a tick; a missing one is short. */
export function Beats({ bot }: { bot: Bot }) {
  load()
  const every = bot.expected_every_seconds
  const slot = useMemo(() => computed(() => every ? Math.floor(now.value / (every * 1000)) : 0), [every])
  const times = reports.value.get(bot.bot_name) ?? []
  if (!every || times.length === 0 || bot.status === 'stopped') return null
  const step = every * 1000
  const end = (slot.value + 1) * step
  const first = times[0]!
  const due = Array.from({ length: COUNT }, (_, index) => {
    const to = end - (COUNT - 1 - index) * step
    // A report may come up to half an interval late and still be that one. The newest slot is not over yet.
    return to <= first ? null : { isThere: times.some((time) => time > to - step * 1.5 && time <= to), isNow: index === COUNT - 1 }
  })
  const over = due.filter((one) => one !== null && (one.isThere || !one.isNow))
  return <svg class="beats" role="img" aria-label={t.bots.beats(over.filter((one) => one?.isThere).length, over.length)}>
    {due.map((one, index) => {
      if (!one) return null
      const { isThere, isNow } = one
      return isThere || isNow ? <rect key={index} class={isNow && isThere ? 'b-now' : 'b'} x={index * 4} y={isThere ? 1 : 11} width="2" height={isThere ? 13 : 3} /> : <rect key={index} class="b-miss" x={index * 4} y="11" width="2" height="3" />
    })}
  </svg>
}
