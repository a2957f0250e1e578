import { useBreaker, useBreakerEvents } from '../../data'
import { duration, secondsSince, time } from '../../format'
import { t } from '../../texts'
import { now } from '../../tick'
import { Dash, Glyph, Meter } from '../../ui/basic'
import { fullName, isPast, measured, measureName, usedShare } from '../../ui/breaker-dialogs'
import { open } from '../../ui/dialogs'
import { Loaded, Panel } from '../../ui/panel'
import { TableBox } from '../../ui/table-box'

export function BreakerPanel() {
  const from = useBreaker()
  const data = from.data.value?.data
  const events = (useBreakerEvents().data.value?.data ?? []).filter((event) => !event.dry_run)
  const reasons = (data?.reasons ?? []).filter((reason) => !reason.dry_run)
  const bots = [...new Set(reasons.map((reason) => reason.bot_name))]
  const last = events[0]
  return <Panel id="limits" title={t.breaker.title} span="c5"
    note={data ? <><span class={`state label ${reasons.length > 0 ? 'alarm' : ''}`}><Glyph mark={reasons.length === 0 ? 'ok' : data.may_trade ? 'watch' : 'alarm'} />{reasons.length === 0 ? t.cell.clear : data.state === 'recovering' ? t.cell.recovering : t.cell.triggered}</span>
      {data.since ? ` ${duration(secondsSince(data.since, now.value))}` : ''}</> : null}
    end={reasons.length === 0 ? <button type="button" class="btn btn-s btn-stop" onClick={() => open({ kind: 'trigger' })}>{t.breaker.stopAll}</button>
      : <>{reasons.every((reason) => reason.bot_name !== null) ? <button type="button" class="btn btn-s btn-stop" onClick={() => open({ kind: 'trigger' })}>{t.breaker.stopAll}</button> : null}
        {bots.map((bot) => <button type="button" class="btn btn-s" key={bot ?? ''} onClick={() => open({ kind: 'clear', bot })}>{bot === null ? t.breaker.allow : `${bot}: ${t.breaker.allow}`}</button>)}</>}
    foot={<span class="wrap">{last ? t.breaker.last(time(last.triggered_at ?? ''), last.trigger_reason ?? measureName(last.trigger_type ?? '')) : t.breaker.never}</span>}>
    <Loaded from={from} rows={8}>{() => <TableBox panel="limits"><table class="table limits">
      <thead><tr><th scope="col">{t.breaker.at}</th><th scope="col" class="num">{t.breaker.now}</th><th scope="col" class="num">{t.breaker.limit}</th><th scope="col"><span class="sr">{t.breaker.used}</span></th></tr></thead>
      <tbody>{data!.measures.map((measure) => <tr key={`${measure.name}${measure.bot_name ?? ''}${measure.mode ?? ''}`} class={isPast(measure) ? 'is-alarm' : ''}>
        <th scope="row" class="cut">{fullName(measure)}</th>
        <td class={`num${isPast(measure) ? ' alarm' : usedShare(measure) >= 75 ? ' watch' : ''}`}>{measure.value === null ? <Dash why={measure.undefined ?? t.breaker.unknown} /> : measured(measure, measure.value)}</td>
        <td class="num ink-2">{measured(measure, measure.limit)}</td><td class="lim">{measure.value === null ? null : <Meter share={usedShare(measure)} />}</td></tr>)}</tbody>
    </table></TableBox>}</Loaded>
  </Panel>
}
