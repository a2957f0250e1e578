// A list without an end: it is loaded page by page, follows the stream, and only the rows in sight are in the document.
import { signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { get, Refused, type Answer, type GetPath, type Values } from '../api'
import { listen } from '../live'
import type { Happened } from '../stream-words'

interface Row { id?: number | null }
interface Page<T> { data: T[]; next_cursor?: string | null }
const PAGE = 200
/** What the server sends at most. */
const LARGEST_PAGE = 500
const MOST = 20_000
/** How many rows may come by the stream before a list begins anew with the newest. */
const MOST_CAME = 500

/** Loads a list page by page and keeps it as the stream says. */
export class Endless<T extends Row> {
  readonly rows = signal<T[]>([])
  readonly busy = signal(false)
  readonly ended = signal(false)
  readonly error = signal<Refused | null>(null)
  private cursor: string | undefined
  private gone = false
  private isWhole = false
  private came = 0
  /** What happened while the list began anew. */
  private missed: Happened[] | null = null

  constructor(private readonly load: (values: Values) => Promise<Page<T>>, private readonly fits: (row: T) => boolean, private readonly names: { added: string[]; changed: string[]; removed: string[] }) {}

  readonly more = async (limit = PAGE) => {
    if (this.busy.value || this.ended.value || this.gone) return
    this.busy.value = true
    try {
      const page = await this.load({ limit, cursor: this.cursor })
      if (this.gone) return
      const known = new Set(this.rows.value.map((row) => row.id))
      this.rows.value = [...this.rows.value, ...page.data.filter((row) => !known.has(row.id))]
      this.cursor = page.next_cursor ?? undefined
      this.ended.value = !page.next_cursor || this.rows.value.length >= MOST
      this.error.value = null
    } catch (error) {
      this.error.value = error instanceof Refused ? error : new Refused(0, 'bug', String(error), new Headers())
    } finally {
      this.busy.value = false
    }
  }

  /** Loads all that there is, as sorting by another column needs. */
  readonly all = async () => {
    this.isWhole = true
    while (!this.ended.value && !this.gone && !this.error.value) await this.more(LARGEST_PAGE)
  }

  readonly again = async () => {
    this.came = 0
    this.cursor = undefined
    this.ended.value = false
    this.rows.value = []
    await (this.isWhole ? this.all() : this.more())
  }

  /** Follows the stream until the returned function is called. */
  follow(): () => void {
    const stop = listen((events) => {
      if (events.some((event) => event.type === 'reset')) { void this.again(); return }
      this.missed?.push(...events)
      const { rows, came } = this.after(this.rows.value, events)
      if (rows !== this.rows.value) this.rows.value = rows
      this.came += came
      if (this.came > MOST_CAME && this.mayBeginAnew()) void this.beginAnew()
    })
    return () => { this.gone = true; stop() }
  }

  /** The rows as these events leave them, and how many are new. */
  private after(rows: T[], events: Happened[]): { rows: T[]; came: number } {
    const mine = events.filter(({ type }) => this.names.added.includes(type) || this.names.changed.includes(type) || this.names.removed.includes(type))
    if (mine.length === 0) return { rows, came: 0 }
    // A map keeps the place of what it has: a changed row stays where it is.
    const known = new Map(rows.map((row) => [row.id, row]))
    const fresh = new Map<T['id'], T>()
    for (const { type, data } of mine) {
      const row = data as unknown as T
      const isChange = this.names.changed.includes(type)
      if (this.names.removed.includes(type) || (isChange && !this.fits(row))) {
        known.delete(row.id)
        fresh.delete(row.id)
      } else if (known.has(row.id)) {
        if (isChange) known.set(row.id, row)
      } else if (this.fits(row)) fresh.set(row.id, row)
    }
    return { rows: [...[...fresh.values()].reverse(), ...known.values()].slice(0, MOST), came: fresh.size }
  }

  /** A reader who is far down, or has sorted the whole list, keeps it. */
  private mayBeginAnew = () => !this.isWhole && scrollY < innerHeight

  /** Takes the newest page in the place of all rows, so that a list that stays open does not grow. Nothing is empty meanwhile. */
  private async beginAnew() {
    if (this.busy.value) return
    this.busy.value = true
    this.came = 0
    this.missed = []
    try {
      const page = await this.load({ limit: PAGE })
      if (this.gone) return
      this.rows.value = this.after(page.data, this.missed).rows
      this.cursor = page.next_cursor ?? undefined
      this.ended.value = !page.next_cursor
    } catch {
      // The list stays as it is; after as many rows more it is tried again.
    } finally {
      this.missed = null
      this.busy.value = false
    }
  }
}

/** A list at a path, under these filters, as long as it is shown. */
export function useEndless<Path extends GetPath, T extends Row>(path: Path, filters: Values, fits: (row: T) => boolean, names: { added: string[]; changed: string[]; removed: string[] }): Endless<T> {
  const key = JSON.stringify(filters)
  const list = useMemo(() => new Endless<T>((values) => get(path, { ...filters, ...values }) as Promise<Answer<Path>> as unknown as Promise<Page<T>>, fits, names), [path, key])
  useEffect(() => {
    void list.more()
    return list.follow()
  }, [list])
  return list
}

/** Which rows are in sight: the first, the last, and the heights above and below them. */
export function useWindow(count: number, more: () => void) {
  const body = useRef<HTMLTableSectionElement>(null)
  const [height, setHeight] = useState(37)
  const [range, setRange] = useState({ from: 0, to: 60 })
  useLayoutEffect(() => {
    const row = body.current?.querySelector<HTMLElement>('tr[data-row]')
    if (row && row.offsetHeight > 0 && Math.abs(row.offsetHeight - height) > 1) setHeight(row.offsetHeight)
  })
  useEffect(() => {
    let frame = 0
    const look = () => {
      frame = 0
      const top = body.current?.getBoundingClientRect().top ?? 0
      const from = Math.max(0, Math.floor(-top / height) - 20)
      const to = Math.min(count, Math.ceil((innerHeight - top) / height) + 20)
      setRange((known) => known.from === from && known.to === to ? known : { from, to: Math.max(to, from) })
      if (to > count - 60) more()
    }
    const plan = () => { frame ||= requestAnimationFrame(look) }
    look()
    addEventListener('scroll', plan, { passive: true })
    addEventListener('resize', plan)
    return () => {
      cancelAnimationFrame(frame)
      removeEventListener('scroll', plan)
      removeEventListener('resize', plan)
    }
  }, [count, height, more])
  const [from, to] = [Math.min(range.from, Math.max(0, count - 1)), Math.min(range.to, count)]
  return { body, from, to, above: from * height, below: Math.max(0, count - to) * height }
}
