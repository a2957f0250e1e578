// From two minutes before the end of the session: the PIN prolongs it in place.
import { signal } from '@preact/signals'
import { endsAt, secondsLeft, signedIn, signOut } from '../session'
import { t } from '../texts'
import { Icon } from './basic'
import { Pin } from './pin'

const SHOWN_SECONDS = 120
const later = signal<number | null>(null)

export function SessionToast() {
  const left = secondsLeft.value
  if (!signedIn.value || left > SHOWN_SECONDS || later.value === endsAt.value) return null
  return <section class="toast" role="alertdialog" aria-labelledby="s-h" aria-describedby="s-p">
    <div class="spread"><h2 id="s-h">{t.session.ends}</h2><span class="big" role="timer">{Math.floor(left / 60)}:{String(left % 60).padStart(2, '0')}</span></div>
    <svg class="meter" aria-hidden="true"><rect width={`${((left / SHOWN_SECONDS) * 100).toFixed(1)}%`} height="100%" /></svg>
    <p id="s-p">{t.session.text}</p>
    <Pin id="pin2" label={t.session.pin} small button={false} focus={false} />
    <div class="row"><button class="btn btn-wide" type="button" onClick={() => void signOut()}><Icon name="out" />{t.session.out}</button><button class="btn btn-quiet" type="button" onClick={() => { later.value = endsAt.value }}>{t.session.later}</button></div>
  </section>
}
