// Stopping all trading by hand, and allowing it again with what shall hold from now.
import { useState } from 'preact/hooks'
import { post, type Schema } from '../api'
import { useBreaker } from '../data'
import { limit, number } from '../format'
import { t } from '../texts'
import { Refusal } from './ask'
import { Button, Glyph } from './basic'
import { Field, Frame } from './dialog'
import { close } from './dialogs'
import { useSend } from './send'

type Measure = Schema<'BreakerMeasure'>
const isFear = (name: string) => name.startsWith('fear_greed')
const hasPeak = (name: string) => !isFear(name) && !name.startsWith('liquidations')

export const isPast = (measure: Measure) => measure.value !== null && (isFear(measure.name) ? measure.value < measure.limit : measure.value >= measure.limit)
export const usedShare = (measure: Measure) => measure.value === null || isFear(measure.name) ? 0 : (measure.value / measure.limit) * 100
export const isPercent = (name: string) => hasPeak(name) && name !== 'losing_streak'
export const measured = (measure: Measure, value: number) => isPercent(measure.name) ? limit(Number(value.toFixed(2))) : number(value, 0)

/** The words for a measure: btc_fall_1h is "BTC falls, 1 h". */
export function measureName(name: string): string {
  const fall = /^(btc|eth|market_cap)_fall_(\d+)([mh])$/.exec(name)
  const window = fall ? `${fall[2]} ${fall[3] === 'h' ? t.unit.hour : t.unit.minute}` : ''
  return fall ? t.breaker.fall(fall[1] === 'market_cap' ? t.breaker.names.market_cap! : fall[1]!.toUpperCase(), window) : t.breaker.names[name] ?? name.replaceAll('_', ' ')
}
export const fullName = (measure: Measure) => measure.bot_name ? t.breaker.of(measureName(measure.name), measure.bot_name) : measureName(measure.name)

/** The rule that a measure belongs to, as hold wants it. */
const ruleOf = (name: string) => name.startsWith('btc_fall') ? 'btc_dump' : name.startsWith('eth_fall') ? 'eth_dump'
  : ['drawdown', 'daily_loss', 'losing_streak'].includes(name) ? name : 'market_wide'

export function Trigger() {
  const [reason, setReason] = useState('')
  const [done, setDone] = useState(false)
  const { busy, error, send: sendOnce } = useSend()
  const send = () => sendOnce(async () => {
    await post('/api/circuit-breaker/trigger', { reason: reason.trim() || t.dialog.trigger.unsaid })
    setDone(true)
  })
  if (done) return <Done text={t.dialog.said.triggered} />
  return <Frame title={t.dialog.trigger.title} text={t.dialog.trigger.text} step="look" alert say={<>{t.dialog.kept}<br />{t.dialog.esc}</>}
    foot={<><Button kind="btn-l" onClick={close}>{t.dialog.back}</Button><Button kind="btn-l btn-alarm" disabled={busy} onClick={() => void send()}>{t.dialog.trigger.act}</Button></>}>
    <Field id="d-reason" label={t.dialog.reason}><input class="input" id="d-reason" data-first value={reason} maxLength={500} placeholder={t.dialog.reasonHint} autocomplete="off"
      onInput={(event) => setReason(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === 'Enter' && !busy) void send() }} /></Field>
    {error ? <Refusal error={error} /> : null}
  </Frame>
}

const Done = ({ text }: { text: string }) =>
  <Frame title={t.dialog.said.accepted} foot={<Button kind="btn-l btn-primary" onClick={close}>{t.dialog.close}</Button>}><p class="state wrap" role="status"><Glyph mark="ok" />{text}</p></Frame>

interface Hold { way: 'peak' | 'limit' | 'pause'; limit: string; minutes: string }

