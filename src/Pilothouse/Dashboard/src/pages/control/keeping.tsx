// Keys, backups and the audit log: what the owner alone sees.
import { useState } from 'preact/hooks'
import { post, type Schema } from '../../api'
import { bytes, dayOf } from '../../format'
import { useGet } from '../../resource'
import { signedIn } from '../../session'
import { t } from '../../texts'
import { now } from '../../tick'
import { Glyph, Icon, Time } from '../../ui/basic'
import { open } from '../../ui/dialogs'
import { Refusal } from '../../ui/ask'
import { Loaded, Panel, Say } from '../../ui/panel'
import { TableBox } from '../../ui/table-box'

const SHOWN = 6
export const Closed = () => <Say title={t.panel.needsPin} act={<button type="button" class="btn" onClick={() => open({ kind: 'sign-in' })}>{t.panel.signIn}</button>} />

export const useKeys = () => useGet(signedIn.value ? '/api/keys' : null, {}, { poll: 60_000 })

export function KeysPanel() {
  const from = useKeys()
  const keys = from.data.value?.data ?? []
  const hasEnded = (key: Schema<'ApiKeyRow'>) => key.revoked_at !== null || (key.expires_at !== null && new Date(key.expires_at ?? 0).getTime() < now.value)
  const work = keys.filter((key) => !hasEnded(key))
  return <Panel id="keys" title={t.keys.title} span="c7" note={signedIn.value && keys.length > 0 ? t.keys.note(work.length, keys.length - work.length) : null}
    end={signedIn.value ? <button type="button" class="btn btn-s" onClick={() => open({ kind: 'make-key' })}><Icon name="key" small />{t.keys.make}</button> : null} foot={<span>{t.keys.foot}</span>}>
    {!signedIn.value ? <Closed /> : <Loaded from={from}>{() => keys.length === 0 ? <Say title={t.keys.none}>{t.keys.noneText}</Say> : <TableBox panel="keys" class="tall-list"><table class="table">
      <thead><tr><th scope="col">{t.keys.name}</th><th scope="col" class="only-wide">{t.keys.for}</th><th scope="col">{t.keys.may}</th><th scope="col">{t.keys.ends}</th><th scope="col"><span class="sr">{t.keys.action}</span></th></tr></thead>
      <tbody>{[...work, ...keys.filter(hasEnded)].map((key) => <tr key={key.id}><th scope="row" class={`cut${hasEnded(key) ? ' ink-3' : ''}`}>{key.name}</th>
        <td class={`only-wide cut${key.bot_name ? '' : ' ink-3'}`}>{key.bot_name ?? t.keys.any}</td><td class={hasEnded(key) ? 'ink-3' : ''}>{key.scopes.join(', ')}</td>
        <td>{key.revoked_at ? <span class="ink-3">{t.keys.revoked(dayOf(key.revoked_at))}</span> : key.expires_at ? <span class={hasEnded(key) ? 'ink-3' : ''}>{hasEnded(key) ? t.keys.ended(dayOf(key.expires_at)) : dayOf(key.expires_at)}</span> : <span class="state watch"><Glyph mark="watch" />{t.keys.noEnd}</span>}</td>
        <td class="acts">{hasEnded(key) ? null : <button type="button" class="btn btn-s btn-quiet" aria-label={t.keys.revokeName(key.name)} onClick={() => open({ kind: 'revoke', id: key.id, name: key.name })}>{t.keys.revoke}</button>}</td></tr>)}</tbody>
    </table></TableBox>}</Loaded>}
  </Panel>
}

