import { useState } from 'preact/hooks'
import { useBudgets } from '../../data'
import { balance, cost, monthName, rate, whole } from '../../format'
import { useGet } from '../../resource'
import { t } from '../../texts'
import { now } from '../../tick'
import { Dash, Meter, Seg } from '../../ui/basic'
import { Loaded, Panel, Say } from '../../ui/panel'

const WAYS = ['model', 'agent', 'api'] as const
type Way = (typeof WAYS)[number]

export function CostPanel() {
  const [by, setBy] = useState<Way>('model')
  const from = useGet('/api/cost-analytics/summary', { limit: 50 }, { on: ['cost.*'], every: 5_000 })
  const budget = useBudgets().data.value?.data[0]
  const data = from.data.value?.data
  const parts = (by === 'model' ? data?.by_model : by === 'agent' ? data?.by_agent : data?.by_api) ?? []
  const total = data?.total.cost ?? 0
  return <Panel id="cost" title={t.agents.costs(monthName(new Date(now.value)))} span="c5" note="USD" end={data ? <b class="strong">{cost(total)}{budget ? <span class="ink-3"> {t.cell.ofBudget(balance(budget.monthly_budget), 'USD')}</span> : null}</b> : null}
    foot={data ? <span>{data.total.cache_hit_rate === null ? '' : t.agents.cache(rate(data.total.cache_hit_rate ?? 0))} {(data.total.unpriced_uses ?? 0) > 0 ? t.agents.unpriced(data.total.unpriced_uses ?? 0) : ''}</span> : null}>
    <Loaded from={from}>{() => data!.total.uses === 0 ? <Say title={t.agents.costNone} /> : <div class="panel-body">
      {budget ? <div class="budget"><Meter share={budget.used_percent ?? 0} mark={budget.projection === null ? undefined : (budget.projection! / budget.monthly_budget) * 100} /><p class="small ink-3">{budget.projection === null ? t.cell.early : t.agents.heads(cost(budget.projection ?? 0))}</p></div> : null}
      <Seg label={t.split.by} value={by} onChoose={setBy} choices={[{ value: 'model', label: t.agents.byModel }, { value: 'agent', label: t.agents.byAgent }, { value: 'api', label: t.agents.byApi }]} />
      <dl class="list">{[...parts].sort((a, b) => (b.cost ?? 0) - (a.cost ?? 0)).slice(0, 8).map((part) => <div key={part.name}><dt class="cut">{part.name ?? t.split.none} <span class="ink-3">{t.agents.calls(whole(part.uses ?? 0))}</span></dt><dd>{part.cost === null ? <Dash /> : cost(part.cost ?? 0)}<span class="pctw ink-3">{total > 0 ? rate(((part.cost ?? 0) / total) * 100) : ''}</span></dd></div>)}</dl>
    </div>}</Loaded>
  </Panel>
}
