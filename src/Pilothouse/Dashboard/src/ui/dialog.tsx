// The frame of every dialog: focus goes in, stays inside, and returns; Esc goes back.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../texts'
import { Glyph, Icon } from './basic'
import { close } from './dialogs'

interface FrameProps { title: string; text?: ComponentChildren; step?: 'look' | 'answers'; children?: ComponentChildren; foot: ComponentChildren; say?: ComponentChildren; alert?: boolean }

export function Frame({ title, text, step, children, foot, say, alert = false }: FrameProps) {
  const box = useRef<HTMLDivElement>(null)
  // Before the reader sees it: a key that follows at once is the dialog's already.
  useLayoutEffect(() => {
    const first = box.current?.querySelector<HTMLElement>('[data-first], input:not([disabled]), textarea, .dialog-foot .btn')
    first?.focus()
    const overflow = document.documentElement.classList
    overflow.add('has-dialog')
    return () => overflow.remove('has-dialog')
  }, [title])
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      close()
    }
    if (event.key !== 'Tab') return
    const inside = [...box.current!.querySelectorAll<HTMLElement>('a[href], button:not([disabled]), input:not([disabled]), textarea, select, [tabindex="0"]')].filter((one) => one.tabIndex >= 0)
    const [first, last] = [inside[0], inside.at(-1)]
    if (!box.current!.contains(document.activeElement)) { event.preventDefault(); first?.focus() }
    else if (event.shiftKey && document.activeElement === first) { event.preventDefault(); last?.focus() }
    else if (!event.shiftKey && document.activeElement === last) { event.preventDefault(); first?.focus() }
  }

  // The whole document's: a press on the dialog's text takes the focus out of it, and Esc must go back all the same.
  useLayoutEffect(() => {
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return <div class="scrim" onMouseDown={(event) => { if (event.target === event.currentTarget) close() }}>
    <div class="dialog" ref={box} role={alert ? 'alertdialog' : 'dialog'} aria-modal="true" aria-labelledby="d-h" aria-describedby={text ? 'd-p' : undefined}>
      <div class="dialog-head">
        {step ? <ol class="progress">
          <li aria-current={step === 'look' ? 'step' : undefined}>{step === 'answers' ? <Glyph mark="ok" /> : null}{t.dialog.look}</li>
          <li aria-current={step === 'answers' ? 'step' : undefined}><Icon name="right" small />{t.dialog.answers}</li>
        </ol> : null}
        <h2 id="d-h">{title}</h2>
        {text ? <p id="d-p">{text}</p> : null}
      </div>
      {children ? <div class="dialog-body">{children}</div> : null}
      <div class="dialog-foot">{say ? <span class="say">{say}</span> : null}{foot}</div>
    </div>
  </div>
}

export const Field = ({ id, label, hint, error, children }: { id: string; label: ComponentChildren; hint?: string; error?: string | undefined; children: ComponentChildren }) =>
  <div class="field"><label for={id}>{label}</label>{children}
    {error ? <span class="state alarm small" role="alert" id={`${id}-e`}><Glyph mark="error" />{error}</span> : hint ? <span class="hint">{hint}</span> : null}</div>