export function BackupsPanel() {
  const from = useGet(signedIn.value ? '/api/backups' : null, {}, { on: ['backup.made'], poll: 120_000 })
  const [busy, setBusy] = useState('')
  const [verified, setVerified] = useState<string[]>([])
  const [error, setError] = useState<unknown>(null)
  const backups = from.data.value?.data ?? []
  const marks = { good: 'ok', unproven: 'watch', broken: 'alarm' } as const
  async function run(what: string, work: () => Promise<unknown>) {
    setBusy(what)
    setError(null)
    try {
      await work()
      from.reload()
    } catch (problem) {
      setError(problem)
    } finally {
      setBusy('')
    }
  }
  return <Panel id="backups" title={t.backups.title} span="c5"
    end={signedIn.value ? <button type="button" class="btn btn-s" disabled={busy !== ''} onClick={() => void run('*', () => post('/api/backups'))}><Icon name="archive" small />{busy === '*' ? t.backups.running : t.backups.now}</button> : null}
    foot={<span>{t.backups.foot}<code>{t.backups.command}</code>{backups.length > SHOWN ? ` · ${t.backups.more(backups.length - SHOWN)}` : ''}</span>}>
    {error ? <div class="panel-say"><Refusal error={error} /></div> : null}
    {!signedIn.value ? <Closed /> : <Loaded from={from}>{() => backups.length === 0 ? <Say title={t.backups.none}>{t.backups.noneText}</Say> : <TableBox panel="backups"><table class="table">
      <thead><tr><th scope="col">{t.backups.made}</th><th scope="col" class="only-wide">{t.backups.by}</th><th scope="col" class="num">{t.backups.size}</th><th scope="col">{t.backups.state}</th><th scope="col"><span class="sr">{t.bots.actions}</span></th></tr></thead>
      <tbody>{backups.slice(0, SHOWN).map((backup) => <tr key={backup.name}><th scope="row"><Time at={backup.made_at} /></th><td class="only-wide ink-2">{backup.made_by ?? t.backups.other}</td><td class="num">{bytes(backup.size_bytes)}</td>
        <td><span class="state" title={backup.problem ?? undefined}><Glyph mark={marks[backup.state as 'good'] ?? 'watch'} />{t.backups[backup.state as 'good'] ?? backup.state}</span></td>
        <td class="acts"><button type="button" class="btn btn-s btn-quiet" disabled={busy !== ''} aria-label={t.backups.verifyName(backup.name)}
          onClick={() => void run(backup.name, async () => { await post('/api/backups/{name}/verify', undefined, { name: backup.name }); setVerified([...verified, backup.name]) })}>
          {busy === backup.name ? t.backups.verifying : verified.includes(backup.name) ? <><Icon name="check" small />{t.backups.good}</> : t.backups.verify}</button></td></tr>)}</tbody>
    </table></TableBox>}</Loaded>}
  </Panel>
}

/** The words of the log are the names of the operations: createTrade is "Create trade". */
const words = (operation: string) => {
  const spaced = operation.replace(/[A-Z]/g, (letter) => ' ' + letter.toLowerCase()).replaceAll('api key', 'API key')
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
const whoIs = (entry: Schema<'AuditEntry'>) => entry.who === 'pin' ? t.audit.you : entry.who_name ?? entry.who

export function AuditPanel() {
  const from = useGet(signedIn.value ? '/api/audit' : null, { limit: 8 }, { on: ['trade.*', 'control.asked', 'breaker.*', 'backup.made'], every: 2_000, poll: 60_000 })
  return <Panel id="audit" title={t.audit.title} span="c7" foot={<span>{t.audit.foot}</span>}>
    {!signedIn.value ? <Closed /> : <Loaded from={from}>{(page) => page.data.length === 0 ? <Say title={t.audit.none}>{t.audit.noneText}</Say> : <TableBox panel="audit"><table class="table">
      <thead><tr><th scope="col">{t.audit.time}</th><th scope="col">{t.audit.who}</th><th scope="col">{t.audit.did}</th><th scope="col" class="num only-wide">{t.audit.entry}</th><th scope="col" class="only-wide">{t.audit.seal}</th></tr></thead>
      <tbody>{page.data.map((entry) => <tr key={entry.id}><td class="ink-3"><Time at={entry.timestamp} seconds /></td><th scope="row" class="cut">{whoIs(entry)}</th>
        <td class="cut">{words(entry.operation)}{entry.record_table ? <span class="ink-2">, {t.audit.on(entry.record_table, entry.record_id ?? null)}</span> : null}{entry.reason ? <span class="ink-2"> “{entry.reason}”</span> : null}</td>
        <td class="num ink-3 only-wide">{entry.number}</td><td class="only-wide"><span class="hash">{entry.hash.slice(0, 6)}</span></td></tr>)}</tbody>
    </table></TableBox>}</Loaded>}
  </Panel>
}