export function Clear({ bot }: { bot: string | null }) {
  const breaker = useBreaker().data.value?.data
  const [reason, setReason] = useState('')
  const [holds, setHolds] = useState<Record<string, Hold>>({})
  const { busy, error, send: sendOnce } = useSend()
  const [done, setDone] = useState(false)
  const past = (breaker?.measures ?? []).filter((measure) => (measure.bot_name ?? null) === bot && isPast(measure))
  const keyOf = (measure: Measure) => `${measure.name} ${measure.mode ?? ''}`
  const holdOf = (measure: Measure): Hold => holds[keyOf(measure)] ?? { way: hasPeak(measure.name) ? 'peak' : 'pause', limit: '', minutes: '60' }
  const change = (measure: Measure, part: Partial<Hold>) => setHolds({ ...holds, [keyOf(measure)]: { ...holdOf(measure), ...part } })
  const problem = (measure: Measure) => {
    const hold = holdOf(measure)
    const value = Number(hold.limit.replace(',', '.'))
    if (hold.way === 'limit') return hold.limit !== '' && Number.isFinite(value) && (isFear(measure.name) ? value <= measure.value! : value > measure.value!) ? undefined : t.dialog.clear.wrongLimit(measured(measure, measure.value!))
    if (hold.way === 'pause') return /^\d+$/.test(hold.minutes) && Number(hold.minutes) >= 1 && Number(hold.minutes) <= 10_080 ? undefined : t.dialog.clear.wrongMinutes
    return undefined
  }
  const send = () => sendOnce(async () => {
    const hold = past.map((measure) => {
      const said = holdOf(measure)
      return {
        trigger_type: ruleOf(measure.name), measure: measure.name, ...(measure.mode ? { mode: measure.mode } : {}),
        ...(said.way === 'peak' ? { new_peak: true } : said.way === 'limit' ? { limit: Number(said.limit.replace(',', '.')) } : { pause_minutes: Number(said.minutes) }),
      }
    })
    await post('/api/circuit-breaker/clear', { reason: reason.trim(), ...(bot === null ? {} : { bot_name: bot }), ...(hold.length > 0 ? { hold } : {}) })
    setDone(true)
  })
  if (done) return <Done text={t.dialog.said.cleared} />
  return <Frame title={bot === null ? t.dialog.clear.title : t.dialog.clear.titleBot(bot)} text={t.dialog.clear.text} step="look" alert say={<>{t.dialog.kept}<br />{t.dialog.esc}</>}
    foot={<><Button kind="btn-l" onClick={close}>{t.dialog.back}</Button>
      <Button kind="btn-l btn-primary" disabled={busy || reason.trim() === '' || past.some((measure) => problem(measure) !== undefined)} onClick={() => void send()}>{t.dialog.clear.act}</Button></>}>
    <Field id="d-reason" label={t.dialog.reason}><input class="input" id="d-reason" data-first required value={reason} maxLength={500} placeholder={t.dialog.reasonHint} autocomplete="off" onInput={(event) => setReason(event.currentTarget.value)} /></Field>
    {past.length === 0 ? <p class="ink-2">{t.dialog.clear.none}</p> : past.map((measure, index) => {
      const hold = holdOf(measure)
      const ways: [Hold['way'], string][] = [...(hasPeak(measure.name) ? [['peak', t.dialog.clear.peak] as [Hold['way'], string]] : []), ['limit', t.dialog.clear.limit], ['pause', t.dialog.clear.pause]]
      return <fieldset class="choices" key={keyOf(measure)}>
        <legend class="label">{fullName(measure)} <span class="ink-3">{t.dialog.clear.past(measured(measure, measure.value!), measured(measure, measure.limit))}</span></legend>
        {ways.map(([way, label]) => <label class="check" key={way}><input type="radio" name={`hold-${index}`} checked={hold.way === way} onChange={() => change(measure, { way })} />{label}</label>)}
        {hold.way === 'limit' ? <Field id={`d-limit-${index}`} label={t.dialog.clear.limitValue} error={hold.limit === '' ? undefined : problem(measure)}>
          <input class="input" id={`d-limit-${index}`} inputMode="decimal" value={hold.limit} aria-invalid={hold.limit !== '' && problem(measure) !== undefined} onInput={(event) => change(measure, { limit: event.currentTarget.value })} /></Field> : null}
        {hold.way === 'pause' ? <Field id={`d-min-${index}`} label={t.dialog.clear.minutes} error={problem(measure)}>
          <input class="input" id={`d-min-${index}`} inputMode="numeric" value={hold.minutes} aria-invalid={problem(measure) !== undefined} onInput={(event) => change(measure, { minutes: event.currentTarget.value })} /></Field> : null}
      </fieldset>
    })}
    {error ? <Refusal error={error} /> : null}
  </Frame>
}
