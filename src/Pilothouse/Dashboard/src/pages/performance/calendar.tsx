import type { Schema } from '../../api'
import { balance, result, utc, whole } from '../../format'
import { useGet } from '../../resource'
import { t } from '../../texts'
import { Dash, Result } from '../../ui/basic'
import { AsTable, ChartTable, isTable } from '../../ui/chart-table'
import { Loaded, Panel } from '../../ui/panel'
import type { Filters } from './index'

const WEEKS = 8
const DAY = 86_400_000
const nameOf = (date: string, year = false) => new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', ...(year ? { year: 'numeric' } : {}), timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`))
const dayKey = (date: Date) => date.toISOString().slice(0, 10)

/** The last eight weeks, day by day: four steps each way, with the number in each cell. */
export function Calendar({ filters }: { filters: Filters }) {
  const zone = utc.value ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone
  const from = useGet('/api/performance/daily', { ...filters, tz: zone }, { on: ['trade.*', 'cash_flow.*'], every: 3_000 })
  const today = new Date(new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date()) + 'T00:00:00Z')
  const monday = new Date(today.getTime() - ((today.getUTCDay() + 6) % 7) * DAY)
  return <Panel id="calendar" title={t.calendar.title} span="c6" note={from.data.value ? t.calendar.note(from.data.value.data.basis?.currency ?? '', from.data.value.data.basis?.time_zone ?? zone) : null}
    end={from.data.value ? <>{from.data.value.data.days.some(isUnknown) ? null : <span class="ink-3 small">{t.calendar.count(from.data.value.data.days.filter((day) => (day.pnl ?? 0) > 0).length, from.data.value.data.days.filter((day) => (day.pnl ?? 0) < 0).length)}</span>}<AsTable id="calendar" name={t.calendar.title} /></> : null}>
    <Loaded from={from} rows={8}>{({ data }) => {
      const byDay = new Map(data.days.map((day) => [day.date, day]))
      const traded = data.days.filter((day) => day.total_trades > 0)
      const firstDay = data.days[0]?.date
      const weeks = Math.min(WEEKS, Math.max(4, firstDay ? Math.ceil((monday.getTime() - new Date(`${firstDay}T00:00:00Z`).getTime()) / (7 * DAY)) + 1 : 4))
      const largest = Math.max(1e-9, ...traded.map((day) => Math.abs(day.pnl ?? 0)))
      const step = (pnl: number) => pnl === 0 ? '' : `h${pnl > 0 ? 'g' : 'l'}${Math.min(4, Math.floor((Math.abs(pnl) / largest) * 4) + 1)}`
      const digits = largest >= 100 ? 0 : largest >= 1 ? 1 : 2
      const best = traded.some(isUnknown) ? [] : [...traded].sort((a, b) => (b.pnl ?? 0) - (a.pnl ?? 0))
      if (isTable('calendar')) return <DayTable days={traded} />
      return <><div class="panel-body"><table class="cal"><caption class="sr">{t.calendar.title}</caption><thead><tr>{t.calendar.days.map((name) => <th scope="col" key={name}>{name}</th>)}<th scope="col">{t.calendar.week}</th></tr></thead>
        <tbody>{Array.from({ length: weeks }, (_, week) => {
          const days = Array.from({ length: 7 }, (__, day) => new Date(monday.getTime() - (weeks - 1 - week) * 7 * DAY + day * DAY))
          const sum = days.reduce((all, day) => all + (byDay.get(dayKey(day))?.pnl ?? 0), 0)
          const known = days.flatMap((day) => byDay.get(dayKey(day)) ?? [])
          const has = known.length > 0 && !known.some(isUnknown)
          return <tr key={week}>{days.map((day) => {
            const found = byDay.get(dayKey(day))
            const isLater = day > today
            const label = day.getUTCDate() === 1 || (week === 0 && day.getUTCDay() === 1) ? new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(day) : String(day.getUTCDate())
            return <td key={dayKey(day)} class={`${found && found.total_trades > 0 ? step(found.pnl ?? 0) : isLater ? 'off' : ''}${dayKey(day) === dayKey(today) ? ' today' : ''}`} title={found ? t.calendar.closed(found.total_trades) : undefined}>
              <span>{label}</span><b>{isLater ? '' : found && found.total_trades > 0 && found.pnl !== null ? result(found.pnl ?? 0, digits) : t.dash}</b></td>
          })}<td class="week"><b>{has ? result(sum, digits) : t.dash}</b></td></tr>
        })}</tbody></table></div>
        {best.length > 0 ? <div class="panel-foot"><span>{t.calendar.best(result(best[0]!.pnl ?? 0), nameOf(best[0]!.date), result(best.at(-1)!.pnl ?? 0), nameOf(best.at(-1)!.date))}</span></div> : null}</>
    }}</Loaded></Panel>
}

/** Whether a trade closed on the day whose result is not known, as its asset has no price: what is not known is no 0. */
const isUnknown = (day: { total_trades: number; pnl?: number | null }) => day.total_trades > 0 && (day.pnl === null || day.pnl === undefined)

/** Every day on which a trade has closed, the newest first: those older than the calendar too. */
function DayTable({ days }: { days: Schema<'DayFigures'>[] }) {
  const row = (index: number) => {
    const day = days[days.length - 1 - index]!
    return [nameOf(day.date, true), <Result value={day.pnl} />, whole(day.total_trades), whole(day.winning_trades), day.equity === null ? <Dash /> : balance(day.equity)]
  }
  return <ChartTable id="calendar" size="free" caption={t.calendar.caption} heads={t.calendar.heads} count={days.length} row={row} />
}
