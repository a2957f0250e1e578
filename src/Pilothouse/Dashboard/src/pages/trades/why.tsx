// From the first hint to the result: one step after the other, and what is missing by its name.
import type { ComponentChildren } from 'preact'
import type { Schema } from '../../api'
import { clock, cost, dayOf, duration, number, price, quantity, rate, result } from '../../format'
import { linearGain } from '../../gain'
import { t } from '../../texts'
import { Dash, directionOf, Icon, Result, Says, Side, Text } from '../../ui/basic'
import { feeAmount, feeAsset } from './fees'

type Why = Schema<'WhyTrade'>
type Step = Schema<'WhyStep'>

const Fact = ({ label, children, sub }: { label: string; children: ComponentChildren; sub?: ComponentChildren }) => <div><dt>{label}</dt><dd>{children}{sub ? <small>{sub}</small> : null}</dd></div>
const textOf = (value: unknown): string => Array.isArray(value) ? value.map(textOf).join(' ') : typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value)

function Row({ at, first, icon, title, by, children }: { at: string | null; first: string; icon: string; title: ComponentChildren; by?: string | null; children?: ComponentChildren }) {
  const later = at ? (new Date(at).getTime() - new Date(first).getTime()) / 1000 : 0
  return <li><span class="when">{at ? <><b>{clock(at)}</b>{later > 0 ? `+${duration(later)}` : dayOf(at)}</> : null}</span><span class="node"><Icon name={icon} /></span>
    <div class="what"><h3><span>{title}</span>{by ? <span class="by wrap">{by}</span> : null}</h3>{children}</div></li>
}

export function WhyChain({ why }: { why: Why }) {
  const first = why.steps[0]?.time ?? why.trade.timestamp ?? ''
  const decisions = why.steps.flatMap((step) => step.decision ? [step.decision] : [])
  const shownKinds = new Set(['cost'])
  const gaps = why.missing.filter((gap) => gap.what !== 'exit')
  return <ol class="why">
    {why.steps.map((step, index) => {
      if (shownKinds.has(step.kind)) return null
      // All voices before the entry are one step.
      if (step.decision) return step.decision === decisions[0] ? <Voices key="decisions" decisions={decisions} first={first} side={why.trade.side ?? ''} /> : null
      return <One key={index} step={step} first={first} why={why} />
    })}
    {gaps.map((gap) => <Row key={gap.what} at={null} first={first} icon="bar" title={<span class="ink-3">{t.why.missing[gap.what] ?? gap.what}</span>}><p class="said ink-3 wrap">{gap.message}</p></Row>)}
    <Row at={null} first={first} icon="coin" title={t.why.result}><dl class="grid">
      <Fact label={t.why.made} sub={why.trade.settle_asset}><Result value={why.result.pnl} why={t.trades.isOpen} /></Fact>
      <Fact label={t.trade.fees} sub={feeAsset(why.trade)}>{feeAmount(why.trade, 2) ?? <Dash />}</Fact>
      <Fact label={t.trade.risks}>{why.trade.r_multiple === null || why.trade.r_multiple === undefined ? <Dash why={why.trade.status === 'open' ? t.trades.isOpen : t.trade.noRisk} /> : result(why.trade.r_multiple)}</Fact>
      <Fact label={t.trade.aiCost} sub={why.result.unpriced_uses > 0 ? t.cell.unpriced(why.result.unpriced_uses) : 'USD'}>{why.result.ai_cost === null ? <Dash why={t.trade.noUse} /> : cost(why.result.ai_cost ?? 0)}</Fact>
      <Fact label={t.trade.afterAi} sub={why.result.currency}><Result value={why.result.pnl_after_ai} why={t.trade.noUse} /></Fact>
      <Fact label={t.trades.held}>{why.result.holding_seconds === null ? <Dash why={t.trades.isOpen} /> : duration(why.result.holding_seconds ?? 0)}</Fact>
    </dl></Row>
  </ol>
}

/** What a trade loses at its first stop, before fees. The server computes it when the trade closes; until then it is computed here, of a linear contract. */
function riskOf(trade: Why['trade']): number | null {
  const [stop, entry] = [trade.initial_stop_loss ?? trade.stop_loss ?? null, trade.average_cost ?? trade.entry_price ?? null]
  if (trade.risk !== null && trade.risk !== undefined) return trade.risk
  if (trade.status !== 'open' || stop === null || entry === null || trade.contract_type === 'inverse') return null
  const loss = -linearGain(trade, entry, stop, trade.quantity ?? 0)
  return loss > 0 ? loss : null
}

