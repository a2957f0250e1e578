// The strip: is everything all right? One sentence, then eight figures.
import type { ComponentChildren } from 'preact'
import { oneSettleAsset, stateOf, useBots, useBreaker, useBudgets, useEquity, useOpenTrades, useReadiness, useToday, useTotal, type Trade } from '../../data'
import { balance, bytes, clock, cost, dayOf, duration, limit, monthName, percent, rate, result, toneOf, whole } from '../../format'
import { linearGain, openQuantity } from '../../gain'
import { lostAt } from '../../live'
import { useGet } from '../../resource'
import { href } from '../../router'
import { signedIn } from '../../session'
import { t } from '../../texts'
import { now } from '../../tick'
import { Glyph, Meter, type Mark } from '../../ui/basic'
import { fullName, isPast, usedShare } from '../../ui/breaker-dialogs'

interface CellProps { to: string; label: string; value: ComponentChildren; sub: ComponentChildren; tone?: string; is?: '' | 'is-watch' | 'is-alarm'; meter?: ComponentChildren }
const Cell = ({ to, label, value, sub, tone = '', is = '', meter }: CellProps) =>
  <a class={`cell ${is}`} href={href(to)}><span class="cell-label">{label}</span><span class={`cell-value ${tone}`}>{value}</span><span class="cell-sub">{sub}</span>{meter}</a>
/** Made anew for each place: a kept element would hold on to the page that it first stood in. */
const none = () => <span class="ink-3">{t.dash}</span>

/** While the stream runs the strip is never older than this, in milliseconds. */
const LIVE_STEP = 5_000

/** A price of an open trade that is older than a day says little of what the trade is worth. */
const OLD_DAY = 86_400

/** What is lost from now on if every stop is hit; null where stops or currencies do not allow a sum. */
export function openRisk(trades: Trade[]): { sum: number; stops: number; without: number; currency: string } | null {
  const currency = oneSettleAsset(trades)
  if (currency === null && trades.length > 0) return null
  let sum = 0
  let stops = 0
  for (const trade of trades) {
    if (trade.stop_loss === null || trade.stop_loss === undefined || trade.contract_type === 'inverse') continue
    const from = trade.price ?? trade.average_cost ?? trade.entry_price ?? 0
    sum += linearGain(trade, from, trade.stop_loss, openQuantity(trade))
    stops++
  }
  return { sum, stops, without: trades.length - stops, currency: currency ?? '' }
}

