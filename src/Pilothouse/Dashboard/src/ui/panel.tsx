// A panel with its five states: loading, empty, failed, cut off, full.
import type { ComponentChildren } from 'preact'
import type { Refused } from '../api'
import { clock } from '../format'
import { lostAt } from '../live'
import type { Resource } from '../resource'
import { t } from '../texts'
import { Glyph } from './basic'
import { open } from './dialogs'

interface PanelProps { title: string; id: string; span?: string; note?: ComponentChildren; end?: ComponentChildren; children: ComponentChildren; foot?: ComponentChildren }

export const Panel = ({ title, id, span = 'c12', note, end, children, foot }: PanelProps) =>
  <section class={`panel ${span}${lostAt.value === null ? '' : ' is-old'}`} aria-labelledby={`h-${id}`} id={id}>
    <div class="panel-head"><h2 class="panel-title" id={`h-${id}`}>{title}</h2>{note ? <span class="panel-note">{note}</span> : null}
      {lostAt.value === null ? null : <span class="state watch small"><Glyph mark="watch" />{t.panel.asOf(clock(lostAt.value))}</span>}
      {end ? <span class="end">{end}</span> : null}</div>
    {children}
    {foot ? <div class="panel-foot">{foot}</div> : null}
  </section>

export const Say = ({ title, children, act }: { title: string; children?: ComponentChildren; act?: ComponentChildren }) =>
  <div class="panel-say"><b>{title}</b>{children ? <p>{children}</p> : null}{act}</div>

export const Skeleton = ({ rows = 4 }: { rows?: number }) =>
  <div class="panel-say" role="status" aria-label={t.panel.loading}>{Array.from({ length: rows }, (_, row) => <span key={row} class={`skeleton w${5 - (row % 3)}`} />)}</div>

export const Failed = ({ error, retry }: { error: Refused; retry: () => void }) =>
  error.status === 401 || error.status === 403
    ? <Say title={t.panel.needsPin} act={<button type="button" class="btn" onClick={() => open({ kind: 'sign-in' })}>{t.panel.signIn}</button>} />
    : <Say title={t.panel.failed} act={<button type="button" class="btn" onClick={retry}>{t.panel.tryNow}</button>}>
        {error.status === 0 ? t.panel.noAnswer : t.panel.code(error.status, error.message)} {t.panel.again}
      </Say>

/** Shows what was loaded; a failure only where there is nothing to show. */
export function Loaded<T>({ from, rows, children }: { from: Resource<T>; rows?: number; children: (data: T) => ComponentChildren }) {
  const data = from.data.value
  const error = from.error.value
  if (data !== undefined && !(error && (error.status === 401 || error.status === 403))) return <>{children(data)}</>
  return error ? <Failed error={error} retry={from.reload} /> : <Skeleton {...(rows === undefined ? {} : { rows })} />
}
