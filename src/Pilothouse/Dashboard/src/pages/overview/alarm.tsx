// The worst day: the breaker first, then silent bots, then everything else.
import { heardAgo, isOpenReason, stateOf, useBots, useBreaker, useConsents, useEquity, useOpenTrades, useRefusals } from '../../data'
import { balance, duration, secondsSince, time } from '../../format'
import { href } from '../../router'
import { t } from '../../texts'
import { now } from '../../tick'
import { Glyph, Icon, sideWord } from '../../ui/basic'
import { AsTable, isTable } from '../../ui/chart-table'
import { leftOf, waitingOf, whatOf, whoAsks } from '../../ui/consent'
import { open } from '../../ui/dialogs'
import { EquityTable } from '../../ui/equity-table'
import { lazy } from '../../ui/lazy'

const Chart = lazy(() => import('../../ui/equity'), 'lwc lwc-alarm')

export function Alarm() {
  const breaker = useBreaker().data.value?.data
  const bots = useBots().data.value?.data ?? []
  const trades = useOpenTrades().data.value?.data ?? []
  const refusals = useRefusals().data.value?.data ?? []
  const week = useEquity('weekly').data.value?.data
  const reasons = (breaker?.reasons ?? []).filter(isOpenReason)
  const ofAll = reasons.filter((reason) => reason.bot_name === null)
  if (!breaker || reasons.length === 0) return null
  const bot = ofAll.length > 0 ? null : reasons[0]!.bot_name
  const since = reasons.map((reason) => reason.since).sort()[0]!
  const silent = bots.filter((one) => stateOf(one) === 'silent' && one.open_trades > 0)
  const drawdown = breaker.measures.find((measure) => measure.name === 'drawdown')
  const isManual = reasons.every((reason) => reason.trigger_type === 'manual')
  // By the time, because the stop of one bot refuses before that of all, and is not among the reasons of all.
  const refused = refusals.filter((one) => (one.last_refused_at ?? '') >= since && (bot === null || one.bot_name === bot)).sort((a, b) => (a.last_refused_at ?? '') < (b.last_refused_at ?? '') ? 1 : -1)
  const tries = refused.reduce((sum, one) => sum + (one.times ?? 0), 0)
  const points = week?.points ?? []
  const hasChart = reasons.some((reason) => reason.trigger_type === 'drawdown') && points.length > 1
  return <section class="alarm-box c12" id="breaker" role="alert" aria-labelledby="h-alarm">
    <div class={hasChart ? 'alarm-main' : 'alarm-main alarm-alone'}>
      <div class="alarm-head">
        <svg aria-hidden="true"><use href="#octagon" /></svg>
        <div>
          <h2 id="h-alarm">{bot === null ? t.alarm.title : t.alarm.titleBot(bot)}</h2>
          {reasons.map((reason) => <p class="alarm-why wrap" key={reason.event_id}>{reason.message}</p>)}
          <p class="alarm-since">{t.alarm.since(time(since, true), duration(secondsSince(since, now.value)))} {t.alarm.openTrades(trades.length, trades.filter((trade) => trade.mode !== 'paper').length)}</p>
          <div class="alarm-acts">
            <button type="button" class="btn btn-l btn-alarm" onClick={() => open({ kind: 'emergency', bot: bot ?? '*' })}><Icon name="stop" />{t.alarm.emergency}</button>
            <button type="button" class="btn btn-l" onClick={() => open({ kind: 'pause', bot: '*' })}><Icon name="pause" />{t.alarm.pauseAll}</button>
            <button type="button" class="btn btn-l" onClick={() => open({ kind: 'clear', bot })}><Icon name="play" />{t.alarm.allow}</button>
          </div>
        </div>
      </div>
      {/* The alarm is announced; the chart beside it is not, however it is read. */}
      {hasChart ? <div aria-live="off"><div class="spread"><h3 class="label">{t.alarm.drawdown}</h3><AsTable id="alarm" name={t.alarm.drawdown} /></div>
        {isTable('alarm') ? <EquityTable id="alarm" points={points} total={week?.total_points ?? 0} only /> : <Chart points={points} drawdownLimit={drawdown?.limit ?? null} only />}</div> : null}
    </div>
    <div class="alarm-cols">
      <section><h3>{t.alarm.blocked}</h3><ul class="ticks"><li><Icon name="bar" /><span>{bot === null ? t.alarm.blockedText : t.alarm.blockedBot(bot)}<code>breaker-triggered</code>.</span></li>
        {refused[0] ? <li><Icon name="bar" /><span class="wrap">{t.alarm.refused(tries)} {[`${refused[0].trading_pair} ${sideWord(refused[0].side ?? '')}`, time(refused[0].last_refused_at ?? ''), refused[0].bot_name].filter(Boolean).join(', ')}.</span></li> : null}</ul></section>
      <section><h3>{t.alarm.goesOn}</h3><ul class="ticks">{t.alarm.goes.map((text) => <li key={text}><Icon name="check" /><span>{text}</span></li>)}</ul></section>
      <section><h3>{t.alarm.what}</h3><ol class="steps">
        {silent.map((one) => <li key={one.bot_name}><span><b>{t.alarm.see(one.bot_name)}</b> {t.alarm.seeText(one.open_trades)}</span></li>)}
        <li><span><b>{t.alarm.why}</b> <a href={href('/trades?status=closed')}>{t.alarm.goToTrades}</a>, <a href={href('/agents')}>{t.alarm.agentsThought}</a>.</span></li>
        <li><span><b>{t.alarm.then}</b> {isManual ? t.alarm.thenManual : t.alarm.thenText}</span></li>
      </ol></section>
    </div>
  </section>
}

