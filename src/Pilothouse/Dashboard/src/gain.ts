import type { Trade } from './data'
import { directionOf } from './ui/basic'

/** What a trade of a linear contract earns where its price goes from one to another, before fees. */
export const linearGain = (trade: Trade, from: number, to: number, quantity: number) => (to - from) * directionOf(trade.side ?? '') * quantity * (trade.contract_size ?? 1)

/** How much of a trade is open. */
export const openQuantity = (trade: Trade) => trade.remaining_quantity ?? trade.quantity ?? 0
