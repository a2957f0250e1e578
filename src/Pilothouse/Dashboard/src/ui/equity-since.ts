import type { Schema } from '../api'
import { balance, dayOf } from '../format'
import { t } from '../texts'

/** What came into the accounts or left them: deposits, withdrawals, and what new accounts began with. Nothing if that is 0. */
const flowed = (sum: number) => sum === 0 ? '' : sum > 0 ? t.equity.cameIn(balance(sum)) : t.equity.wentOut(balance(-sum))

/** Since when the curve goes, from which equity, and what was put in or taken out meanwhile. */
export const equitySince = (points: Schema<'EquityPoint'>[]) => points[0]!.equity === null ? t.equity.plain
  : t.equity.since(dayOf(points[0]!.timestamp ?? 0), balance(points[0]!.equity ?? 0), flowed(points.at(-1)!.flows ?? 0))
