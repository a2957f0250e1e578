// The second look before a bot is asked for anything, and what the bot answers.
import { useState } from 'preact/hooks'
import { post, Refused, type Schema } from '../api'
import { heardAgo, oneSettleAsset, stateOf, useBots, useOpenTrades, type Bot, type Trade } from '../data'
import { duration, price, result, secondsSince, time } from '../format'
import { useGet } from '../resource'
import { t } from '../texts'
import { now } from '../tick'
import { Button, Dash, Glyph, Icon, Result, Side } from './basic'
import { Field, Frame } from './dialog'
import { close, type Asked } from './dialogs'
import { useSend } from './send'

type OfBot = Extract<Asked, { bot: string }> & { kind: 'pause' | 'resume' | 'stop' | 'emergency' | 'mode' }
const ALL = '*'
const LATE_SECONDS = 30

const messageOf = (error: unknown) => !(error instanceof Refused) ? String(error)
  : error.status === 0 ? t.login.failed : [error.message, ...error.details.map((one) => `${one.field}: ${one.message}`)].join(' ')
export const Refusal = ({ error }: { error: unknown }) => <p class="state alarm wrap" role="alert"><Glyph mark="error" /><span><b class="label">{t.dialog.refused}.</b> {messageOf(error)}</span></p>

function bodyOf(asked: OfBot, closeTrades: boolean, reason: string): Schema<'NewBotControl'> {
  const said = reason.trim() === '' ? {} : { reason: reason.trim() }
  switch (asked.kind) {
    case 'pause': return { state: 'paused', ...said }
    case 'resume': return { state: 'running', emergency_close: false, ...said }
    case 'stop': return { state: 'stopped', open_trades: closeTrades ? 'close' : 'leave', ...said }
    case 'emergency': return { emergency_close: true, ...said }
    case 'mode': return { mode: asked.mode, ...said }
  }
}

export function AskBot({ asked }: { asked: OfBot }) {
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const [closeTrades, setCloseTrades] = useState(false)
  const { busy, error, send: sendOnce } = useSend()
  const [sent, setSent] = useState<Schema<'BotControlAsked'> | null>(null)
  const bots = useBots().data.value?.data ?? []
  const trades = (useOpenTrades().data.value?.data ?? []).filter((trade) => asked.bot === ALL || trade.bot_name === asked.bot)
  const name = asked.bot === ALL ? t.dialog.every : asked.bot
  const real = trades.filter((trade) => trade.mode !== 'paper').length
  const closes = asked.kind === 'emergency' || (asked.kind === 'stop' && closeTrades)
  const word = closes || (asked.kind === 'mode' && asked.mode === 'auto') ? (asked.bot === ALL ? 'all' : asked.bot) : ''
  const words = asked.kind === 'mode' ? { title: t.dialog.mode.title(name, t.control.modes[asked.mode]!), text: t.dialog.mode.text[asked.mode]!, act: t.dialog.mode.act(t.control.modes[asked.mode]!) }
    : asked.kind === 'emergency' ? { title: t.dialog.emergency.title(name, trades.length), text: t.dialog.emergency.text, act: t.dialog.emergency.act(trades.length) }
    : { title: t.dialog[asked.kind].title(name), text: t.dialog[asked.kind].text, act: t.dialog[asked.kind].act(name) }

  const send = () => sendOnce(async () => setSent(await post('/api/bots/{name}/control', bodyOf(asked, closeTrades, reason), { name: asked.bot })))

  if (sent) return <Answers bots={bots.filter((bot) => asked.bot === ALL || bot.bot_name === asked.bot)} name={asked.bot} sent={sent} />
  const bot = bots.find((one) => one.bot_name === asked.bot)
  return <Frame title={words.title} text={words.text} step="look" alert
    say={<>{t.dialog.kept}<br />{t.dialog.esc}</>}
    foot={<><Button kind="btn-l" onClick={close}>{t.dialog.back}</Button>
      <Button kind={asked.kind === 'resume' || asked.kind === 'pause' ? 'btn-l btn-primary' : asked.kind === 'mode' && asked.mode !== 'auto' ? 'btn-l btn-primary' : 'btn-l btn-alarm'}
        disabled={busy || (word !== '' && typed.trim() !== word)} onClick={() => void send()}>{words.act}</Button></>}>
    {asked.kind === 'stop' ? <fieldset class="choices"><legend class="label">{t.dialog.stop.open}</legend>
      <label class="check"><input type="radio" name="open-trades" data-first checked={!closeTrades} onChange={() => setCloseTrades(false)} />{t.dialog.stop.leave}</label>
      <label class="check"><input type="radio" name="open-trades" checked={closeTrades} onChange={() => setCloseTrades(true)} />{t.dialog.stop.closeThem}</label></fieldset> : null}
    {closes ? <WouldClose trades={trades} real={real} /> : null}
    {bot && stateOf(bot) === 'silent' ? <p class="state watch wrap"><Glyph mark="stale" /><span>{t.dialog.said.silent(bot.bot_name)}</span></p> : null}
    <Field id="d-reason" label={t.dialog.reason}><input class="input" id="d-reason" data-first value={reason} maxLength={500} placeholder={t.dialog.reasonHint} autocomplete="off"
      onInput={(event) => setReason(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === 'Enter' && word === '' && !busy) void send() }} /></Field>
    {word ? <Field id="d-in" label={<>{t.dialog.type[0]}<code>{word}</code>{t.dialog.type[1]}</>}>
      <input class="input mono" id="d-in" value={typed} autocomplete="off" spellcheck={false} onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => { if (event.key === 'Enter' && typed.trim() === word && !busy) void send() }} /></Field> : null}
    {error ? <Refusal error={error} /> : null}
  </Frame>
}

