import { useState } from 'preact/hooks'
import { number, rate, whole } from '../../format'
import type { Schema } from '../../api'
import { t } from '../../texts'
import { Text, Time } from '../../ui/basic'
import { useEndless } from '../../ui/endless'
import { Failed, Panel, Say, Skeleton } from '../../ui/panel'
import { Pick } from '../../ui/pick'
import { TradeLink } from '../../ui/trade-link'

const NAMES = { added: ['decision.recorded'], changed: ['decision.changed'], removed: ['decision.removed'] }
const STEP = 12

export function Timeline({ agents }: { agents: string[] }) {
  const [agent, setAgent] = useState('')
  const [shown, setShown] = useState(STEP)
  const list = useEndless<'/api/agents/decisions', Schema<'Decision'>>('/api/agents/decisions', { agent_name: agent }, (decision) => agent === '' || decision.agent_name === agent, NAMES)
  const rows = list.rows.value
  return <Panel id="decisions" title={t.agents.list} span="c7" end={<Pick label={t.agents.agent} value={agent} choices={agents} onChoose={(value) => { setAgent(value); setShown(STEP) }} />}
    foot={rows.length > shown || !list.ended.value ? <button type="button" class="link" onClick={() => { setShown(shown + STEP); if (shown + STEP > rows.length - STEP) void list.more() }}>{t.open.more(Math.max(0, rows.length - shown))}</button> : <span>{whole(rows.length)}</span>}>
    {list.error.value && rows.length === 0 ? <Failed error={list.error.value} retry={() => void list.again()} /> : rows.length === 0 ? list.ended.value ? <Say title={t.agents.noDecision} /> : <Skeleton rows={8} />
      : <ul class="timeline">{rows.slice(0, shown).map((decision) => <li key={decision.id} data-row>
        <Time at={decision.timestamp} /><span class="who"><b class="wrap">{decision.agent_name}</b><small class="wrap">{decision.agent_role}</small></span>
        <span class="did"><b class="wrap">{decision.decision}</b><small>{decision.confidence === null || decision.confidence === undefined ? t.why.notSure : t.agents.sure(rate(decision.confidence * 100))}</small></span>
        <div><p><Text>{decision.reasoning ?? ''}</Text></p><span class="after">{decision.trade_id ? <TradeLink id={decision.trade_id}>{t.agents.trade(decision.trade_id)}</TradeLink> : null}{decision.execution_time_ms === null || decision.execution_time_ms === undefined ? null : <span>{t.agents.seconds(number(decision.execution_time_ms / 1000, 1))}</span>}</span></div>
      </li>)}</ul>}
  </Panel>
}
