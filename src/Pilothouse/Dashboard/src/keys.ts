// The keys. None of them alone changes anything: each opens a second look.
import { pages } from './pages'
import { period } from './period'
import { setUtc, utc } from './format'
import { go } from './router'
import { letters } from './settings'
import { asked, open } from './ui/dialogs'

const PERIODS: Record<string, string> = { 1: 'daily', 2: 'weekly', 3: 'monthly', 4: 'all' }
let awaitsPage = 0

const isField = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
const rows = () => [...document.querySelectorAll<HTMLElement>('[data-row]')]
const chosen = () => document.querySelector<HTMLElement>('[data-row].is-here')

function move(step: number) {
  const all = rows()
  if (all.length === 0) return
  const at = all.findIndex((row) => row.classList.contains('is-here'))
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))] ?? all[0]!
  all[at]?.classList.remove('is-here')
  next.classList.add('is-here')
  next.scrollIntoView({ block: 'nearest' })
  const name = next.querySelector<HTMLElement>('a, th')
  if (name) {
    if (!name.matches('a')) name.tabIndex = -1
    name.focus({ preventScroll: true })
  }
}

function act(kind: 'pause' | 'emergency') {
  const bot = chosen()?.dataset.bot
  if (!bot) return
  const resumes = kind === 'pause' && chosen()?.querySelector('use[href="#i-play"]') !== null
  open(resumes ? { kind: 'resume', bot } : { kind, bot })
}

addEventListener('keydown', (event) => {
  if (asked.value !== null) return
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault()
    open({ kind: 'find' })
    return
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target) || !letters.value) return
  const key = event.key.toLowerCase()
  if (Date.now() - awaitsPage < 1_500) {
    awaitsPage = 0
    const page = pages.find((one) => one.key === key)
    if (page) go(page.path)
    return
  }
  const acts: Record<string, () => void> = {
    '/': () => open({ kind: 'find' }), '.': () => open({ kind: 'choose' }), '?': () => open({ kind: 'help' }), g: () => { awaitsPage = Date.now() }, j: () => move(1), k: () => move(-1),
    p: () => act('pause'), e: () => act('emergency'), u: () => setUtc(!utc.value), d: () => document.activeElement?.closest('.figure')?.querySelector<HTMLElement>('.def')?.click(), enter: () => { if (!(event.target instanceof HTMLElement && event.target.closest('a, button'))) chosen()?.querySelector<HTMLElement>('a')?.click() },
  }
  const run = acts[key] ?? (PERIODS[key] ? () => { period.value = PERIODS[key]! } : undefined)
  if (!run) return
  if (key !== 'enter') event.preventDefault()
  run()
})