function WouldClose({ trades, real }: { trades: Trade[]; real: number }) {
  if (trades.length === 0) return <p class="ink-2">{t.dialog.noneOpen}</p>
  const currency = oneSettleAsset(trades)
  const known = currency !== null && trades.every((trade) => trade.unrealized_pnl !== null)
  return <>
    <div class="will"><table class="table">
      <thead><tr><th scope="col">{t.dialog.willClose}</th><th scope="col" class="num">{t.dialog.priceNow}</th><th scope="col" class="num">{t.dialog.result(currency)}</th></tr></thead>
      <tbody>{trades.slice(0, 8).map((trade) => <tr key={trade.id}><th scope="row"><span class="row">{trade.trading_pair}<Side side={trade.side ?? ''} /></span></th>
        <td class="num">{trade.price === null || trade.price === undefined ? <Dash why={t.open.noPrice} /> : price(trade.price)}</td><td class="num"><Result value={trade.unrealized_pnl} why={t.open.noPrice} unit={currency === null ? ` ${trade.settle_asset ?? ''}` : ''} /></td></tr>)}
        {trades.length > 8 ? <tr><th scope="row" class="ink-2">{t.open.more(trades.length - 8)}</th><td /><td /></tr> : null}</tbody>
      {known ? <tfoot><tr><th scope="row">{t.dialog.together}</th><td /><td class="num"><Result value={trades.reduce((sum, trade) => sum + (trade.unrealized_pnl ?? 0), 0)} /></td></tr></tfoot> : null}
    </table></div>
    <ul class="ticks"><li><Icon name="bar" /><span>{t.dialog.cannot}</span></li><li><Icon name={real > 0 ? 'flag' : 'check'} /><span>{real > 0 ? t.dialog.real : t.dialog.paper}</span></li></ul>
  </>
}

