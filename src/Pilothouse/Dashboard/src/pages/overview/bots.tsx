import { signal } from '@preact/signals'
import { heardAgo, oneCurrency, stateOf, useBots, type Bot } from '../../data'
import { cost, duration, secondsSince } from '../../format'
import { t } from '../../texts'
import { now } from '../../tick'
import { Dash, Icon, Result, State } from '../../ui/basic'
import { open } from '../../ui/dialogs'
import { Loaded, Panel, Say } from '../../ui/panel'
import { TableBox } from '../../ui/table-box'
import { Beats } from './beats'

const SHOWN = 12
const all = signal(false)

/** What is asked of the bot and not yet what it says; null where both agree. */
export function stillAsked(bot: Bot): string | null {
  const { control } = bot
  if (control.control_seq === null || bot.last_report.control_seq === control.control_seq) return null
  if (control.emergency_close) return t.control.emergencyAsked
  return control.state !== bot.status && !(control.state === 'running' && bot.status === 'stopped') ? t.state[control.state] ?? control.state : null
}

const isHalted = (bot: Bot) => (bot.control.control_seq !== null ? bot.control.state : bot.status) !== 'running'

export function BotTable() {
  const from = useBots()
  const bots = from.data.value?.data ?? []
  const currency = oneCurrency(bots)
  const shown = all.value ? bots : bots.slice(0, SHOWN)
  return <Panel id="bots" title={t.bots.title} note={<span class="only-wide">{t.bots.note}</span>}
    end={bots.length > 0 ? <button type="button" class="btn btn-s btn-quiet" onClick={() => open({ kind: 'pause', bot: '*' })}><Icon name="pause" small />{t.bots.pauseAll}</button> : null}
    foot={bots.length > SHOWN ? <button type="button" class="link" onClick={() => { all.value = !all.value }}>{all.value ? t.bots.fewer : t.bots.show(bots.length)}</button> : null}>
    <Loaded from={from}>{() => bots.length === 0 ? <Say title={t.bots.none}>{t.bots.noneText}</Say> : <TableBox panel="bots"><table class="table table-tall cards" role="table">
      <thead role="rowgroup"><tr role="row"><th scope="col">{t.bots.botDid}</th><th scope="col">{t.bots.state}</th><th scope="col">{t.bots.mode}</th><th scope="col">{t.bots.heard}</th><th scope="col" class="num">{t.bots.open}</th>
        <th scope="col" class="num">{currency === null ? t.bots.todayShort : t.bots.today(currency)}</th><th scope="col" class="num">{currency === null ? t.bots.allShort : t.bots.all(currency)}</th><th scope="col" class="num">{t.bots.cost}</th><th scope="col"><span class="sr">{t.bots.actions}</span></th></tr></thead>
      <tbody role="rowgroup">{shown.map((bot) => <BotRow key={bot.bot_name} bot={bot} unit={currency === null ? ` ${bot.currency}` : ''} />)}</tbody>
    </table></TableBox>}</Loaded>
  </Panel>
}

function BotRow({ bot, unit }: { bot: Bot; unit: string }) {
  const ago = heardAgo(bot)
  const state = stateOf(bot)
  const waits = stillAsked(bot)
  return <tr role="row" class={state === 'silent' ? 'is-stale' : state === 'error' ? 'is-alarm' : ''} data-row data-bot={bot.bot_name}>
    <th scope="row" role="rowheader" class="k-name"><span class="two"><span class="cut">{bot.bot_name}</span><small class="cut" title={bot.last_report.message ?? undefined}>{bot.last_report.message ?? ''}</small></span></th>
    <td role="cell" class="k-state"><span class="two"><State state={state} />{waits ? <small class="asked-small">{t.bots.asked(waits, duration(secondsSince(bot.control.asked_at ?? '', now.value)))}</small> : null}</span></td>
    <td role="cell" class="k-mode">{bot.mode ? <span class={bot.mode === 'paper' ? 'tag' : 'tag tag-real'}>{t.mode[bot.mode] ?? bot.mode}</span> : <span class="ink-3">{t.bots.noMode}</span>}</td>
    <td role="cell" class="k-heard"><span class="row"><Beats bot={bot} /><span class={state === 'silent' ? 'watch label' : 'ink-2'}>{ago === null ? t.dash : duration(ago)}</span></span></td>
    <td role="cell" class="num" data-l={t.bots.open}>{bot.open_trades}</td>
    <td role="cell" class="num" data-l={t.bots.todayShort}><Result value={bot.today_pnl} why={bot.undefined.today_pnl} unit={unit} /></td>
    <td role="cell" class="num" data-l={t.bots.allShort}><Result value={bot.total_pnl} why={bot.undefined.total_pnl} unit={unit} /></td>
    <td role="cell" class="num ink-2" data-l={t.bots.cost}>{bot.ai_cost_month === null ? <Dash why={bot.undefined.ai_cost_month} /> : cost(bot.ai_cost_month)}</td>
    <td role="cell" class="acts k-acts"><span>
      {isHalted(bot) ? <button type="button" class="btn btn-s" aria-label={t.bots.resumeName(bot.bot_name)} onClick={() => open({ kind: 'resume', bot: bot.bot_name })}><Icon name="play" small /><span class="txt">{t.bots.resume}</span></button>
        : <button type="button" class="btn btn-s" aria-label={t.bots.pauseName(bot.bot_name)} onClick={() => open({ kind: 'pause', bot: bot.bot_name })}><Icon name="pause" small /><span class="txt">{t.bots.pause}</span></button>}
      <button type="button" class="btn btn-s btn-stop-row" aria-label={t.bots.stopName(bot.bot_name)} onClick={() => open({ kind: 'stop', bot: bot.bot_name })}><Icon name="stop" small /><span class="txt">{t.bots.stop}</span></button>
    </span></td>
  </tr>
}
