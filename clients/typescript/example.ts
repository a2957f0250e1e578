// Records a signal and a trade, closes it, and asks what came of it: node build/example.js, with PILOTHOUSE_URL and PILOTHOUSE_API_KEY.
import { connect, PilothouseError } from './client.js'

const client = connect(process.env['PILOTHOUSE_URL'] ?? 'http://localhost:3000', process.env['PILOTHOUSE_API_KEY'] ?? '')

const signal = await client.POST('/api/signals', {
  body: { trading_pair: 'SUI/USDC', signal_type: 'BUY', signal_strength: 7, price: 3.4567, bot_name: 'typescript' },
})
if (signal.data === undefined) throw new Error('no answer')

const breaker = await client.GET('/api/circuit-breaker', { params: { query: { bot_name: 'typescript' } } })
if (breaker.data?.data?.may_trade !== true) throw new Error('The circuit breaker stops trading.')

const trade = await client.POST('/api/trades', {
  body: { trading_pair: 'SUI/USDC', side: 'BUY', entry_price: 3.4567, quantity: 100, signal_id: signal.data.signal_id, bot_name: 'typescript' },
})
if (trade.data === undefined) throw new Error('no answer')

const closed = await client.POST('/api/trades/{id}/close', {
  params: { path: { id: trade.data.trade_id } },
  body: { exit_price: 3.61, fees: 0.4 },
})
console.log(`pnl ${closed.data?.data?.pnl}`)

try {
  await client.POST('/api/signals', { body: { trading_pair: 'SUI/USDC', signal_type: 'BUY', signal_strength: 700, price: 3.4567 } })
} catch (error) {
  if (!(error instanceof PilothouseError)) throw error
  console.log(`${error.refusal.code}: ${error.refusal.details?.[0]?.field}`)
}
