/** The events that the page follows. Candles are left out: a batch of them is thousands of events, and no page shows each. */
export const streamed = [
  'trade.opened', 'trade.changed', 'trade.closed', 'trade.removed',
  'fill.recorded', 'fill.changed', 'fill.removed',
  'signal.recorded', 'signal.changed', 'signal.removed',
  'bot.reported', 'bot.report_changed', 'bot.report_removed', 'bot.silent', 'bot.back',
  'control.asked', 'control.heard', 'control.done',
  'breaker.triggered', 'breaker.recovering', 'breaker.cleared', 'breaker.bypassed', 'breaker.refused',
  'cash_flow.recorded', 'cash_flow.changed', 'cash_flow.removed',
  'market.observed', 'market.changed', 'market.removed',
  'analysis.recorded', 'analysis.changed', 'analysis.removed',
  'correlation.recorded', 'correlation.changed', 'correlation.removed',
  'cost.recorded', 'cost.changed', 'cost.removed',
  'spike.detected', 'spike.changed', 'spike.removed',
  'news.recorded', 'news.changed', 'news.removed',
  'decision.recorded', 'decision.changed', 'decision.removed',
  'budget.reached', 'backup.made',
  'consent.asked', 'consent.approved', 'consent.denied', 'consent.expired', 'consent.failed', 'reset',
] as const

/** One event of the stream: its name, and the record as it was when it was sent. */
export interface Happened { type: string; data: Record<string, unknown> }

export type FromWorker =
  | { kind: 'events'; events: Happened[] }
  | { kind: 'state'; lostAt: number | null; refused: boolean }

/** The same events as the stream's filter names them; a reset comes in any case. */
export const filter = [...new Set(streamed.filter((type) => type !== 'reset').map((type) => type.split('.')[0] + '.*'))].join(',')
