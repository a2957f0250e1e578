// The tab's side of the live stream.
import { signal } from '@preact/signals'
import { base } from './base'
import { filter, streamed, type FromWorker, type Happened } from './stream-words'

/** Since when the server has not answered, in milliseconds since 1970; null while it does. */
export const lostAt = signal<number | null>(null)
/** When the last event came, in milliseconds since 1970. */
export const heardAt = signal(0)
export const connected = signal(false)

type Listener = (events: Happened[]) => void
const listeners = new Set<Listener>()
let port: MessagePort | null = null
let own: EventSource | null = null

/** Whether trading was stopped while nobody saw this tab: its title tells that, without asking the server. */
export const stoppedUnseen = signal(false)

/** What came while the tab was hidden, to be told when it is seen; null where that was too much, and everything is loaded again. */
let held: Happened[] | null = []
const MOST_HELD = 1_000
let lastCame = 0

/** Calls the listener with all that happens, in batches; returns how to end that. */
export function listen(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function take(message: FromWorker) {
  if (message.kind === 'state') {
    // A stream that is refused is not lost: it needs a login.
    lostAt.value = message.refused ? null : message.lostAt
    connected.value = message.lostAt === null
    return
  }
  lastCame = Date.now()
  if (document.hidden) keep(message.events)
  else deliver(message.events)
}

function deliver(events: Happened[]) {
  heardAt.value = lastCame
  listeners.forEach((listener) => listener(events))
}

/** A hidden tab draws nothing and keeps little. */
function keep(events: Happened[]) {
  held = held !== null && held.length + events.length <= MOST_HELD ? [...held, ...events] : null
  for (const { type, data } of events) {
    if (type === 'breaker.triggered' && !data.dry_run) stoppedUnseen.value = true
    else if (type === 'breaker.cleared') stoppedUnseen.value = false
  }
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) return
  stoppedUnseen.value = false
  const events = held ?? [{ type: 'reset', data: {} }]
  held = []
  if (events.length > 0) deliver(events)
})

/** Browsers without shared workers (older ones on phones) have a connection for each tab. */
function followAlone() {
  own = new EventSource(`${base}/api/events?types=${filter}`)
  own.onopen = () => take({ kind: 'state', lostAt: null, refused: false })
  own.onerror = () => {
    take({ kind: 'state', lostAt: lostAt.value ?? Date.now(), refused: false })
    if (own?.readyState === EventSource.CLOSED) setTimeout(followAlone, 5_000)
  }
  for (const type of streamed) {
    own.addEventListener(type, (event) => take({ kind: 'events', events: [{ type, data: JSON.parse((event as MessageEvent<string>).data) as Record<string, unknown> }] }))
  }
}

let begun = false

/** Begins to follow the stream, once. */
export function follow() {
  if (begun) return
  begun = true
  if (typeof SharedWorker === 'undefined') {
    followAlone()
    return
  }
  const worker = new SharedWorker(new URL('./stream.worker.ts', import.meta.url), { type: 'module', name: `url=${encodeURIComponent(location.origin + base)}` })
  port = worker.port
  port.onmessage = ({ data }: MessageEvent<FromWorker>) => take(data)
  setInterval(() => port?.postMessage('here'), 20_000)
  addEventListener('pagehide', () => port?.postMessage('gone'))
  addEventListener('pageshow', (event) => { if (event.persisted) port?.postMessage('here') })
}

/** Tries the connection now, as after a login. */
export function again() {
  follow()
  port?.postMessage('again')
  if (own) {
    own.close()
    followAlone()
  }
}