function One({ step, first, why }: { step: Step; first: string; why: Why }) {
    const settle = why.trade.settle_asset
  const { signal, analysis, spike, fill } = step
  const figure = (label: string, value: number | null | undefined, decimals = 2) => value === null || value === undefined ? null : <Fact label={label}>{number(value, decimals)}</Fact>
  if (signal) {
    return <Row at={step.time} first={first} icon="signals" title={<>{t.why.signal} <Says type={signal.signal_type ?? ''} />, {t.why.strength(result(signal.signal_strength ?? 0, 0))}</>} by={[signal.strategy, signal.bot_name].filter(Boolean).join(', ')}>
      <dl class="grid">{figure('RSI 14', signal.rsi, 1)}{figure('MACD', signal.macd, 4)}{signal.vwap === null ? null : <Fact label="VWAP">{price(Number((signal.vwap ?? 0).toPrecision(8)))}</Fact>}
        {figure('EMA 9', signal.ema9)}{figure('EMA 21', signal.ema21)}{figure('SMA 50', signal.sma50)}{figure(t.why.upper, signal.bb_upper)}{figure(t.why.lower, signal.bb_lower)}</dl></Row>
  }
  if (analysis) {
    return <Row at={step.time} first={first} icon="eye" title={<>{t.why.analysis} <Says type={analysis.recommendation ?? ''} />{analysis.confidence ? `, ${t.why.confidence(analysis.confidence)}` : ''}</>} by={[analysis.model, analysis.timeframe].filter(Boolean).join(', ')}>
      {[analysis.key_observations, analysis.ai_analysis, analysis.risk_factors].map(textOf).filter(Boolean).slice(0, 3).map((text, index) => <p class="said" key={index}><Text>{text}</Text></p>)}</Row>
  }
  if (spike) {
    return <Row at={step.time} first={first} icon="market" title={t.why.spike(spike.direction ?? '', rate(spike.magnitude_percent ?? 0, 1), duration((spike.timeframe_minutes ?? 0) * 60))} by={spike.agent_detected_by ?? null} />
  }
  if (!fill) return null
  if (step.kind === 'entry') {
    const { trade } = why
    const way = (value: number | null | undefined) => value === null || value === undefined || !trade.entry_price ? null : `${result(((value - trade.entry_price) / trade.entry_price) * 100)}%`
    const risk = riskOf(trade)
    const stood = trade.status === 'open' ? t.trades.isOpen : t.trade.noPrices
    return <Row at={step.time} first={first} icon="trades" title={<>{t.why.entry} <Side side={trade.side ?? ''} /> {quantity(fill.quantity ?? 0)} {t.why.at} {price(fill.price ?? 0)}</>} by={[trade.bot_name, trade.mode ? t.mode[trade.mode] : ''].filter(Boolean).join(', ')}>
      <dl class="grid"><Fact label={t.open.stop} sub={way(trade.initial_stop_loss ?? trade.stop_loss)}>{trade.initial_stop_loss ?? trade.stop_loss ? price((trade.initial_stop_loss ?? trade.stop_loss)!) : <Dash why={t.open.noStop} />}</Fact>
        <Fact label={t.open.target} sub={way(trade.take_profit)}>{trade.take_profit ? price(trade.take_profit) : <Dash why={t.open.noTarget} />}</Fact>
        <Fact label={t.why.risk} sub={settle}>{risk === null ? <Dash why={t.trade.noRisk} /> : result(-risk)}</Fact>
        <Fact label={t.trade.bestStood} sub={t.trade.beforeFees(settle ?? '')}><Result value={trade.mfe} why={stood} /></Fact><Fact label={t.trade.worstStood} sub={t.trade.beforeFees(settle ?? '')}><Result value={trade.mae} why={stood} /></Fact></dl></Row>
  }
  return <Row at={step.time} first={first} icon="flag" title={<>{t.why.exit} {price(fill.price ?? 0)}{why.trade.exit_reason ? `: ${t.trades.reasons[why.trade.exit_reason] ?? why.trade.exit_reason}` : ''}</>} by={fill.realized_pnl === null ? null : result(fill.realized_pnl ?? 0)} />
}

/** Whether a decision speaks against a trade of this side, by its word alone. */
const isAgainst = (word: string, side: string) => /^(reject|refuse|veto|hold|wait|skip|no)$/i.test(word) || (directionOf(side) > 0 ? /^(sell|short)$/i : /^(buy|long)$/i).test(word)

function Voices({ decisions, first, side }: { decisions: Schema<'WhyDecision'>[]; first: string; side: string }) {
  return <Row at={decisions[0]?.timestamp ?? null} first={first} icon="agents" title={t.why.decisions(decisions.length)}>
    <ul class="voices">{decisions.map((decision) => <li key={decision.id}>
      <span class="who"><b class="wrap">{decision.agent_name}</b><small>{decision.agent_role}{decision.execution_time_ms === null ? '' : ` · ${number((decision.execution_time_ms ?? 0) / 1000, 1)} s`}</small></span>
      <span class="conf"><span class="did"><b class="wrap">{decision.decision}</b>{isAgainst(decision.decision ?? '', side) ? <small class="watch">{t.why.against}</small> : null}{decision.confidence === null || decision.confidence === undefined ? <small>{t.why.notSure}</small> : <><small>{t.why.sure(rate(decision.confidence * 100))}</small>
        <svg class="meter" aria-hidden="true"><rect class="m-accent" width={`${decision.confidence * 100}%`} height="100%" /></svg></>}</span></span>
      <p><Text>{decision.reasoning ?? ''}</Text>{decision.ai_cost === null || decision.ai_cost === undefined ? null : <small> {cost(decision.ai_cost)} USD</small>}</p></li>)}</ul>
  </Row>
}