/** What was asked, heard and done, each by itself. */
function Answers({ bots, name, sent }: { bots: Bot[]; name: string; sent: Schema<'BotControlAsked'> }) {
  const view = useGet('/api/bots/{name}/control', { name, limit: 1 }, { on: ['control.*'], every: 250, poll: 5_000 }).data.value?.data
  const askedAt = sent.control.asked_at ?? new Date().toISOString()
  const after = (at: string) => duration(Math.max(0, (new Date(at).getTime() - new Date(askedAt).getTime()) / 1000))
  const waits = secondsSince(askedAt, now.value)
  const heardAll = (view?.said ?? []).filter((one) => one.control_seq >= (sent.control_seq ?? 0)).length
  const isOne = name !== '*'
  const isThis = (view?.control_seq ?? 0) >= (sent.control_seq ?? 0)
  const heardAt = isOne && isThis ? view?.heard_at ?? null : null
  const doneAt = isOne && isThis ? view?.done_at ?? null : null
  // A bot that has answered is not told to be deaf, however old its last report is.
  const silent = heardAt ? [] : bots.filter((bot) => stateOf(bot) === 'silent')
  return <Frame title={t.dialog.answers} step="answers" foot={<Button kind="btn-l btn-primary" onClick={close}>{t.dialog.close}</Button>}>
    <ul class="ticks answers" role="status" aria-live="polite">
      <li><Glyph mark="ok" /><span>{t.dialog.said.asked(time(askedAt, true))}</span></li>
      {isOne ? heardAt ? <li><Glyph mark="ok" /><span>{t.dialog.said.heard(name, after(heardAt))}</span></li>
        : <li><Icon name="clock" /><span>{waits > LATE_SECONDS ? t.dialog.said.late(name, duration(waits)) : t.dialog.said.waiting(name)}</span></li>
        : <li>{heardAll >= bots.length && bots.length > 0 ? <Glyph mark="ok" /> : <Icon name="clock" />}<span>{t.dialog.said.all(heardAll, bots.length)}</span></li>}
      {heardAt ? doneAt ? <li><Glyph mark="ok" /><span>{t.dialog.said.done(name, after(doneAt))}</span></li>
        : <li><Icon name="clock" /><span>{t.dialog.said.doing(name)} <span class="ink-3">{t.dialog.said.neverDone}</span></span></li> : null}
      {silent.map((bot) => <li key={bot.bot_name}><Glyph mark="stale" /><span class="watch">{t.dialog.said.silent(bot.bot_name)}</span></li>)}
      {sent.warnings.map((warning) => <li key={warning}><Glyph mark="watch" /><span>{warning}</span></li>)}
    </ul>
  </Frame>
}

/** The Stop button of every page: what shall stop? */
export function Choose({ go }: { go: (asked: Asked) => void }) {
  const bots = useBots().data.value?.data ?? []
  const rows: [string, string, Asked, string][] = [
    [t.dialog.choose.pauseAll, t.dialog.choose.pauseAllText, { kind: 'pause', bot: ALL }, 'pause'], [t.dialog.choose.stopAll, t.dialog.choose.stopAllText, { kind: 'stop', bot: ALL }, 'stop'],
    [t.dialog.choose.emergency, t.dialog.choose.emergencyText, { kind: 'emergency', bot: ALL }, 'flag'], [t.dialog.choose.breaker, t.dialog.choose.breakerText, { kind: 'trigger' }, 'bar'],
  ]
  return <Frame title={t.dialog.choose.title} text={t.dialog.choose.text} foot={<Button kind="btn-l" onClick={close}>{t.dialog.back}</Button>} say={t.dialog.esc}>
    <div class="menu">{rows.map(([title, text, next, icon]) => <button type="button" class="menu-row" key={title} onClick={() => go(next)} {...(icon === 'pause' ? { 'data-first': true } : {})}>
      <Icon name={icon} /><span><b>{title}…</b><small>{text}</small></span></button>)}</div>
    {bots.length > 0 ? <div class="menu"><h3 class="ink-3 small">{t.dialog.choose.one}</h3>{bots.map((bot) => <span class="menu-bot" key={bot.bot_name}>
      <Glyph mark={stateOf(bot) === 'silent' ? 'stale' : stateOf(bot) === 'running' ? 'running' : 'paused'} /><b>{bot.bot_name}</b>
      <span class="ink-3 small">{heardAgo(bot) === null ? '' : t.ago(duration(heardAgo(bot)!))}{bot.total_pnl === null ? '' : ` · ${result(bot.total_pnl)}`}</span>
      <Button kind="btn-s" label={t.bots.pauseName(bot.bot_name)} onClick={() => go({ kind: 'pause', bot: bot.bot_name })}>{t.bots.pauseDots}</Button>
      <Button kind="btn-s btn-stop-row" label={t.bots.stopName(bot.bot_name)} onClick={() => go({ kind: 'stop', bot: bot.bot_name })}>{t.bots.stop}</Button>
    </span>)}</div> : null}
  </Frame>
}
