// Making and revoking API keys.
import { useState } from 'preact/hooks'
import { post, remove } from '../api'
import { t } from '../texts'
import { Refusal } from './ask'
import { Button, Icon } from './basic'
import { Field, Frame } from './dialog'
import { close } from './dialogs'
import { useSend } from './send'

const SCOPES = ['read', 'write', 'control'] as const

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState(false)
  return <button type="button" class="btn btn-s btn-quiet" aria-label={t.start.copyOf(label)} onClick={() => void navigator.clipboard.writeText(text).then(() => { setSaid(true); setTimeout(() => setSaid(false), 2_000) }, () => undefined)}>
    <Icon name={said ? 'check' : 'copy'} small />{said ? t.start.copied : t.start.copy}</button>
}

export function MakeKey({ changed }: { changed: () => void }) {
  const [name, setName] = useState('')
  const [bot, setBot] = useState('')
  const [days, setDays] = useState('90')
  const [scopes, setScopes] = useState<(typeof SCOPES)[number][]>(['read', 'write'])
  const [agent, setAgent] = useState(false)
  const [key, setKey] = useState('')
  const { busy, error, send: sendOnce } = useSend()
  const daysAre = /^\d+$/.test(days) && Number(days) >= 1 && Number(days) <= 3_650
  const isGood = name.trim() !== '' && scopes.length > 0 && daysAre
  const send = () => sendOnce(async () => {
    const made = await post('/api/keys', { name: name.trim(), scopes, agent, ...(bot.trim() === '' ? {} : { bot_name: bot.trim() }), expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() })
    setKey(made.key)
    changed()
  })
  if (key) return <Frame title={name} text={t.dialog.key.once} foot={<Button kind="btn-l btn-primary" onClick={close}>{t.dialog.close}</Button>}>
    <div class="cmd"><pre tabIndex={0}><code>{key}</code></pre><CopyButton text={key} label={name} /></div></Frame>
  return <Frame title={t.dialog.key.title} text={t.dialog.key.text} say={<>{t.dialog.kept}<br />{t.dialog.esc}</>}
    foot={<><Button kind="btn-l" onClick={close}>{t.dialog.back}</Button><Button kind="btn-l btn-primary" disabled={busy || !isGood} onClick={() => void send()}>{t.dialog.key.act}</Button></>}>
    <Field id="d-name" label={t.dialog.key.name} hint={t.dialog.key.nameWrong}><input class="input" id="d-name" data-first value={name} maxLength={100} autocomplete="off" onInput={(event) => setName(event.currentTarget.value)} /></Field>
    <fieldset class="choices"><legend class="label">{t.dialog.key.scopes}</legend>{SCOPES.map((scope) => <label class="check" key={scope}><input type="checkbox" checked={scopes.includes(scope)}
      onChange={(event) => setScopes(event.currentTarget.checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))} />{t.dialog.key.scope[scope]}</label>)}
      {scopes.length === 0 ? <span class="alarm small" role="alert">{t.dialog.key.scopeWrong}</span> : null}</fieldset>
    <label class="check"><input type="checkbox" checked={agent} onChange={(event) => setAgent(event.currentTarget.checked)} />{t.dialog.key.agent}</label>
    <Field id="d-bot" label={t.dialog.key.bot}><input class="input" id="d-bot" value={bot} maxLength={100} autocomplete="off" onInput={(event) => setBot(event.currentTarget.value)} /></Field>
    <Field id="d-days" label={t.dialog.key.days} error={daysAre ? undefined : t.dialog.key.daysWrong}><input class="input" id="d-days" inputMode="numeric" value={days} aria-invalid={!daysAre} onInput={(event) => setDays(event.currentTarget.value)} /></Field>
    {error ? <Refusal error={error} /> : null}
  </Frame>
}

export function Revoke({ id, name, changed }: { id: number; name: string; changed: () => void }) {
  const { busy, error, send: sendOnce } = useSend()
  const send = () => sendOnce(async () => {
    await remove('/api/keys/{id}', { id })
    changed()
    close()
  })
  return <Frame title={t.dialog.revoke.title(name)} text={t.dialog.revoke.text} step="look" alert say={<>{t.dialog.kept}<br />{t.dialog.esc}</>}
    foot={<><Button kind="btn-l" onClick={close}>{t.dialog.back}</Button><Button kind="btn-l btn-alarm" disabled={busy} onClick={() => void send()}>{t.dialog.revoke.act}</Button></>}>
    {error ? <Refusal error={error} /> : null}
  </Frame>
}
