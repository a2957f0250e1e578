import { useState } from 'preact/hooks'
import type { Schema } from '../../api'
import { cost, number, rate, time, whole } from '../../format'
import { useGet } from '../../resource'
import { t } from '../../texts'
import { Dash, Glyph, Seg } from '../../ui/basic'
import { Loaded, Panel, Say } from '../../ui/panel'
import { TableBox } from '../../ui/table-box'
import { CalibrationPanel } from './calibration'
import { CostPanel } from './costs'
import { Timeline } from './timeline'

type Figures = Schema<'AgentFigures'>
type Horizon = Schema<'HorizonFigures'>
export const HORIZONS = ['trade', '1h', '4h', '24h']
const TOO_FAR = 10

/** The points by which an agent says more (or less) than comes true, over decisions with a confidence that were judged. */
export function overconfidence(horizon: Horizon | undefined): { said: number; right: number; n: number; points: number } | null {
  const bands = (horizon?.calibration ?? []).filter((band) => band.n > 0 && band.avg_confidence !== null)
  const n = bands.reduce((sum, band) => sum + band.n, 0)
  if (!horizon?.enough_data || n < 30) return null
  const said = (bands.reduce((sum, band) => sum + band.n * (band.avg_confidence ?? 0), 0) / n) * 100
  const right = (bands.reduce((sum, band) => sum + band.right, 0) / n) * 100
  return { said, right, n, points: said - right }
}
export const horizonOf = (agent: Figures, name: string) => agent.figures.horizons.find((one) => one.horizon === name)

export default function Agents() {
  const from = useGet('/api/agents/performance', { limit: 1 }, { on: ['decision.*', 'trade.closed'], every: 10_000 })
  const listed = useGet('/api/agents', {}, { on: ['decision.*', 'cost.*'], every: 3_000 }).data.value?.data ?? []
  const agents = from.data.value?.computed.agents ?? []
  const names = agents[0]?.figures.horizons.map((one) => one.horizon) ?? HORIZONS
  const [horizon, setHorizon] = useState('')
  const judged = (name: string) => agents.reduce((sum, agent) => sum + (horizonOf(agent, name)?.n ?? 0), 0)
  const best = [...names].sort((a, b) => judged(b) - judged(a))[0] ?? 'trade'
  const shown = horizon || best
  const worst = agents.flatMap((agent) => { const found = overconfidence(horizonOf(agent, shown)); return found ? [{ name: agent.agent_name, ...found }] : [] }).sort((a, b) => Math.abs(b.points) - Math.abs(a.points))[0]
  const lead = worst ? (Math.abs(worst.points) > TOO_FAR ? t.agents.lead.over : t.agents.lead.fair)(worst.name, rate(worst.said), rate(worst.right)) : null
  return <>
    {agents.length === 0 ? null : <section class="panel c12"><div class="lead-pad"><p class="lead wrap">{lead ? <>{lead[0]}<b class={worst!.points > TOO_FAR ? 'loss' : ''}>{lead[1]}</b>{lead[2]}</> : t.agents.lead.unsure}</p></div></section>}
    <Panel id="agents" title={t.agents.title} note={<span class="only-wide">{t.agents.note}</span>} end={agents.length > 0 ? <Seg label={t.agents.horizon} value={shown} onChoose={setHorizon} choices={names.map((value) => ({ value, label: t.agents.horizons[value] ?? value }))} /> : null}>
      <Loaded from={from} rows={4}>{() => agents.length === 0 ? <Say title={t.agents.none}>{t.agents.noneText}</Say> : <TableBox panel="agents"><table class="table table-tall cards agent-rows" role="table">
        <thead role="rowgroup"><tr role="row"><th scope="col">{t.agents.agent}</th><th scope="col" class="num">{t.agents.decisions}</th><th scope="col" class="num">{t.agents.right}</th><th scope="col" class="num">{t.agents.said}</th><th scope="col">{t.agents.calibration}</th><th scope="col" class="num">{t.agents.takes}</th><th scope="col" class="num">{t.agents.cost}</th><th scope="col">{t.agents.last}</th></tr></thead>
        <tbody role="rowgroup">{agents.map((agent) => <Row key={agent.agent_name} agent={agent} horizon={horizonOf(agent, shown)} last={listed.find((one) => one.agent_name === agent.agent_name)?.last_decision as Schema<'Decision'> | null | undefined} />)}</tbody>
      </table></TableBox>}</Loaded>
    </Panel>
    {agents.length === 0 ? null : <><Timeline agents={agents.map((agent) => agent.agent_name)} /><div class="stack c5"><CalibrationPanel agents={agents} horizon={shown} /><CostPanel /></div></>}
    {agents.length === 0 ? <CostPanel /> : null}
  </>
}

function Row({ agent, horizon, last }: { agent: Figures; horizon: Horizon | undefined; last: Schema<'Decision'> | null | undefined }) {
  const { figures } = agent
  const found = overconfidence(horizon)
  const points = found ? `${found.points > 0 ? '+' : ''}${number(found.points, 0)}` : ''
  return <tr role="row" data-row>
    <th scope="row" role="rowheader" class="k-name"><span class="two"><span class="cut">{agent.agent_name}</span><small class="cut">{agent.roles.join(', ')}</small></span></th>
    <td role="cell" class="num" data-l={t.agents.decisions}>{whole(figures.decisions)}</td>
    <td role="cell" class="num" data-l={t.agents.right}><span class="two"><span>{horizon?.enough_data && horizon.accuracy_percent !== null ? rate(horizon.accuracy_percent ?? 0) : <Dash why={t.agents.few} />}</span><small>{t.agents.judged(horizon?.n ?? 0, figures.decisions)}</small></span></td>
    <td role="cell" class="num" data-l={t.agents.said}>{figures.avg_confidence === null ? <Dash why={t.why.notSure} /> : rate((figures.avg_confidence ?? 0) * 100)}</td>
    <td role="cell" class="k-cal">{!found ? <span class="ink-3">{t.agents.notJudged}</span> : found.points > TOO_FAR ? <span class="state watch"><Glyph mark="watch" />{t.agents.tooSure(number(found.points, 0))}</span> : found.points < -TOO_FAR ? <span class="state watch"><Glyph mark="watch" />{t.agents.tooShy(number(-found.points, 0))}</span> : <span class="state"><Glyph mark="ok" />{t.agents.fair(points)}</span>}</td>
    <td role="cell" class="num" data-l={t.agents.takes}>{figures.avg_execution_time_ms === null ? <Dash /> : t.agents.seconds(number((figures.avg_execution_time_ms ?? 0) / 1000, 1))}</td>
    <td role="cell" class="num" data-l={t.agents.cost}>{figures.cost === null ? <Dash why={figures.undefined?.cost} /> : cost(figures.cost ?? 0)}</td>
    <td role="cell" class="k-last"><span class="two"><span class="cut">{last?.decision ?? t.dash}</span><small>{last?.timestamp ? time(last.timestamp) : ''}</small></span></td>
  </tr>
}
