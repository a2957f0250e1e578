// What an agent asks for before it is done, and the owner's answer.
import { useState } from 'preact/hooks'
import { post, type Schema } from '../api'
import { useConsents } from '../data'
import { duration, secondsSince } from '../format'
import { t } from '../texts'
import { now } from '../tick'
import { Refusal } from './ask'
import { Button, Glyph, Text } from './basic'
import { Field, Frame } from './dialog'
import { close } from './dialogs'
import { useSend } from './send'

export type Consent = Schema<'ConsentRequest'>

/** The requests that still wait by the reader's clock. */
export const waitingOf = (all: Consent[]) => all.filter((one) => one.status === 'waiting' && leftOf(one) > 0)
export const leftOf = (one: Consent) => Math.max(0, -secondsSince(one.expires_at ?? '', now.value))
export const whoAsks = (one: Consent) => one.asked_by_name ?? (one.asked_by === 'pin' ? t.consent.session : one.asked_by ?? t.dash)
export const whatOf = (one: Consent) => t.consent.what[one.consent ?? ''] ?? one.consent ?? ''

/** Every field of the call, in the order in which the agent sent it: what is approved is what is read. */
export function fieldsOf(one: Consent): [string, string][] {
  const body = one.body && typeof one.body === 'object' && !Array.isArray(one.body) ? Object.entries(one.body) : []
  const shown = (value: unknown) => typeof value === 'string' ? value : JSON.stringify(value)
  return [...(one.target ? [[one.operation === 'controlBot' ? t.consent.bot : t.consent.trade, one.target] as [string, string]] : []), ...body.map(([name, value]) => [name.replaceAll('_', ' '), shown(value)] as [string, string])]
}

export function Decide({ id }: { id: number }) {
  const from = useConsents()
  const [reason, setReason] = useState('')
  const [done, setDone] = useState<Consent | null>(null)
  const { busy, error, send } = useSend()
  const one = from.data.value?.data.find((found) => found.id === id)
  if (!one) return <Frame title={t.consent.title} text={t.panel.loading} foot={<Button kind="btn-l" onClick={close}>{t.dialog.close}</Button>} />
  const is = done ?? one
  const left = leftOf(one)
  if (done || one.status !== 'waiting' || left === 0) {
    return <Frame title={whatOf(is)} text={t.consent.became[is.status === 'waiting' ? 'expired' : is.status ?? ''] ?? is.status} foot={<Button kind="btn-l btn-primary" onClick={close}>{t.dialog.close}</Button>} />
  }
  const decide = (work: () => Promise<Schema<'ConsentDecided'>>) => void send(async () => { setDone((await work()).data); from.reload() })
  return <Frame title={`${whatOf(one)}?`} text={t.consent.asks(whoAsks(one), one.door === 'mcp' ? 'MCP' : 'HTTP')} step="look" alert
    say={<><span class={left < 60 ? 'watch' : ''}>{t.consent.left(duration(left))}</span><br />{t.dialog.esc}</>}
    foot={<><Button kind="btn-l" onClick={close}>{t.dialog.back}</Button>
      <Button kind="btn-l" disabled={busy} onClick={() => decide(() => post('/api/consents/{id}/deny', reason.trim() === '' ? {} : { reason: reason.trim() }, { id }))}>{t.consent.deny}</Button>
      <Button kind="btn-l btn-alarm" disabled={busy} onClick={() => decide(() => post('/api/consents/{id}/approve', undefined, { id }))}>{t.consent.approve}</Button></>}>
    <dl class="list">{fieldsOf(one).map(([name, value]) => <div key={name}><dt>{name}</dt><dd><Text>{value}</Text></dd></div>)}</dl>
    <p class="state watch wrap"><Glyph mark="watch" /><span>{t.consent.warns}</span></p>
    <Field id="d-reason" label={t.consent.reason}><input class="input" id="d-reason" data-first value={reason} maxLength={500} autocomplete="off" onInput={(event) => setReason(event.currentTarget.value)} /></Field>
    {error ? <Refusal error={error} /> : null}
  </Frame>
}
