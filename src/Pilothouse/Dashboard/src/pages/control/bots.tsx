// What each bot says, and what was asked of it: they stand apart until it has answered.
import { heardAgo, stateOf, useBots, useOpenTrades, type Bot } from '../../data'
import { duration, result, time } from '../../format'
import { useGet } from '../../resource'
import { t } from '../../texts'
import { Icon, Seg, State } from '../../ui/basic'
import { open, type Mode } from '../../ui/dialogs'
import { Loaded, Panel, Say } from '../../ui/panel'
import { TableBox } from '../../ui/table-box'
import { stillAsked } from '../overview/bots'

const MODES: Mode[] = ['paper', 'manual', 'auto']

export function BotsPanel() {
  const from = useBots()
  const trades = useOpenTrades().data.value?.data ?? []
  const bots = from.data.value?.data ?? []
  return <Panel id="bots" title={t.control.title} note={<span class="only-wide">{t.control.note}</span>}
    end={bots.length > 0 ? <><button type="button" class="btn btn-s" onClick={() => open({ kind: 'pause', bot: '*' })}><Icon name="pause" small />{t.bots.pauseAll}</button>
      <button type="button" class="btn btn-s btn-stop" onClick={() => open({ kind: 'emergency', bot: '*' })}>{t.control.emergencyAll(trades.length)}</button></> : null}
    foot={<span>{t.control.foot.map(([mode, text]) => <span key={mode}><b class="label">{mode}</b> {text} </span>)}</span>}>
    <Loaded from={from}>{() => bots.length === 0 ? <Say title={t.bots.none}>{t.bots.noneText}</Say> : <TableBox panel="bots"><table class="table table-tall cards ctl" role="table">
      <thead role="rowgroup"><tr role="row"><th scope="col">{t.bots.bot}</th><th scope="col">{t.control.says}</th><th scope="col">{t.control.asked}</th><th scope="col">{t.bots.mode}</th><th scope="col"><span class="sr">{t.bots.actions}</span></th></tr></thead>
      <tbody role="rowgroup">{bots.map((bot) => <Row key={bot.bot_name} bot={bot} sum={sumOf(trades.filter((trade) => trade.bot_name === bot.bot_name).map((trade) => trade.unrealized_pnl))} />)}</tbody>
    </table></TableBox>}</Loaded>
  </Panel>
}

const sumOf = (values: (number | null | undefined)[]) => values.length > 0 && values.every((value) => value !== null && value !== undefined) ? values.reduce<number>((sum, value) => sum + value!, 0) : null

function Row({ bot, sum }: { bot: Bot; sum: number | null }) {
  const state = stateOf(bot)
  const ago = heardAgo(bot)
  const name = bot.bot_name
  const isHalted = (bot.control.control_seq !== null ? bot.control.state : bot.status) !== 'running'
  return <tr role="row" class={state === 'silent' ? 'is-stale' : ''} data-row data-bot={name}>
    <th scope="row" role="rowheader" class="k-name"><span class="two"><span class="cut">{name}</span><small>{bot.open_trades === 0 ? t.control.noTrade : t.control.trades(bot.open_trades)}{sum === null ? '' : `, ${result(sum)}`}</small></span></th>
    <td role="cell" class="k-state"><span class="two"><State state={state} /><small>{ago === null ? '' : t.bots.said(duration(ago))}</small></span></td>
    <td role="cell" class="k-asked"><AskedOf bot={bot} /></td>
    <td role="cell" class="k-mode"><Seg label={t.control.modeOf(name)} value={(bot.control.mode ?? bot.mode) as Mode | null} onChoose={(mode) => { if (mode !== (bot.control.mode ?? bot.mode)) open({ kind: 'mode', bot: name, mode }) }}
      choices={MODES.map((mode) => ({ value: mode, label: t.control.modes[mode]! }))} /></td>
    <td role="cell" class="acts k-acts"><span>
      {isHalted ? <button type="button" class="btn btn-s" aria-label={t.bots.resumeName(name)} onClick={() => open({ kind: 'resume', bot: name })}><Icon name="play" small />{t.bots.resumeDots}</button>
        : <button type="button" class="btn btn-s" aria-label={t.bots.pauseName(name)} onClick={() => open({ kind: 'pause', bot: name })}><Icon name="pause" small />{t.bots.pauseDots}</button>}
      <button type="button" class="btn btn-s btn-stop-row" aria-label={t.bots.stopName(name)} onClick={() => open({ kind: 'stop', bot: name })}><Icon name="stop" small />{t.bots.stop}</button>
      <button type="button" class="btn btn-s btn-stop" aria-label={t.bots.emergencyName(name)} onClick={() => open({ kind: 'emergency', bot: name })}>{t.bots.emergency}</button>
    </span></td>
  </tr>
}

/** What was asked last, by whom, and how far it has come: asked, heard, done. */
function AskedOf({ bot }: { bot: Bot }) {
  const hasAny = bot.control.control_seq !== null
  const view = useGet(hasAny ? '/api/bots/{name}/control' : null, { name: bot.bot_name, limit: 1 }, { on: ['control.*'], every: 500 }).data.value?.data
  if (!hasAny) return <span class="two"><span>{t.state.running}</span><small>{t.control.since}</small></span>
  const { control } = bot
  const what = [t.state[control.state] ?? control.state, control.mode ? t.control.modeAsked(t.control.modes[control.mode] ?? control.mode) : '', control.emergency_close ? t.control.emergencyAsked : ''].filter(Boolean).join(', ')
  const after = (at: string) => duration(Math.max(0, (new Date(at).getTime() - new Date(control.asked_at ?? at).getTime()) / 1000))
  const isHeard = view?.heard_at ?? null
  const who = control.asked_by === 'pin' ? t.feed.you : control.asked_by ?? ''
  return <span class="two">{isHeard || !view ? <span>{what}</span> : <span class="state watch"><Icon name="clock" small />{t.control.notHeard(what)}</span>}
    <small class="wrap">{[who, control.asked_at ? time(control.asked_at) : '', view?.done_at ? t.control.doneIn(after(view.done_at)) : isHeard ? t.control.heardIn(after(isHeard)) : '', control.reason ? `“${control.reason}”` : '', stillAsked(bot) ? '' : ''].filter(Boolean).join(' · ')}</small></span>
}
