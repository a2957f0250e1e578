// Find or do: pages, bots, trades by number, and everything that a key or button does.
import { useMemo, useState } from 'preact/hooks'
import { useBots } from '../data'
import { setUtc, utc } from '../format'
import { about, pages } from '../pages'
import { go } from '../router'
import { signedIn, signOut } from '../session'
import { letters, nextTheme, signs } from '../settings'
import { t } from '../texts'
import { Icon } from './basic'
import { Frame } from './dialog'
import { close, leave, open, type Asked } from './dialogs'

interface Item { label: string; icon: string; group: string; run: () => void }

export function Find() {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const bots = useBots().data.value?.data
  const items = useMemo<Item[]>(() => {
    const ask = (asked: Asked) => () => open(asked)
    const then = (run: () => void) => () => { close(); run() }
    const lead = (path: string) => () => { leave(); go(path) }
    return [
      ...[...pages, about].map((page) => ({ label: page.title, icon: page.icon, group: t.find.pages, run: lead(page.path) })),
      ...(bots ?? []).flatMap((bot) => [
        { label: t.find.pause(bot.bot_name), icon: 'pause', group: t.find.bots, run: ask({ kind: 'pause', bot: bot.bot_name }) },
        { label: t.find.resume(bot.bot_name), icon: 'play', group: t.find.bots, run: ask({ kind: 'resume', bot: bot.bot_name }) },
        { label: t.find.stop(bot.bot_name), icon: 'stop', group: t.find.bots, run: ask({ kind: 'stop', bot: bot.bot_name }) },
      ]),
      { label: t.bots.pauseAll, icon: 'pause', group: t.find.actions, run: ask({ kind: 'pause', bot: '*' }) },
      { label: t.breaker.stopAll, icon: 'bar', group: t.find.actions, run: ask({ kind: 'trigger' }) },
      { label: t.bots.emergency, icon: 'flag', group: t.find.actions, run: ask({ kind: 'emergency', bot: '*' }) },
      { label: t.find.theme, icon: 'sun', group: t.find.actions, run: then(nextTheme) },
      { label: t.find.colours, icon: 'eye', group: t.find.actions, run: then(() => { signs.value = !signs.value }) },
      { label: t.find.zone, icon: 'clock', group: t.find.actions, run: then(() => setUtc(!utc.value)) },
      { label: t.find.keys, icon: 'key', group: t.find.actions, run: ask({ kind: 'help' }) },
      signedIn.value ? { label: t.find.out, icon: 'out', group: t.find.actions, run: then(() => void signOut()) } : { label: t.find.in, icon: 'key', group: t.find.actions, run: ask({ kind: 'sign-in' }) },
    ]
  }, [bots, signedIn.value])
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const found = [...(/^#?\d+$/.test(text.trim()) && pages.some((page) => page.path === '/trades') ? [{ label: t.find.trade(text.trim().replace('#', '')), icon: 'trades', group: t.find.open, run: () => { leave(); go(`/trades/${text.trim().replace('#', '')}`) } }] : []),
    ...items.filter((item) => words.every((word) => item.label.toLowerCase().includes(word)))].slice(0, 60)
  const chosen = Math.min(at, found.length - 1)
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0 && found.length > 0) {
      event.preventDefault()
      const next = (chosen + step + found.length) % found.length
      setAt(next)
      document.getElementById(`find-${next}`)?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') {
      event.preventDefault()
      found[chosen]?.run()
    }
  }
  return <Frame title={t.find.title} foot={<button type="button" class="btn btn-l" onClick={close}>{t.dialog.close}</button>}>
    <div class="field"><label class="sr" for="find">{t.find.title}</label>
      <input class="input" id="find" data-first role="combobox" aria-expanded="true" aria-controls="found" aria-activedescendant={found.length > 0 ? `find-${chosen}` : undefined} placeholder={t.find.hint} autocomplete="off" spellcheck={false} value={text}
        onInput={(event) => { setText(event.currentTarget.value); setAt(0) }} onKeyDown={onKey} /></div>
    <div class="menu found" role="listbox" id="found" aria-label={t.find.title}>{found.length === 0 ? <p class="ink-3" role="option" aria-selected="false">{t.find.none}</p>
      : found.map((item, index) => <div role="option" id={`find-${index}`} key={item.group + item.label} aria-selected={index === chosen} class={`menu-row${index === chosen ? ' is-chosen' : ''}`} onClick={item.run} onMouseMove={() => setAt(index)}>
        <Icon name={item.icon} /><span>{item.label}</span><small class="ink-3">{item.group}</small></div>)}</div>
  </Frame>
}

export function Help() {
  return <Frame title={t.help.title} foot={<button type="button" class="btn btn-l btn-primary" onClick={close}>{t.dialog.close}</button>}>
    <dl class="list keys">{t.help.rows.map(([key, does]) => <div key={key}><dt>{key.split(', ').map((one) => <><span class="kbd" key={one}>{one}</span> </>)}</dt><dd>{does}</dd></div>)}</dl>
    <label class="check"><input type="checkbox" checked={letters.value} onChange={(event) => { letters.value = event.currentTarget.checked }} />{t.help.on}</label>
  </Frame>
}
