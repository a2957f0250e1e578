import { useConsents } from '../../data'
import { duration } from '../../format'
import { t } from '../../texts'
import { Glyph, Time, type Mark } from '../../ui/basic'
import { fieldsOf, leftOf, waitingOf, whatOf, whoAsks, type Consent } from '../../ui/consent'
import { open } from '../../ui/dialogs'
import { Loaded, Panel, Say } from '../../ui/panel'
import { TableBox } from '../../ui/table-box'

const SHOWN = 8
const marks: Record<string, Mark> = { waiting: 'watch', approved: 'ok', denied: 'stopped', expired: 'stale', failed: 'error' }

/** What waits comes first, the one with the least time at the top; then the newest decisions. */
export function ConsentsPanel() {
  const from = useConsents()
  const all = from.data.value?.data ?? []
  const waiting = waitingOf(all).sort((a, b) => leftOf(a) - leftOf(b))
  const rows = [...waiting, ...all.filter((one) => !waiting.includes(one))].slice(0, Math.max(SHOWN, waiting.length))
  const statusOf = (one: Consent) => one.status === 'waiting' && !waiting.includes(one) ? 'expired' : one.status ?? ''
  return <Panel id="consents" title={t.consent.title} note={waiting.length > 0 ? <span class="state watch label"><Glyph mark="watch" />{t.consent.wait(waiting.length)}</span> : null} foot={<span>{t.consent.foot}<code>CONSENT_FOR</code>.</span>}>
    <Loaded from={from}>{() => rows.length === 0 ? <Say title={t.consent.none}>{t.consent.noneText}</Say> : <TableBox panel="consents"><table class="table">
      <thead><tr><th scope="col">{t.consent.wants}</th><th scope="col" class="only-wide">{t.consent.who}</th><th scope="col" class="only-wide">{t.consent.call}</th><th scope="col">{t.consent.state}</th><th scope="col"><span class="sr">{t.keys.action}</span></th></tr></thead>
      <tbody>{rows.map((one) => <tr key={one.id}><th scope="row" class="wrap">{whatOf(one)}</th><td class="only-wide cut">{whoAsks(one)}</td>
        <td class="only-wide cut ink-2">{fieldsOf(one).map(([name, value]) => `${name} ${value}`).join(' · ')}</td>
        <td><span class="state"><Glyph mark={marks[statusOf(one)] ?? 'stopped'} />{waiting.includes(one) ? t.consent.left(duration(leftOf(one))) : <>{t.consent.states[statusOf(one)] ?? statusOf(one)} <span class="ink-3"><Time at={one.decided_at ?? one.expires_at} /></span></>}</span></td>
        <td class="acts">{waiting.includes(one) ? <button type="button" class="btn btn-s" aria-label={t.consent.lookAt(whatOf(one), whoAsks(one))} onClick={() => open({ kind: 'decide', id: one.id! })}>{t.consent.look}</button> : null}</td></tr>)}</tbody>
    </table></TableBox>}</Loaded>
  </Panel>
}
