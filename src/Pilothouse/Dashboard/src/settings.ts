// What the reader chose, kept in this browser.
import { effect, signal } from '@preact/signals'

type Theme = 'system' | 'light' | 'dark'
const kept = (name: string) => localStorage.getItem('pilothouse-' + name)
export const theme = signal<Theme>((kept('theme') as Theme | null) ?? 'system')
export const signs = signal(kept('signs') === 'blue-orange')
export const letters = signal(kept('letters') !== 'off')
/** The charts that the reader wants as tables, by the ids of their panels. */
export const tables = signal<ReadonlySet<string>>(new Set((kept('tables') ?? '').split(',').filter(Boolean)))
export function switchTable(id: string) {
  const next = new Set(tables.value)
  if (!next.delete(id)) next.add(id)
  tables.value = next
  localStorage.setItem('pilothouse-tables', [...next].join(','))
}
/** Counts up when colours may have changed: who draws on a canvas reads them anew. */
export const colours = signal(0)

effect(() => {
  const root = document.documentElement
  if (theme.value === 'system') delete root.dataset.theme
  else root.dataset.theme = theme.value
  if (signs.value) root.dataset.signs = 'blue-orange'
  else delete root.dataset.signs
  localStorage.setItem('pilothouse-theme', theme.value)
  localStorage.setItem('pilothouse-signs', signs.value ? 'blue-orange' : 'usual')
  localStorage.setItem('pilothouse-letters', letters.value ? 'on' : 'off')
  colours.value = colours.peek() + 1
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { colours.value++ })

export function nextTheme() {
  const order: Theme[] = ['system', 'light', 'dark']
  theme.value = order[(order.indexOf(theme.value) + 1) % order.length] ?? 'system'
}
