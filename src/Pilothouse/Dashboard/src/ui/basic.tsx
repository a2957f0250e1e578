// The small parts that all pages are made of.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { duration, inUtc, result, time, toneOf } from '../format'
import { t } from '../texts'
import { now } from '../tick'

export const Icon = ({ name, small = false }: { name: string; small?: boolean }) =>
  <svg class={small ? 'icon icon-s' : 'icon'} aria-hidden="true"><use href={`#i-${name}`} /></svg>

export type Mark = 'running' | 'paused' | 'stopped' | 'stale' | 'error' | 'watch' | 'ok' | 'alarm'
export const Glyph = ({ mark, label }: { mark: Mark; label?: string }) =>
  <svg class={`glyph g-${mark}`} viewBox="0 0 12 12" {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' })}><use href={`#g-${mark}`} /></svg>

const markOf: Record<string, Mark> = { running: 'running', paused: 'paused', stopped: 'stopped', error: 'error', silent: 'stale' }
export const markFor = (state: string): Mark => markOf[state] ?? 'stopped'

/** A shape, a word, then a colour. */
export const State = ({ state }: { state: string }) =>
  <span class={state === 'paused' || state === 'stopped' ? 'state ink-2' : 'state'}><Glyph mark={markFor(state)} />{t.state[state] ?? state}</span>

const isLong = (side: string) => /^(buy|long)$/i.test(side)
export const sideWord = (side: string) => isLong(side) ? t.side.longSmall : t.side.shortSmall
export const Side = ({ side }: { side: string }) =>
  <span class="side-of"><svg class="tri" aria-hidden="true"><use href={isLong(side) ? '#g-up' : '#g-down'} /></svg>{isLong(side) ? t.side.long : t.side.short}</span>
export const directionOf = (side: string) => isLong(side) ? 1 : -1

/** What a signal says: a triangle and a word. */
export const Says = ({ type }: { type: string }) => {
  const word = type.toUpperCase().replace(/^STRONG_/, '').replace('LONG', 'BUY').replace('SHORT', 'SELL')
  return <span class="side-of"><svg class="tri" aria-hidden="true"><use href={word === 'BUY' ? '#g-up' : word === 'SELL' ? '#g-down' : '#g-flat'} /></svg>{t.says[word] ?? type}</span>
}

/** A result with its sign and colour; a dash with the reason where there is none. */
export const Result = ({ value, why, decimals = 2, unit = '' }: { value: number | null | undefined; why?: string; decimals?: number; unit?: string }) =>
  value === null || value === undefined ? <Dash why={why} /> : <span class={toneOf(value, decimals)}>{result(value, decimals)}{unit}</span>

export const Dash = ({ why }: { why?: string | undefined }) => <span class="ink-3" title={why}>{t.dash}{why ? <span class="sr">{why}</span> : null}</span>

/** A time in the reader's zone, with UTC in its tooltip. */
export const Time = ({ at, seconds = false }: { at: string | null | undefined; seconds?: boolean }) =>
  at ? <time dateTime={at} title={inUtc(at)}>{time(at, seconds)}</time> : <Dash />

/** How long ago something was; it goes on by itself. */
export const Age = ({ at }: { at: string | number }) => <>{duration((now.value - new Date(at).getTime()) / 1000)}</>

export interface Choice<T extends string> { value: T; label: string }
/** A choice of a few. Arrow keys move it, as in any radio group. */
export function Seg<T extends string>({ label, choices, value, onChoose, disabled = false }: { label: string; choices: Choice<T>[]; value: T | null; onChoose: (value: T) => void; disabled?: boolean }) {
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' || event.key === 'ArrowDown' ? 1 : event.key === 'ArrowLeft' || event.key === 'ArrowUp' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    const at = choices.findIndex((choice) => choice.value === value)
    const next = choices[(at + step + choices.length) % choices.length]
    if (!next) return
    onChoose(next.value)
    const group = event.currentTarget as HTMLElement
    requestAnimationFrame(() => (group.children[choices.indexOf(next)] as HTMLElement | undefined)?.focus())
  }
  const isNone = !choices.some((choice) => choice.value === value)
  return <span class="seg" role="radiogroup" aria-label={label} onKeyDown={move}>
    {choices.map((choice, index) => <button type="button" role="radio" key={choice.value} disabled={disabled} aria-checked={choice.value === value}
      tabIndex={choice.value === value || (isNone && index === 0) ? 0 : -1} onClick={() => onChoose(choice.value)}>{choice.label}</button>)}
  </span>
}

/** A bar of what is used: amber from 75 %, red past the end. */
export const Meter = ({ share, mark }: { share: number; mark?: number | undefined }) =>
  <svg class="meter" aria-hidden="true"><rect class={share >= 100 ? 'm-alarm' : share >= 75 ? 'm-watch' : ''} width={`${Math.min(100, Math.max(0, share)).toFixed(1)}%`} height="100%" />
    {mark === undefined ? null : <rect class="m-mark" x={`${Math.min(99, mark).toFixed(1)}%`} width="2" height="100%" />}</svg>

/** A text of a bot or of news: text and never markup, cut after three lines. */
export function Text({ children, limit = 240 }: { children: string; limit?: number }) {
  const [open, setOpen] = useState(false)
  if (children.length <= limit) return <span class="bot-text">{children}</span>
  return <span class="bot-text">{open ? children : `${children.slice(0, limit).trimEnd()}… `}{' '}
    <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? t.panel.less : t.panel.more}</button></span>
}

export const Button = ({ children, onClick, kind = '', disabled = false, label, type = 'button' }:
  { children: ComponentChildren; onClick?: () => void; kind?: string; disabled?: boolean; label?: string | undefined; type?: 'button' | 'submit' }) =>
  <button type={type} class={`btn ${kind}`} disabled={disabled} aria-label={label} onClick={onClick}>{children}</button>
