import { useLatestSignals, useLatestTrades, type Signal } from '../../data'
import { price, result, whole } from '../../format'
import { href } from '../../router'
import { t } from '../../texts'
import { Says, Time } from '../../ui/basic'
import { Loaded, Panel, Say } from '../../ui/panel'
import { TableBox } from '../../ui/table-box'
import { TradeLink } from '../../ui/trade-link'

export const SHOWN = 8
/** Of so many trades it is known which signal they followed. */
export const TRADES = 40

export function LatestSignals() {
  const from = useLatestSignals(SHOWN)
  const trades = useLatestTrades(TRADES).data.value?.data ?? []
  return <Panel id="signals" title={t.signals.title} span="c6" end={<a class="small" href={href('/signals')}>{t.signals.good}</a>}>
    <Loaded from={from} rows={8}>{(page) => page.data.length === 0 ? <Say title={t.signals.none}>{t.signals.noneText}</Say>
      : <TableBox panel="signals"><table class="table"><thead><tr><th scope="col">{t.signals.time}</th><th scope="col">{t.signals.pair}</th><th scope="col">{t.signals.says}</th><th scope="col">{t.signals.strength}</th>
        <th scope="col" class="num only-wide">{t.signals.price}</th><th scope="col">{t.signals.status}</th></tr></thead>
        <tbody>{page.data.map((signal) => <SignalRow key={signal.id} signal={signal} trade={trades.find((trade) => trade.signal_id === signal.id)?.id} />)}</tbody></table></TableBox>}</Loaded>
  </Panel>
}

export const SignalRow = ({ signal, trade }: { signal: Signal; trade: number | undefined }) => <tr>
  <td class="ink-3"><Time at={signal.timestamp} /></td><th scope="row" class="cut">{signal.trading_pair}</th><td><Says type={signal.signal_type ?? ''} /></td>
  <td><span class="row"><Strength value={signal.signal_strength ?? 0} type={signal.signal_type ?? ''} /><span class="ink-2">{result(signal.signal_strength ?? 0, 0)}</span></span></td>
  <td class="num only-wide">{signal.price === null || signal.price === undefined ? t.dash : price(signal.price)}</td>
  <td class="ink-3">{trade === undefined ? t.signals.became[signal.status ?? ''] ?? signal.status ?? t.dash : <TradeLink id={trade}>{t.trade.head(trade)}</TradeLink>}</td></tr>

/** How strong a signal is, from −100 to 100, as a bar from the middle. */
export function Strength({ value, type }: { value: number; type: string }) {
  const width = Math.min(36, Math.abs(value) * 0.36)
  return <svg class="strength only-wide" aria-label={whole(value)} role="img"><rect class="rest" y="5" width="72" height="2" />
    <rect class={/hold/i.test(type) ? 'hold' : value >= 0 ? 'up' : 'down'} x={value >= 0 ? 36 : 36 - width} y="2" width={width} height="8" /><rect class="mid" x="35.5" width="1" height="12" /></svg>
}