export function Strip({ isAlarm }: { isAlarm: boolean }) {
  const bots = useBots().data.value?.data
  const breaker = useBreaker().data.value?.data
  const today = useToday().data.value?.data
  const total = useTotal().data.value?.data
  const open = useOpenTrades().data.value?.data
  const equity = useEquity('all').data.value?.data
  const budget = useBudgets().data.value?.data[0]
  const month = useGet('/api/cost-analytics/summary', { by: 'day' }, { on: ['cost.*'], every: 5_000 }).data.value?.data
  const ready = useReadiness()
  const backups = useGet(signedIn.value ? '/api/backups' : null, {}, { on: ['backup.made'] }).data.value?.data
  const readiness = ready.data.value
  const currency = total?.basis?.currency ?? bots?.[0]?.currency ?? 'USD'
  const last = equity?.points.at(-1)
  const measures = (breaker?.measures ?? []).filter((measure) => measure.value !== null)
  const near = measures.filter((measure) => !isPast(measure) && usedShare(measure) >= 75)
  const silent = (bots ?? []).filter((bot) => stateOf(bot) === 'silent')
  const failing = (bots ?? []).filter((bot) => stateOf(bot) === 'error')
  const counted = (state: string) => (bots ?? []).filter((bot) => stateOf(bot) === state).length
  const risk = openRisk(open ?? [])
  const unstopped = (open ?? []).filter((trade) => trade.stop_loss === null || trade.stop_loss === undefined).length
  const ended = (open ?? []).filter((trade) => (bots ?? []).some((bot) => bot.bot_name === trade.bot_name && stateOf(bot) === 'stopped'))
  const oldest = Math.max(0, ...(open ?? []).map((trade) => trade.price_age_seconds ?? 0))
  const checks = (readiness?.checks ?? []).filter((check) => check.state !== 'ok' && !['circuit-breaker', 'budgets'].includes(check.name))
  const reasons: string[] = [
    ...(breaker?.state === 'recovering' ? [t.verdict.recovering] : []),
    ...(silent.length > 0 ? [t.verdict.silent(`${silent.map((bot) => bot.bot_name).join(', ')} ${silent.length === 1 ? 'is' : 'are'}`)] : []),
    ...(failing.length > 0 ? [t.verdict.failing(failing.map((bot) => bot.bot_name).join(', '))] : []),
    ...near.map((measure) => t.verdict.near(fullName(measure), rate(Math.floor(usedShare(measure))))),
    ...(ended.length > 0 ? [t.verdict.ended(ended.length, [...new Set(ended.map((trade) => trade.bot_name))].join(', '))] : []),
    ...(unstopped > 0 ? [t.verdict.noStop(unstopped)] : []),
    ...(oldest > OLD_DAY ? [t.verdict.old(duration(oldest))] : []),
    ...((budget?.used_percent ?? 0) >= 80 ? [t.verdict.budget(rate(Math.floor(budget!.used_percent!)))] : []),
    ...checks.map((check) => check.message),
  ]
  // What was put in or taken out is no return: the server leaves it out.
  const returned = last?.return_percent ?? null
  const account = returned !== null && total?.total_trades && equity?.points[0]
    ? (returned >= 0 ? t.verdict.up : t.verdict.down)(limit(Number(Math.abs(returned).toFixed(2))), dayOf(equity.points[0].timestamp ?? 0)) : ''
  const isEmpty = bots?.length === 0 && total?.total_trades === 0
  const title = isEmpty ? t.verdict.starts : reasons.length > 0 ? t.verdict.watch : t.verdict.good
  const text = isEmpty ? t.verdict.waits : reasons.length > 0 ? reasons.slice(0, 3).join(' ') : [t.verdict.nothing, account].join(' ')

  const down = measures.find((measure) => measure.name === 'drawdown' && measure.bot_name === null) ?? measures.find((measure) => measure.name === 'drawdown')
  const nowDown = last?.drawdown_percent ?? down?.value ?? null
  const share = down ? usedShare(down) : 0
  const lastBackup = backups?.find((backup) => backup.state === 'good')
  const check = readiness?.checks.find((one) => one.name === 'backups')
  const state: [Mark, string, string] = breaker?.may_trade === false ? ['alarm', t.cell.triggered, t.cell.refused] : breaker?.state === 'recovering' ? ['watch', t.cell.recovering, t.cell.watching] : ['ok', t.cell.clear, t.cell.allowed]
  const botState: [Mark, string] = silent.length > 0 ? ['stale', t.cell.silent(silent.length)] : failing.length > 0 ? ['error', t.cell.failing(failing.length)] : counted('running') > 0 ? ['running', t.cell.running(counted('running'))] : ['stopped', t.cell.noneRuns]
  const spent = budget?.spent ?? month?.month?.spent ?? null
  // With money that came or went today it would be no share of what there was.
  const todayCurrency = today?.total_trades ? today.basis?.currency ?? currency : currency
  const todayBase = last?.equity !== null && last?.equity !== undefined && today && !today.basis?.flows && todayCurrency === equity?.basis?.equity_currency ? last.equity - (today.total_pnl ?? 0) : null

  return <section class="panel c12" aria-label={t.verdict.label}>
    {isAlarm ? null : <div class="verdict">
      {reasons.length > 0 && !isEmpty ? <span class="mark watch"><Glyph mark="watch" /></span> : <svg class="mark gain" aria-hidden="true"><use href="#roundcheck" /></svg>}
      <h2 aria-live="polite">{bots && breaker ? title : t.panel.loading}</h2><p>{bots && breaker ? text : ''}</p>
      {ready.at.value > 0 ? <span class="end">{t.verdict.checked} <time>{clock(lostAt.value === null ? now.value - (now.value % LIVE_STEP) : ready.at.value)}</time></span> : null}</div>}
    <div class="cells">
      <Cell to="/control" label={t.cell.breaker} is={breaker?.may_trade === false ? 'is-alarm' : ''} tone={breaker?.may_trade === false ? 'alarm' : ''} value={breaker ? <><Glyph mark={state[0]} />{state[1]}</> : none()} sub={breaker ? state[2] : ''} />
      <Cell to="/control" label={t.cell.bots} is={silent.length + failing.length > 0 ? 'is-watch' : ''} tone={silent.length + failing.length > 0 ? 'watch' : ''} value={bots && bots.length > 0 ? <><Glyph mark={botState[0]} />{botState[1]}</> : none()}
        sub={bots?.length === 0 ? t.cell.noBot : t.cell.restBots(silent.length + failing.length > 0 ? counted('running') : 0, counted('paused'), counted('stopped')) || (silent.length + failing.length > 0 ? '' : t.cell.allRun)} />
      <Cell to="/performance" label={t.cell.today(todayCurrency)} tone={today?.total_trades ? toneOf(today.total_pnl) : ''} value={!today || !today.total_trades || today.total_pnl === null ? none() : result(today.total_pnl!)}
        sub={!today ? '' : today.total_trades === 0 ? (total?.total_trades === 0 ? t.cell.noTrade : t.cell.noneToday) : `${todayBase ? `${percent(((today.total_pnl ?? 0) / todayBase) * 100)} · ` : ''}${t.cell.closed(whole(today.total_trades))}`} />
      <Cell to="/performance" label={t.cell.allTime(currency)} tone={total?.total_trades ? toneOf(total.total_pnl) : ''} value={!total || !total.total_trades || total.total_pnl === null ? none() : result(total.total_pnl!)}
        sub={!total ? '' : total.total_trades === 0 ? t.cell.noTrade : `${returned === null ? '' : `${percent(returned)} · `}${t.cell.closed(whole(total.total_trades))}`} />
      <Cell to="/performance" label={t.cell.drawdown} is={down && isPast(down) ? 'is-alarm' : share >= 75 ? 'is-watch' : ''} tone={down && isPast(down) ? 'alarm' : share >= 75 ? 'watch' : ''} value={nowDown === null || !total?.total_trades ? none() : nowDown === 0 ? t.cell.none : percent(-nowDown)}
        sub={!total?.total_trades ? t.cell.needsClose : down ? isPast(down) ? t.cell.past(limit(down.limit)) : t.cell.ofLimit(rate(Math.floor(share)), limit(down.limit)) : t.cell.noLimit} meter={down && total?.total_trades ? <Meter share={share} /> : null} />
      <Cell to="/trades?status=open" label={t.cell.risk(risk?.currency || currency)} is={risk && risk.without > 0 ? 'is-watch' : ''} value={!open || open.length === 0 || !risk || risk.stops === 0 ? none() : result(risk.sum)}
        sub={!open ? '' : open.length === 0 ? t.cell.noOpen : !risk ? t.cell.mixed : risk.without > 0 ? t.cell.someNoStop(risk.without) : t.cell.ifHit(risk.stops)} />
      <Cell to="/agents" label={t.cell.cost(monthName(new Date(now.value)))} is={(budget?.used_percent ?? 0) >= 80 ? 'is-watch' : ''} value={spent === null || (!budget && month?.month?.spent === 0) ? none() : <>{cost(spent)}{budget ? <span class="unit">{t.cell.ofBudget(balance(budget.monthly_budget).replace(/[.,]00$/, ''), 'USD')}</span> : null}</>}
        sub={budget ? budget.projection === null ? t.cell.early : t.cell.heading(cost(budget.projection)) : t.cell.noBudget}
        meter={budget ? <Meter share={budget.used_percent ?? 0} mark={budget.projection === null ? undefined : (budget.projection / budget.monthly_budget) * 100} /> : null} />
      <Cell to="/control" label={t.cell.backup} is={check && check.state !== 'ok' ? 'is-watch' : ''} value={lastBackup ? <><Glyph mark="ok" />{t.ago(duration((now.value - new Date(lastBackup.made_at ?? '').getTime()) / 1000).split(' ').slice(0, 2).join(' '))}</>
        : !check ? none() : check.state !== 'ok' ? <><Glyph mark="watch" />{t.cell.backupWatch}</> : /no verified backup/.test(check.message) ? none() : <><Glyph mark="ok" />{t.cell.backupOk}</>}
        sub={lastBackup ? t.cell.verified(bytes(lastBackup.size_bytes)) : !check ? '' : /no verified backup/.test(check.message) ? t.cell.noBackup : check.message} />
    </div>
  </section>
}
