// Which dialog is open. Dialogs are one at a time; the one who opened it gets the focus back.
import { signal } from '@preact/signals'

export type Mode = 'paper' | 'manual' | 'auto'
export type Asked =
  | { kind: 'pause' | 'resume' | 'stop' | 'emergency'; bot: string }
  | { kind: 'mode'; bot: string; mode: Mode }
  | { kind: 'trigger' }
  | { kind: 'clear'; bot: string | null }
  | { kind: 'choose' }
  | { kind: 'make-key' }
  | { kind: 'revoke'; id: number; name: string }
  | { kind: 'decide'; id: number }
  | { kind: 'sign-in' }
  | { kind: 'find' }
  | { kind: 'help' }
  | { kind: 'more' }

export const asked = signal<Asked | null>(null)
let opener: Element | null = null

export function open(what: Asked) {
  if (asked.value === null) opener = document.activeElement
  asked.value = what
}

/** Closes the dialog because the reader goes to another page: the focus goes there. */
export function leave() {
  asked.value = null
  opener = null
}

/** Closes the dialog. The focus goes back to where it was. */
export function close() {
  const back = opener
  leave()
  setTimeout(() => { if (back instanceof HTMLElement && back.isConnected) back.focus() }, 0)
}
