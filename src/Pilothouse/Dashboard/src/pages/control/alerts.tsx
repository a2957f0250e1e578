// What people were told, and whether it reached them.
import { post, type Schema } from '../../api'
import { useGet } from '../../resource'
import { signedIn } from '../../session'
import { t } from '../../texts'
import { Refusal } from '../../ui/ask'
import { Glyph, Time, type Mark } from '../../ui/basic'
import { Loaded, Panel, Say } from '../../ui/panel'
import { useSend } from '../../ui/send'
import { TableBox } from '../../ui/table-box'
import { Closed } from './keeping'

type Alert = Schema<'Alert'>
const marks: Record<string, Mark> = { sent: 'ok', gathering: 'stale', waiting: 'watch', dead: 'alarm' }

/** To whom it did not go, and why: what the mark alone does not say. */
const whyOf = (alert: Alert) => (alert.deliveries ?? []).filter((one) => one.problem).map((one) => `${one.target}: ${one.problem}`).join(' · ')

export function AlertsPanel() {
  const from = useGet(signedIn.value ? '/api/alerts' : null, { limit: 8 }, { on: ['breaker.*', 'bot.silent', 'bot.back', 'consent.asked', 'budget.reached'], every: 2_000, poll: 30_000 })
  const { busy, error, send } = useSend()
  const again = (id: number) => void send(async () => { await post('/api/alerts/{id}/resend', undefined, { id }); from.reload() })
  return <Panel id="alerts" title={t.alerts.title} foot={<span>{t.alerts.foot}<code>pilothouse alert test</code></span>}>
    {error ? <div class="panel-say"><Refusal error={error} /></div> : null}
    {!signedIn.value ? <Closed /> : <Loaded from={from}>{(page) => page.data.length === 0 ? <Say title={t.alerts.none}>{t.alerts.noneText}</Say> : <TableBox panel="alerts"><table class="table">
      <thead><tr><th scope="col">{t.alerts.time}</th><th scope="col">{t.alerts.said}</th><th scope="col">{t.alerts.state}</th><th scope="col"><span class="sr">{t.keys.action}</span></th></tr></thead>
      <tbody>{page.data.map((alert) => <tr key={alert.id}><th scope="row" class="ink-3"><Time at={alert.at} /></th>
        <td class="cut-l" title={alert.text ?? ''}>{alert.resolved === 1 ? `${t.alerts.resolved} ` : ''}{(alert.text ?? '').split('\n')[0]}{(alert.count ?? 1) > 1 ? <span class="ink-2"> {t.alerts.times(alert.count ?? 1)}</span> : null}
          {whyOf(alert) ? <div class="cut-l small ink-2" title={whyOf(alert)}>{whyOf(alert)}</div> : null}</td>
        <td><span class="state"><Glyph mark={marks[alert.state ?? ''] ?? 'stale'} />{t.alerts.states[alert.state ?? ''] ?? alert.state}</span></td>
        <td class="acts">{alert.state === 'dead' ? <button type="button" class="btn btn-s btn-quiet" disabled={busy} aria-label={t.alerts.againId(alert.id!)} onClick={() => again(alert.id!)}>{t.alerts.again}</button> : null}</td></tr>)}</tbody>
    </table></TableBox>}</Loaded>}
  </Panel>
}
