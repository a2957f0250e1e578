// The one connection to the live stream that all tabs of this browser share. It tells each tab what came, and how the connection is.
import { filter, streamed, type FromWorker, type Happened } from './stream-words'

/** The part of SharedWorkerGlobalScope that is used; its library and that of pages cannot be had together. */
const scope = self as unknown as { name: string; onconnect: (event: MessageEvent) => void }
const url = new URLSearchParams(scope.name).get('url') ?? ''
const GATHER_MS = 100
const PROBE_MS = 15_000
const FORGET_TAB_MS = 180_000

/** A tab says every twenty seconds that it is there (every minute when hidden); one that does not is forgotten. */
const tabs = new Map<MessagePort, number>()
let source: EventSource | null = null
let last = ''
let lostAt: number | null = null
let refused = false
let waiting: Happened[] = []
let gathering = false
let retry = 1_000
let retrying: number | undefined

const tell = (message: FromWorker) => tabs.forEach((_, port) => port.postMessage(message))
const sayState = () => tell({ kind: 'state', lostAt, refused })

function deliver() {
  gathering = false
  const events = waiting
  waiting = []
  tell({ kind: 'events', events })
}

function take(type: string, message: MessageEvent<string>) {
  if (message.lastEventId) last = message.lastEventId
  waiting.push({ type, data: JSON.parse(message.data) as Record<string, unknown> })
  if (!gathering) {
    gathering = true
    setTimeout(deliver, GATHER_MS)
  }
}

function connect() {
  clearTimeout(retrying)
  source?.close()
  const after = last ? `&after=${encodeURIComponent(last)}` : ''
  source = new EventSource(`${url}/api/events?types=${filter}${after}`)
  source.onopen = () => {
    retry = 1_000
    const wasLost = lostAt !== null
    lostAt = null
    refused = false
    // What happened before the first position is known is not in the stream.
    if (wasLost && !last) tell({ kind: 'events', events: [{ type: 'reset', data: {} }] })
    sayState()
  }
  source.onerror = () => {
    lostAt ??= Date.now()
    if (source?.readyState !== EventSource.CLOSED) {
      sayState()
      return
    }
    // A browser comes back by itself after a broken connection, but not after an answer that was no stream, such as a refusal.
    retrying = setTimeout(connect, retry) as unknown as number
    retry = Math.min(retry * 2, 15_000)
    fetch(`${url}/api/bots?limit=1`).then((answer) => { refused = answer.status === 401 || answer.status === 403 }, () => { refused = false }).finally(sayState)
  }
  for (const type of streamed) source.addEventListener(type, (message) => take(type, message as MessageEvent<string>))
}

function end() {
  clearTimeout(retrying)
  source?.close()
  source = null
}

// A cable that is pulled says nothing: whether the server is there is asked. Tabs that are gone are forgotten.
setInterval(() => {
  const now = Date.now()
  for (const [port, seen] of tabs) if (now - seen > FORGET_TAB_MS) tabs.delete(port)
  if (tabs.size === 0) { end(); return }
  if (!source) { connect(); return }
  fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5_000) }).catch(() => {
    if (lostAt === null && source?.readyState === EventSource.OPEN) {
      lostAt = Date.now()
      sayState()
      connect()
    }
  })
}, PROBE_MS)

scope.onconnect = ({ ports: [port] }) => {
  if (!port) return
  tabs.set(port, Date.now())
  port.onmessage = ({ data }: MessageEvent<'here' | 'gone' | 'again'>) => {
    if (data === 'gone') tabs.delete(port)
    else tabs.set(port, Date.now())
    if (data === 'again') connect()
  }
  if (!source) connect()
  else port.postMessage({ kind: 'state', lostAt, refused } satisfies FromWorker)
}
