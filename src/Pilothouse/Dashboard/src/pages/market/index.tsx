import { useState } from 'preact/hooks'
import { duration, number, percent, price, rate, result, secondsSince, toneOf } from '../../format'
import { useGet } from '../../resource'
import { t } from '../../texts'
import { now } from '../../tick'
import { Age, Dash, Glyph, Seg, Text, Time } from '../../ui/basic'
import { Loaded, Panel, Say } from '../../ui/panel'
import { TableBox } from '../../ui/table-box'
import { TradeLink } from '../../ui/trade-link'

const PERIODS = ['7', '30', '90']
const large = (value: number) => value >= 1e9 ? `${number(value / 1e9, 1)} ${t.market.billion}` : value >= 1e6 ? `${number(value / 1e6, 1)} ${t.market.million}` : number(value, 0)

export default function Market() {
  return <><Context /><Matrix /><Prices /><News /><Spikes /></>
}

function Context() {
  const from = useGet('/api/market-context', {}, { on: ['market.*'] })
  if (from.error.value?.status === 404) return <section class="panel c12"><Say title={t.market.none}>{t.market.noneText}</Say></section>
  return <section class="panel c12" aria-label={t.market.title}><Loaded from={from} rows={3}>{({ data }) => {
    const word = (value: string | null | undefined) => value ? t.market.words[value] ?? value : null
    const cells: [string, string | null, string, number | null][] = [
      [t.market.btc, data.btc_price === null ? null : price(data.btc_price ?? 0), data.btc_change_24h === null ? '' : `${percent(data.btc_change_24h ?? 0)} · ${t.market.change}`, data.btc_change_24h ?? null],
      [t.market.eth, data.eth_price === null ? null : price(data.eth_price ?? 0), data.eth_change_24h === null ? '' : `${percent(data.eth_change_24h ?? 0)} · ${t.market.change}`, data.eth_change_24h ?? null],
      [t.market.fear, data.fear_greed_index === null ? null : String(data.fear_greed_index), t.market.of100, null],
      [t.market.dominance, data.btc_dominance === null ? null : rate(data.btc_dominance ?? 0, 1), '', null],
      [t.market.trend, word(data.market_trend), word(data.btc_trend) ? `${t.market.btc}: ${word(data.btc_trend)}` : '', null],
      [t.market.regime, word(data.market_regime), word(data.volatility_level) ? `${t.market.volatility}: ${word(data.volatility_level)}` : '', null],
      [t.market.cap, data.total_market_cap === null ? null : large(data.total_market_cap ?? 0), 'USD', null],
      [t.market.liquidations, data.liquidations_1h === null ? null : large(data.liquidations_1h ?? 0), 'USD', null],
    ]
    const age = data.timestamp ? secondsSince(data.timestamp, now.value) : 0
    return <><div class="verdict"><h2>{t.market.title}</h2><p class={age > 7_200 ? 'watch' : ''}>{t.market.ago(duration(age))}</p></div><div class="cells">{cells.map(([label, value, sub, tone]) => <div class="cell" key={label}><span class="cell-label">{label}</span><span class="cell-value">{value ?? <Dash />}</span>
      <span class={`cell-sub ${tone === null ? '' : toneOf(tone)}`}>{value === null ? '' : sub}</span></div>)}</div></>
  }}</Loaded></section>
}

/** Correlations as a table: four steps each way, and the number in each cell. */
function Matrix() {
  const [days, setDays] = useState('7')
  const from = useGet('/api/correlation/matrix', { period_days: days }, { on: ['correlation.*'], every: 10_000, poll: 600_000 })
  const data = from.data.value?.data
  const tone = (value: number) => Math.abs(value) < 0.05 ? '' : `h${value > 0 ? 'g' : 'l'}${Math.min(4, Math.floor(Math.abs(value) * 4) + 1)}`
  return <Panel id="matrix" title={t.market.matrix} span="c7" note={<span class="only-wide">{t.market.matrixNote(Number(days))}</span>} end={<Seg label={t.market.period} value={days} onChoose={setDays} choices={PERIODS.map((value) => ({ value, label: `${value} ${t.unit.day}` }))} />}>
    <Loaded from={from} rows={6}>{() => !data || data.assets.length === 0 ? <Say title={t.market.noMatrix}>{t.market.noMatrixText}</Say>
      : <TableBox panel="matrix" class="panel-body"><table class="cal heat"><caption class="sr">{t.market.matrix}</caption><thead><tr><td class="off" />{data.assets.map((asset) => <th scope="col" key={asset}>{asset}</th>)}</tr></thead>
        <tbody>{data.assets.map((asset, row) => <tr key={asset}><th scope="row">{asset}</th>{data.assets.map((other, column) => {
          const value = (data.matrix[row] as (number | null)[] | undefined)?.[column] ?? null
          const why = data.undefined?.[`${asset}/${other}`] ?? data.undefined?.[`${other}/${asset}`]
          return <td key={other} class={row === column ? 'off' : value === null ? '' : tone(value)} title={value === null ? why : t.market.cell(asset, other, result(value))}><b>{value === null ? t.dash : row === column ? '1' : result(value)}</b></td>
        })}</tr>)}</tbody></table></TableBox>}</Loaded>
  </Panel>
}

