// A chart read as a table: a switch in the head of its panel, which this browser remembers.
import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { whole } from '../format'
import { switchTable, tables } from '../settings'
import { t } from '../texts'
import { Icon } from './basic'

const STEP = 250

export const isTable = (id: string) => tables.value.has(id)

/** The switch. Its name says of which chart, because a page has several. */
export const AsTable = ({ id, name }: { id: string; name: string }) =>
  <button type="button" class="btn btn-s btn-quiet as-table" aria-pressed={isTable(id)} aria-label={t.chart.asTable(name)} title={t.chart.asTable(name)} onClick={() => switchTable(id)}>
    <Icon name="table" /><span class="as-table-word">{t.chart.table}</span></button>

interface ChartTableProps {
  id: string
  /** What the chart shows, and in which order. */
  caption: string
  heads: string[]
  count: number
  /** The cells of a row, its head first. Asked for those rows alone that are shown. */
  row: (index: number) => ComponentChildren[]
  /** How large the chart is whose place it takes: nothing jumps. */
  size?: 'price' | 'alarm' | 'low' | 'free'
  /** Which columns hold words; all others hold figures. */
  words?: number[]
}

/** The table of a chart. Of many rows the first are shown, and it says how many are left. */
export function ChartTable({ id, caption, heads, count, row, size, words = [] }: ChartTableProps) {
  const [most, setMost] = useState(STEP)
  const box = useRef<HTMLDivElement>(null)
  const shown = Math.min(most, count)
  const kind = (column: number) => column === 0 || words.includes(column) ? undefined : 'num'
  const more = () => {
    setMost(most + STEP)
    // The button goes when nothing is left: who pressed it stays at the table.
    if (most + STEP >= count) box.current?.focus({ preventScroll: true })
  }
  return <div class={`table-wrap chart-table${size ? ` chart-table-${size}` : ''}`} ref={box} tabIndex={0} role="group" aria-labelledby={`c-${id}`}>
    <table class="table table-dense"><caption id={`c-${id}`}>{caption}</caption>
      <thead><tr>{heads.map((head, column) => <th scope="col" class={kind(column)} key={head}>{head}</th>)}</tr></thead>
      <tbody>{Array.from({ length: shown }, (_, index) => <tr key={index}>{row(index).map((cell, column) => column === 0 ? <th scope="row" key={column}>{cell}</th> : <td class={kind(column)} key={column}>{cell}</td>)}</tr>)}</tbody>
    </table>
    {shown < count ? <p class="chart-left"><span>{t.chart.left(whole(shown), whole(count))}</span> <button type="button" class="link" onClick={more}>{t.open.more(Math.min(STEP, count - shown))}</button></p> : null}
  </div>
}
