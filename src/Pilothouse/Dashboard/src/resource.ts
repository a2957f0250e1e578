// What the page shows of the server: loaded once, shared by whoever shows it, loaded again when the stream says that it has changed.
import { signal, type Signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { address, get, Refused, type Answer, type GetPath, type Values } from './api'
import { listen } from './live'

const FORGET_MS = 60_000
const RETRY_MS = 5_000

export interface Resource<T> {
  /** The newest answer; undefined until there is one. It stays where a later request fails. */
  data: Signal<T | undefined>
  error: Signal<Refused | null>
  /** When the answer came, in milliseconds since 1970. */
  at: Signal<number>
  reload: () => void
}

class Kept<T> implements Resource<T> {
  readonly data = signal<T | undefined>(undefined)
  readonly error = signal<Refused | null>(null)
  readonly at = signal(0)
  users = 0
  leftAt = 0
  private dirty = true
  private running = false
  private timer: ReturnType<typeof setTimeout> | undefined
  private begun = 0

  constructor(private readonly load: () => Promise<T>, readonly types: string[], private readonly every: number) {}

  readonly reload = () => {
    this.dirty = true
    this.plan(0)
  }

  /** Something of it has changed: load it, but not more often than it is allowed. */
  readonly touch = () => {
    this.dirty = true
    this.plan(Math.max(0, this.begun + this.every - performance.now()))
  }

  /** Loads now what is dirty and shown. A hidden tab loads nothing; it catches up when it is seen. */
  readonly plan = (wait: number) => {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.run(), wait)
  }

  private async run() {
    if (!this.dirty || this.running || this.users === 0 || document.hidden) return
    this.dirty = false
    this.running = true
    this.begun = performance.now()
    try {
      this.data.value = await this.load()
      this.error.value = null
      this.at.value = Date.now()
    } catch (error) {
      this.error.value = error instanceof Refused ? error : new Refused(0, 'bug', String(error), new Headers())
      const mayComeBack = error instanceof Refused && (error.status === 0 || error.status === 429 || error.status >= 500)
      this.dirty ||= mayComeBack
      if (mayComeBack) this.plan(Number(error.headers.get('Retry-After') ?? 0) * 1000 || RETRY_MS)
    } finally {
      this.running = false
    }
    if (this.dirty && !this.error.value) this.plan(this.every)
  }
}

const all = new Map<string, Kept<unknown>>()
const fits = (types: string[], type: string) => types.some((known) => known === type || (known.endsWith('*') && type.startsWith(known.slice(0, -1))))

listen((events) => {
  const came = new Set(events.map((event) => event.type))
  for (const kept of all.values()) {
    if (came.has('reset') || [...came].some((type) => fits(kept.types, type))) kept.touch()
  }
})
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) for (const kept of all.values()) kept.plan(0)
})
setInterval(() => {
  for (const [key, kept] of all) if (kept.users === 0 && Date.now() - kept.leftAt > FORGET_MS) all.delete(key)
}, FORGET_MS)

/** Loads everything that is shown again: after a login, or when somebody asks for it. */
export function reloadAll() {
  for (const kept of all.values()) kept.reload()
}

/** Forgets everything: nothing of it may be seen after a log-out. */
export function forgetAll() {
  for (const kept of all.values()) kept.data.value = undefined
}

export interface How<T = unknown> {
  /** The events after which the answer is another one, as 'trade.*'. */
  on?: string[]
  /** The shortest time between two requests, in milliseconds. */
  every?: number
  /** Load also where no event comes, at this interval in milliseconds. */
  poll?: number
  /** What is made of each answer before it is shown. */
  shape?: (answer: T) => T
}

/** What the server answers to this path, as long as somebody shows it; null as path loads nothing. */
export function useGet<Path extends GetPath>(path: Path | null, values?: Values, how: How<Answer<Path>> = {}): Resource<Answer<Path>> {
  const key = path === null ? '' : address(path, values)
  const kept = useMemo(() => {
    const found = all.get(key) as Kept<Answer<Path>> | undefined
    if (found) return found
    const made = new Kept<Answer<Path>>(async () => { const answer = await get(path!, values); return how.shape ? how.shape(answer) : answer }, how.on ?? [], how.every ?? 1_000)
    if (key !== '') all.set(key, made as Kept<unknown>)
    return made
  }, [key])
  useEffect(() => {
    if (key === '') return
    all.set(key, kept as Kept<unknown>)
    kept.users++
    kept.plan(0)
    const timer = how.poll ? setInterval(kept.touch, how.poll) : undefined
    return () => {
      clearInterval(timer)
      kept.users--
      kept.leftAt = Date.now()
    }
  }, [key])
  return kept
}
