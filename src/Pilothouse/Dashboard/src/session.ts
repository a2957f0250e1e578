// Who is at the page: nobody, or the owner with the PIN; and how long that lasts.
import { computed, signal } from '@preact/signals'
import { get, post, Refused, whenUnauthorized } from './api'
import { again } from './live'
import { forgetAll, reloadAll } from './resource'
import { now } from './tick'

/** When the session ends, in milliseconds since 1970; null where there is none. */
export const endsAt = signal<number | null>(null)
/** Whether the server shows nothing without a login. */
export const closed = signal(false)
export const known = signal(false)
export const signedIn = computed(() => endsAt.value !== null && endsAt.value > now.value)
export const secondsLeft = computed(() => endsAt.value === null ? 0 : Math.max(0, Math.round((endsAt.value - now.value) / 1000)))

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('pilothouse-session')
channel?.addEventListener('message', () => void check())

let usedAt = Date.now()
let renewing = false
const USED_MS = 120_000

function set(seconds: number | null) {
  endsAt.value = seconds === null || seconds <= 0 ? null : Date.now() + seconds * 1000
}

/** Asks the server who we are. Returns whether there is a session. */
export async function check(): Promise<boolean> {
  try {
    const state = await get('/api/auth/check')
    set(state.authenticated ? state.expires_in ?? null : null)
    if (!state.authenticated && closed.value) forgetAll()
    return state.authenticated
  } catch {
    return endsAt.value !== null
  }
}

/** Begins: who are we, and does the server show anything to nobody? */
export async function begin() {
  whenUnauthorized(async () => {
    const isIn = await check()
    if (!isIn) closed.value = true
    return isIn
  })
  await check()
  try {
    await get('/api/bots', { limit: 1 })
  } catch (error) {
    if (error instanceof Refused && error.status === 401) closed.value = true
  }
  known.value = true
}

/** Signs in, or prolongs the session in place. */
export async function signIn(pin: string) {
  const answer = await post('/api/auth/login', { pin })
  set(answer.expires_in)
  usedAt = Date.now()
  channel?.postMessage('changed')
  again()
  reloadAll()
}

export async function signOut() {
  try {
    await post('/api/auth/logout')
  } finally {
    set(null)
    if (closed.value) forgetAll()
    channel?.postMessage('changed')
    again()
    reloadAll()
  }
}

// Who uses the page stays signed in, up to the server's twelve hours; who leaves it is signed out.
for (const type of ['pointerdown', 'keydown']) addEventListener(type, () => { usedAt = Date.now() }, { passive: true })
setInterval(() => {
  if (!signedIn.value || renewing || document.hidden || Date.now() - usedAt > USED_MS) return
  if (secondsLeft.value > 20 * 60 || (secondsLeft.value > 180 && secondsLeft.value % 60 > 15)) return
  renewing = true
  post('/api/auth/refresh').then((answer) => { set(answer.expires_in); channel?.postMessage('changed') }, () => check()).finally(() => { renewing = false })
}, 10_000)
