import { useState } from 'preact/hooks'
import type { Schema } from '../../api'
import { rate, whole } from '../../format'
import { t } from '../../texts'
import { AsTable, ChartTable, isTable } from '../../ui/chart-table'
import { Panel, Say } from '../../ui/panel'
import { Pick } from '../../ui/pick'
import { horizonOf } from './index'

const HEIGHT = 220
const FEW = 10

/** How often an agent was right beside how sure it said it was. */
export function CalibrationPanel({ agents, horizon }: { agents: Schema<'AgentFigures'>[]; horizon: string }) {
  const points = (agent: Schema<'AgentFigures'>) => (horizonOf(agent, horizon)?.calibration ?? []).filter((band) => band.n > 0 && band.avg_confidence !== null && band.right_percent !== null)
  const first = agents.find((agent) => points(agent).length > 0)?.agent_name ?? agents[0]?.agent_name ?? ''
  const [name, setName] = useState('')
  const chosen = agents.find((agent) => agent.agent_name === (name || first))
  const bands = chosen ? points(chosen) : []
  const rowOf = (index: number) => {
    const band = bands[index]!
    return [`${rate(band.from * 100)} – ${rate(band.to * 100)}`, rate((band.avg_confidence ?? 0) * 100, 1), rate(band.right_percent ?? 0, 1), whole(band.right), whole(band.n)]
  }
  const y = (percent: number) => HEIGHT - (percent / 100) * HEIGHT
  return <Panel id="calibration" title={t.agents.curve(chosen?.agent_name ?? '')} span="" end={<><Pick label={t.agents.agent} value={name || first} choices={agents.map((agent) => agent.agent_name)} none={null} onChoose={setName} /><AsTable id="calibration" name={t.agents.curve(chosen?.agent_name ?? '')} /></>}>
    {bands.length === 0 ? <Say title={t.agents.noCurve}>{t.agents.noCurveText}</Say> : isTable('calibration') ? <ChartTable id="calibration" size="low" caption={t.agents.curveLabel(chosen?.agent_name ?? '')} heads={t.agents.curveHeads} count={bands.length} row={rowOf} /> : <div class="chart-pad"><div class="chart" role="img" aria-label={t.agents.curveLabel(chosen?.agent_name ?? '')}>
      <svg class="plot" height={HEIGHT} width="100%">
        {[25, 50, 75].map((line) => <line key={line} class="grid-line" x1="0" x2="100%" y1={y(line)} y2={y(line)} />)}
        <line class="cal-ideal" x1="0" x2="100%" y1={HEIGHT} y2="0" /><line class="zero-line" x1="0" x2="100%" y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
        <text class="t-note only-wide" x="34%" y={y(42)} text-anchor="end">{t.agents.well}</text><text class="t-note only-wide" x="99%" y={y(6)} text-anchor="end">{t.agents.saidMore}</text>
        {bands.map((band, index) => {
          const x = `${((band.avg_confidence ?? 0) * 100).toFixed(1)}%`
          return <g key={band.from}><circle class={band.n < FEW ? 'dot' : 'cal-dot'} cx={x} cy={y(band.right_percent ?? 0)} r={band.n < FEW ? 4 : Math.min(9, 4 + Math.sqrt(band.n) / 3)} />
            <text class="t-ink t-halo" x={x} y={y(band.right_percent ?? 0)} dy={index % 2 === 0 ? -14 : 22} text-anchor={(band.avg_confidence ?? 0) > 0.85 ? 'end' : 'middle'}>{rate(band.right_percent ?? 0)} {t.agents.ofN(band.n)}</text></g>
        })}
      </svg>
      <svg class="ax" height={HEIGHT}>{[0, 25, 50, 75, 100].map((line) => <text key={line} x="8" y={Math.min(HEIGHT - 2, Math.max(10, y(line) + 4))}>{rate(line)}</text>)}</svg>
      <svg class="plot-x">{[0, 25, 50, 75, 100].map((line) => <text key={line} x={`${line}%`} y="15" text-anchor={line === 0 ? 'start' : line === 100 ? 'end' : 'middle'}>{line === 0 ? t.agents.saidAt(rate(0)) : rate(line)}</text>)}</svg><span />
    </div></div>}
  </Panel>
}
