// A signal against chance: filled where better, with a coloured rim where worse.
import type { Schema } from '../api'
import { rate } from '../format'
import { t } from '../texts'
import { Dash } from './basic'

export type Horizon = Schema<'HorizonScore'>
const [LEFT, RIGHT] = [10, 90]
const place = (value: number) => `${Math.min(100, Math.max(0, ((value - LEFT) / (RIGHT - LEFT)) * 100)).toFixed(1)}%`

export const verdictOf = (horizon: Horizon): 'better' | 'worse' | 'chance' | 'few' =>
  !horizon.enough_data || horizon.hit_rate === null || horizon.base_rate === null ? 'few' : horizon.beats_base ? 'better' : (horizon.high ?? 100) < (horizon.base_rate ?? 0) ? 'worse' : 'chance'

export function ScoreCells({ horizon }: { horizon: Horizon }) {
  const verdict = verdictOf(horizon)
  if (verdict === 'few') return <><td class="sc-n num"><Dash why={t.scorecard.few} /></td><td class="score only-wide" /><td class="sc-w ink-3">{t.scorecard.few}</td></>
  const [right, base] = [rate(horizon.hit_rate ?? 0), rate(horizon.base_rate ?? 0)]
  return <><td class="sc-n num">{right} <span class="ink-3">/ {base}</span></td>
    <td class="score only-wide"><svg role="img" aria-label={t.scorecard.label(right, base, t.scorecard[verdict])}><line class="track" x1="0" x2="100%" y1="11" y2="11" /><line class="ci" x1={place(horizon.low ?? 0)} x2={place(horizon.high ?? 0)} y1="11" y2="11" />
      <line class="base" x1={place(horizon.base_rate ?? 0)} x2={place(horizon.base_rate ?? 0)} y1="4" y2="18" /><circle class={verdict === 'better' ? 'hit-gain' : verdict === 'worse' ? 'hit-loss' : 'hit'} cx={place(horizon.hit_rate ?? 0)} cy="11" r="4" /></svg></td>
    <td class={`sc-w ${verdict === 'better' ? 'gain' : verdict === 'worse' ? 'loss' : 'ink-2'}`}>{t.scorecard[verdict]}</td></>
}