/** An agent waits for the owner: the one with the least time first. */
export function ConsentNotice() {
  const waiting = waitingOf(useConsents().data.value?.data ?? []).sort((a, b) => leftOf(a) - leftOf(b))
  const [first] = waiting
  if (!first) return null
  return <section class="notice c12" role="status" aria-label={t.consent.title}>
    <Glyph mark="watch" />
    <div class="say"><b class="wrap">{t.consent.asks(whoAsks(first), first.door === 'mcp' ? 'MCP' : 'HTTP')}</b>
      {/* The time that is left goes on each second; it is not announced each time. */}
      <p class="wrap">{whatOf(first)}{first.bot_name ? `, ${first.bot_name}` : ''}. <span aria-live="off">{t.consent.left(duration(leftOf(first)))}.</span>{waiting.length > 1 ? ` ${t.consent.more(waiting.length - 1)}` : ''}</p></div>
    <div class="acts"><button type="button" class="btn" onClick={() => open({ kind: 'decide', id: first.id! })}>{t.consent.look}</button></div>
  </section>
}

export function SilentNotices() {
  const silent = (useBots().data.value?.data ?? []).filter((bot) => stateOf(bot) === 'silent')
  if (silent.length > 1) {
    const trades = silent.reduce((sum, bot) => sum + bot.open_trades, 0)
    return <section class="notice c12" role="status" aria-label={t.silent.label}><Glyph mark="stale" /><div class="say"><b>{t.silent.many(silent.length)}</b>
      <p class="wrap">{silent.slice(0, 8).map((bot) => `${bot.bot_name}, ${duration(heardAgo(bot) ?? 0)}`).join('; ')}{silent.length > 8 ? ` ${t.open.more(silent.length - 8)}` : ''}. {t.silent.manyText(trades)}</p></div></section>
  }
  return <>{silent.map((bot) => <section class="notice c12" role="status" aria-label={t.silent.label} key={bot.bot_name}>
    <Glyph mark="stale" />
    <div class="say"><b class="wrap">{t.silent.title(bot.bot_name, duration(heardAgo(bot) ?? 0))}</b>
      <p>{t.silent.text(time(bot.reported_at ?? ''), t.state[bot.status ?? '']?.toLowerCase() ?? bot.status ?? t.dash, bot.open_trades, bot.last_report.balance === null ? null : balance(bot.last_report.balance ?? 0))}</p></div>
    <div class="acts"><button type="button" class="btn" onClick={() => open({ kind: 'stop', bot: bot.bot_name })}>{t.bots.stop}</button></div>
  </section>)}</>
}
