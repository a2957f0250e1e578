// What several pages show: each is asked for once, whoever shows it.
import { computed, signal } from '@preact/signals'
import type { Schema } from './api'
import { useGet } from './resource'
import { now } from './tick'

export type Bot = Schema<'BotOverview'>
export type Trade = Schema<'Trade'>
export type Signal = Schema<'Signal'>

/** The currency of all rows, which a column's head can name; null where they have several, so that each amount must name its own. */
export const oneCurrency = (rows: { currency: string }[]) => oneOf(rows.map((row) => row.currency))

/** The currency in which all trades settle; null where they have several. */
export const oneSettleAsset = (trades: Trade[]) => oneOf(trades.map((trade) => trade.settle_asset ?? ''))
const oneOf = (currencies: string[]) => new Set(currencies).size === 1 ? currencies[0]! : null

const MONEY = ['trade.*', 'cash_flow.*', 'fill.*']

/** Every bot, by its name: a row keeps its place, whoever reported last. */
export const useBots = () => useGet('/api/bots', {}, {
  on: ['bot.*', 'control.*', 'trade.*', 'cost.*'], poll: 60_000, shape: (answer) => ({ ...answer, data: [...answer.data].sort((a, b) => a.bot_name < b.bot_name ? -1 : 1) }),
})
export const useOpenTrades = () => useGet('/api/trades/open', {}, { on: ['trade.*', 'fill.*', 'signal.recorded', 'market.observed'], poll: 30_000 })
export const useBreaker = () => useGet('/api/circuit-breaker', {}, { on: ['breaker.*', 'trade.closed', 'market.observed', 'cash_flow.*', 'bot.reported'], every: 500, poll: 30_000 })
export const useBreakerEvents = () => useGet('/api/circuit-breaker/events', { limit: 20 }, { on: ['breaker.*'] })
/** What the breaker refused to open or enlarge, each position once. */
export const useRefusals = () => useGet('/api/circuit-breaker/refusals', { limit: 50 }, { on: ['breaker.*'] })
/** What agents ask for before it is done. */
export const useConsents = () => useGet('/api/consents', { limit: 50 }, { on: ['consent.*'], every: 250, poll: 60_000 })
export const useTotal = () => useGet('/api/performance', { period: 'all' }, { on: MONEY, every: 2_000 })
export const useEquity = (period: string) => useGet('/api/performance/equity', { period }, { on: MONEY, every: 3_000, poll: period === 'all' ? 0 : 120_000 })
export const useBudgets = () => useGet('/api/cost-budgets', {}, { on: ['cost.*', 'budget.*'], every: 5_000, poll: 300_000 })
export const useReadiness = () => useGet('/health/ready', {}, { on: ['backup.made', 'breaker.*'], every: 5_000, poll: 60_000 })

/** The results of the current day of UTC. */
const day = signal(new Date().toISOString().slice(0, 10))
setInterval(() => { day.value = new Date().toISOString().slice(0, 10) }, 10_000)
export const useToday = () => useGet('/api/performance', { from_date: day.value }, { on: MONEY, every: 2_000 })

/** The newest signals and trades. */
export const useLatestSignals = (limit: number) => useGet('/api/signals', { limit }, { on: ['signal.*'], every: 1_000 })
export const useLatestTrades = (limit: number) => useGet('/api/trades', { limit }, { on: ['trade.*'], every: 1_000 })

/** How a bot is: silent counts more than what it said last. */
export const stateOf = (bot: Bot): string => bot.silent ? 'silent' : bot.status ?? 'unknown'

/** Seconds since the bot's last report; they go on between two answers. */
export const heardAgo = (bot: Bot): number | null => bot.reported_at ? Math.max(0, (now.value - new Date(bot.reported_at).getTime()) / 1000) : null
export const isOpenReason = (reason: Schema<'BreakerReason'>) => !reason.dry_run && reason.status === 'triggered'

export const minute = computed(() => Math.floor(now.value / 60_000))
