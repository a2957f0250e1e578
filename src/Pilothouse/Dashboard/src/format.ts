// How numbers, times and durations are written. The rules are those of the design's table "Numbers and times".
import { signal } from '@preact/signals'
import { t } from './texts'

const language = navigator.language || 'en'
const MINUS = '−'
const withDecimals = new Map<number, Intl.NumberFormat>()

/** A number with exactly these decimals in the reader's language, with a true minus. */
export function number(value: number, decimals: number): string {
  let format = withDecimals.get(decimals)
  if (!format) withDecimals.set(decimals, format = new Intl.NumberFormat(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }))
  return format.format(value).replace('-', MINUS)
}

/** A result: always a sign and two decimals; 0.00 has neither sign nor colour. */
export function result(value: number, decimals = 2): string {
  const rounded = Number(value.toFixed(decimals))
  return rounded > 0 ? `+${number(rounded, decimals)}` : rounded === 0 ? number(0, decimals) : number(rounded, decimals)
}

export const toneOf = (value: number | null | undefined, decimals = 2): 'gain' | 'loss' | 'flat' => {
  const rounded = Number((value ?? 0).toFixed(decimals))
  return rounded > 0 ? 'gain' : rounded < 0 ? 'loss' : 'flat'
}

/** A balance: from 100,000 on without decimals. */
export const balance = (value: number) => number(value, Math.abs(value) >= 100_000 ? 0 : 2)
export const cost = (value: number) => number(value, value !== 0 && Math.abs(value) < 0.1 ? 4 : 2)
/** Beyond a million percent no digit tells more: a good first day, taken as the pace of a year, has a CAGR of sixteen of them. */
const MOST_PERCENT = 1_000_000
export const percent = (value: number) => Math.abs(value) > MOST_PERCENT ? `${value < 0 ? '<' : '>'} ${result(Math.sign(value) * MOST_PERCENT, 0)}%` : `${result(value)}%`
export const rate = (value: number, decimals = 0) => `${number(value, decimals)}%`
export const limit = (value: number) => `${number(value, decimalsOf(value))}%`
export const whole = (value: number) => number(value, 0)

const decimalsOf = (value: number) => {
  const [digits = '', exponent = '0'] = String(Math.abs(value)).split('e')
  return Math.min(10, Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent)))
}

/** A price: two decimals from 100 on; below, as many as it has, up to six digits behind the first. */
export function price(value: number): string {
  const size = Math.abs(value)
  const most = size >= 100 ? 2 : size >= 1 ? 4 : Math.min(12, 5 - Math.floor(Math.log10(size || 1)))
  return number(value, Math.min(most, Math.max(2, decimalsOf(value))))
}

export const quantity = (value: number) => number(value, decimalsOf(value))

/** Seconds as two units at most. */
export function duration(seconds: number): string {
  const units: [number, string][] = [[86_400, t.unit.day], [3_600, t.unit.hour], [60, t.unit.minute], [1, t.unit.second]]
  let left = Math.max(0, Math.round(seconds))
  const first = units.findIndex(([size]) => left >= size)
  if (first < 0) return `0 ${t.unit.second}`
  const parts: string[] = []
  for (const [size, name] of units.slice(first, first + 2)) {
    const count = Math.floor(left / size)
    if (count > 0) parts.push(`${count} ${name}`)
    left -= count * size
    if (size === 86_400 && count >= 2) break
  }
  return parts.join(' ')
}

export const bytes = (size: number) => size < 1_048_576 ? `${number(size / 1024, 0)} KB` : size < 1_073_741_824 ? `${number(size / 1_048_576, 1)} MB` : `${number(size / 1_073_741_824, 1)} GB`

/** In which zone times are shown: the reader's, or UTC. Kept in the browser. */
export const utc = signal(localStorage.getItem('pilothouse-zone') === 'utc')
export function setUtc(value: boolean) {
  utc.value = value
  localStorage.setItem('pilothouse-zone', value ? 'utc' : 'local')
}

/** The reader's zone by its short name, as CET or UTC. */
export const zoneName = () => utc.value ? 'UTC'
  : new Intl.DateTimeFormat('en', { timeZoneName: 'short' }).formatToParts(new Date()).find((part) => part.type === 'timeZoneName')?.value ?? 'UTC'

const made = new Map<string, Intl.DateTimeFormat>()
function format(how: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(how) + String(utc.value)
  let found = made.get(key)
  if (!found) made.set(key, found = new Intl.DateTimeFormat('en-GB', utc.value ? { ...how, timeZone: 'UTC' } : how))
  return found
}

/** Today 16:30, else 24 Nov 14:00, with the year when it is another. */
export function time(value: string | number, seconds = false): string {
  const date = new Date(value)
  const now = new Date()
  const clock = format({ hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) }).format(date)
  const day = format({ day: 'numeric', month: 'short', year: 'numeric' })
  if (day.format(date) === day.format(now)) return clock
  return `${dayOf(value)} ${clock}`
}

export function dayOf(value: string | number): string {
  const date = new Date(value)
  const year = format({ year: 'numeric' })
  return format({ day: 'numeric', month: 'short', ...(year.format(date) === year.format(new Date()) ? {} : { year: 'numeric' }) }).format(date)
}

/** The time of day, with seconds. */
export const clock = (value: string | number) => format({ hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date(value))

/** The whole time in UTC, for tooltips. */
export const inUtc = (value: string | number) =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: 'UTC' })
    .format(new Date(value)).replace(/,/g, '') + ' UTC'

export const monthName = (date: Date) => new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(date)
export const secondsSince = (value: string | number, now: number) => (now - new Date(value).getTime()) / 1000
