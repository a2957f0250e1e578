// Fees in the asset in which they were paid: a trade that settles in one may pay them in another.
import type { Schema } from '../../api'
import { number, quantity } from '../../format'

/** The asset of the fees; null where nobody says it. */
export const feeAsset = (trade: Schema<'Trade'>) => trade.fee_asset ?? trade.settle_asset ?? null

/** The amount of the fees; null where it is not known. In another asset than the profit an amount may be small. */
export const feeAmount = (trade: Schema<'Trade'>, digits: number) => trade.fees === null || trade.fees === undefined ? null
  : trade.fee_asset && trade.fee_asset !== trade.settle_asset ? quantity(trade.fees) : number(trade.fees, digits)
