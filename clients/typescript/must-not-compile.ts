// What the server would refuse must not compile: tsc fails where one of these does.
import type { connect } from './client.js'

export const wrong = async (client: ReturnType<typeof connect>): Promise<void> => {
  // @ts-expect-error There is no such path.
  await client.GET('/api/signal')
  // @ts-expect-error The list has no such parameter.
  await client.GET('/api/signals', { params: { query: { pair: 'SUI/USDC' } } })
  // @ts-expect-error The price is missing.
  await client.POST('/api/signals', { body: { trading_pair: 'SUI/USDC', signal_type: 'BUY', signal_strength: 7 } })
  // @ts-expect-error A price is a number.
  await client.POST('/api/signals', { body: { trading_pair: 'SUI/USDC', signal_type: 'BUY', signal_strength: 7, price: '3.4567' } })
  // @ts-expect-error An answer has no such field.
  console.log((await client.GET('/api/circuit-breaker')).data?.data?.may_trad)
}