function Prices() {
  const from = useGet('/api/prices', { limit: 50 }, { on: ['signal.recorded', 'market.observed'], every: 5_000, poll: 30_000 })
  return <Panel id="prices" title={t.market.prices} span="c5"><Loaded from={from}>{(page) => page.data.length === 0 ? <Say title={t.market.noPrices} />
    : <TableBox panel="prices" class="tall-list"><table class="table table-dense"><thead><tr><th scope="col">{t.market.pair}</th><th scope="col" class="num">{t.market.price}</th><th scope="col" class="num">{t.market.age}</th><th scope="col">{t.market.source}</th></tr></thead>
      <tbody>{page.data.map((one) => <tr key={one.trading_pair}><th scope="row" class="cut">{one.trading_pair}</th><td class="num">{price(one.price)}</td><td class={`num ${one.age_seconds > 300 ? 'watch' : 'ink-2'}`}><Age at={one.time} /></td><td class="ink-3">{t.market.sources[one.source] ?? one.source}</td></tr>)}</tbody></table></TableBox>}</Loaded></Panel>
}

function News() {
  const from = useGet('/api/news', { limit: 12 }, { on: ['news.*'] })
  const feeling = useGet('/api/news/sentiment', {}, { on: ['news.*'], every: 5_000, poll: 300_000 }).data.value?.data
  const mark: Record<string, string> = { bullish: '#g-up', bearish: '#g-down', neutral: '#g-flat' }
  return <Panel id="news" title={t.market.news} span="c7" note={feeling && feeling.sentiment !== null ? t.market.feeling(result(feeling.sentiment ?? 0), feeling.n) : t.market.newsNote(feeling?.hours ?? 24)}>
    <Loaded from={from} rows={6}>{(page) => page.data.length === 0 ? <Say title={t.market.noNews}>{t.market.noNewsText}</Say>
      : <ul class="feed">{page.data.map((article) => <li key={article.id}><Time at={article.published_at ?? article.timestamp} /><svg class="icon" viewBox="0 0 12 12" aria-hidden="true"><use href={mark[article.sentiment ?? ''] ?? '#g-flat'} /></svg>
        <span class="wrap"><Text>{article.article_title ?? article.article_url ?? ''}</Text> <span class="who">· {[article.sentiment ? t.market.words[article.sentiment] ?? article.sentiment : '', article.confidence === null || article.confidence === undefined ? '' : rate(article.confidence * 100), article.source, (article.assets ?? []).join(', ')].filter(Boolean).join(' · ')}</span></span></li>)}</ul>}</Loaded>
  </Panel>
}

function Spikes() {
  const from = useGet('/api/spikes', { limit: 12 }, { on: ['spike.*'] })
  return <Panel id="spikes" title={t.market.spikes} span="c5"><Loaded from={from} rows={6}>{(page) => page.data.length === 0 ? <Say title={t.market.noSpikes}>{t.market.noSpikesText}</Say>
    : <ul class="feed">{page.data.map((spike) => <li key={spike.id}><Time at={spike.timestamp} /><Glyph mark={spike.status === 'traded' ? 'ok' : 'watch'} />
      <span class="wrap"><b class="label">{spike.trading_pair}</b> {t.market.spike(t.market.directions[spike.direction ?? ''] ?? spike.direction ?? '', rate(spike.magnitude_percent ?? 0, 1), duration((spike.timeframe_minutes ?? 0) * 60))}
        {spike.trade_id ? <> <TradeLink id={spike.trade_id}>{t.trade.head(spike.trade_id)}</TradeLink></> : null}{spike.pnl === null || spike.pnl === undefined ? null : <> <b class={`label ${toneOf(spike.pnl)}`}>{result(spike.pnl)}</b></>}
        <span class="who"> · {t.market.status[spike.status ?? ''] ?? spike.status}{spike.agent_detected_by ? ` · ${t.market.by(spike.agent_detected_by)}` : ''}{spike.skip_reason ? ` · ${spike.skip_reason}` : ''}</span></span></li>)}</ul>}</Loaded></Panel>
}
