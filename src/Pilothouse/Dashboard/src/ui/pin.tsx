// The PIN: one real input under six boxes.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Refused } from '../api'
import { time } from '../format'
import { signIn } from '../session'
import { t } from '../texts'
import { Glyph } from './basic'

const LENGTH = 6

/** Asks for the PIN and signs in. Calls done when that has worked. */
export function Pin({ id, label, small = false, button = true, done, focus = true }: { id: string; label: string; small?: boolean; button?: boolean; done?: () => void; focus?: boolean }) {
  const [pin, setPin] = useState('')
  const [said, setSaid] = useState('')
  const [busy, setBusy] = useState(false)
  const [none, setNone] = useState(false)
  const [inside, setInside] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => { if (focus) input.current?.focus() }, [])

  async function send(value: string) {
    if (busy || value.length !== LENGTH) return
    setBusy(true)
    try {
      await signIn(value)
      setSaid('')
      done?.()
    } catch (error) {
      setPin('')
      if (!(error instanceof Refused) || error.status === 0) setSaid(t.login.failed)
      else {
        const reset = Number(error.headers.get('X-RateLimit-Reset') ?? 0) * 1000
        const left = Number(error.headers.get('X-RateLimit-Remaining') ?? 0)
        const until = reset > 0 ? time(reset) : ''
        if (error.status === 429 || (error.status === 401 && left === 0 && reset > 0)) {
          setNone(true)
          setSaid(t.login.noneLeft(until))
          setTimeout(() => { setNone(false); setSaid('') }, Math.max(1_000, reset - Date.now()))
        } else if (error.status === 401) setSaid(reset > 0 ? t.login.wrong(left, Number(error.headers.get('X-RateLimit-Limit') ?? 5), until) : t.login.wrongPlain)
        else setSaid(t.panel.code(error.status, error.message))
      }
      setTimeout(() => input.current?.focus(), 0)
    } finally {
      setBusy(false)
    }
  }

  const boxes = Array.from({ length: LENGTH }, (_, index) =>
    <span key={index} class={inside && index === Math.min(pin.length, LENGTH - 1) ? 'here' : ''}>{index < pin.length ? <b class="dotmark" /> : inside && index === pin.length ? <b class="caret" /> : null}</span>)
  return <form class="pin" aria-label={t.login.signIn} onSubmit={(event) => { event.preventDefault(); void send(pin) }}>
    <label class="pin-label" for={id}>{label}{small ? null : <span class="ink-3">{t.login.digits}</span>}</label>
    <div class={`pin-field${small ? ' pin-s' : ''}${said ? ' is-wrong' : ''}`} aria-hidden={false}>
      {boxes.slice(0, 3)}{small ? null : <i />}{boxes.slice(3)}
      <input ref={input} id={id} name="pin" type="password" inputMode="numeric" autocomplete="current-password" pattern="[0-9]*" maxLength={LENGTH} disabled={none} value={pin}
        aria-describedby={`${id}-say`} aria-invalid={said !== ''} onFocus={() => setInside(true)} onBlur={() => setInside(false)}
        onInput={(event) => {
          const value = event.currentTarget.value.replace(/\D/g, '').slice(0, LENGTH)
          setPin(value)
          event.currentTarget.value = value
          if (value.length === LENGTH) void send(value)
        }} />
    </div>
    <p class={`pin-say${said ? ' is-wrong' : ''}`} id={`${id}-say`} role={said ? 'alert' : undefined}>
      {said ? <><Glyph mark="error" /><span>{said}</span></> : busy ? <span>{t.login.waiting}</span> : null}</p>
    {button ? <button class="btn btn-l btn-primary btn-wide" type="submit" disabled={pin.length !== LENGTH || busy || none}>{t.login.signIn}</button> : null}
  </form>
}
