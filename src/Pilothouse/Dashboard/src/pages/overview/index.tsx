import { useComputed } from '@preact/signals'
import { period } from '../../period'
import { isOpenReason, useBots, useBreaker, useEquity, useLatestSignals, useLatestTrades } from '../../data'
import { balance, percent, result, toneOf } from '../../format'
import { t } from '../../texts'
import { Seg } from '../../ui/basic'
import { AsTable, isTable } from '../../ui/chart-table'
import { equitySince } from '../../ui/equity-since'
import { EquityTable } from '../../ui/equity-table'
import { lazy } from '../../ui/lazy'
import { Loaded, Panel, Say } from '../../ui/panel'
import { Alarm, ConsentNotice, SilentNotices } from './alarm'
import { BotTable } from './bots'
import { Feed } from './feed'
import { OpenTrades } from './open-trades'
import { LatestSignals, SHOWN, TRADES } from './signals'
import { Start } from './start'
import { Strip } from './strip'

const Chart = lazy(() => import('../../ui/equity'), 'lwc')

export default function Overview() {
  const breaker = useBreaker().data.value?.data
  const [bots, trades, signals] = [useBots(), useLatestTrades(TRADES), useLatestSignals(SHOWN)]
  const isAlarm = (breaker?.reasons ?? []).some(isOpenReason)
  // The page is drawn anew when this changes, and not with each record.
  const isEmpty = useComputed(() => [bots, trades, signals].every((from) => from.data.value?.data.length === 0)).value
  return <>
    {isAlarm ? <Alarm /> : null}
    <ConsentNotice />
    <SilentNotices />
    <Strip isAlarm={isAlarm} />
    {isEmpty ? <Start /> : <><Equity /><OpenTrades /><BotTable /><LatestSignals /><Feed /></>}
  </>
}

function Equity() {
  const from = useEquity(period.value)
  const limitOf = useBreaker().data.value?.data.measures.find((measure) => measure.name === 'drawdown')?.limit ?? null
  const data = from.data.value?.data
  const last = data?.points.at(-1)
  const change = last?.total_pnl ?? null
  const returned = last?.return_percent ?? null
  return <Panel id="equity" title={t.equity.title} span="c7" note={data?.basis ? t.equity.note(data.basis.equity_currency ?? '') : null}
    end={<><Seg label={t.equity.period} value={period.value} onChoose={(value) => { period.value = value }} choices={Object.entries(t.equity.periods).map(([value, label]) => ({ value, label }))} /><AsTable id="equity" name={t.equity.title} /></>}>
    <Loaded from={from} rows={8}>{() => data!.points.length < 2 ? <Say title={t.equity.none}>{t.equity.noneText}</Say> : <>
      <div class="chart-head"><span class="hero">{last!.equity === null ? result(last!.total_pnl ?? 0) : balance(last!.equity ?? 0)}</span>
        {change === null ? null : <span class={`label ${toneOf(change)}`}>{result(change)}{returned === null ? '' : ` · ${percent(returned)}`}</span>}
        <span class="ink-3 small">{equitySince(data!.points)}</span></div>
      {isTable('equity') ? <EquityTable id="equity" points={data!.points} total={data!.total_points} /> : <Chart points={data!.points} drawdownLimit={limitOf} />}</>}</Loaded>
  </Panel>
}
