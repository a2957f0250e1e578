import type { ComponentChildren } from 'preact'
import { href } from '../router'

/** A link to a trade and its why-chain. */
export const TradeLink = ({ id, children }: { id: number | undefined; children: ComponentChildren }) => id === undefined ? <>{children}</> : <a href={href(`/trades/${id}`)}>{children}</a>
