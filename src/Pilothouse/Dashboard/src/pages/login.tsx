// Where the server shows nothing without a login.
import { base } from '../base'
import { lostAt } from '../live'
import { t } from '../texts'
import { Glyph } from '../ui/basic'
import { Pin } from '../ui/pin'

export default function Login() {
  const isHere = /^(localhost|127\.|\[::1\])/.test(location.host)
  return <div class="gate">
    <main class="gate-box">
      <header class="gate-head"><svg aria-hidden="true"><use href="#logo" /></svg><div><h1>{t.app}</h1><p>{location.host}{base}</p></div></header>
      <Pin id="pin" label={t.login.label} />
      <p class="small ink-3 center">{t.login.hint}</p>
    </main>
    <footer class="gate-foot"><span class="state"><Glyph mark={lostAt.value === null ? 'running' : 'stale'} />{lostAt.value === null ? t.login.runs : t.foot.lost}</span>
      <span>{location.protocol === 'https:' ? t.login.safe : isHere ? t.login.plain : t.login.plainOut}</span></footer>
  </div>
}
