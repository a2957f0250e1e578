import { useReadiness } from '../data'
import { letters, nextTheme, signs, theme } from '../settings'
import { t } from '../texts'
import { Glyph, type Mark } from '../ui/basic'
import { Loaded, Panel } from '../ui/panel'

export default function About() {
  const ready = useReadiness()
  const marks: Record<string, Mark> = { ok: 'ok', warning: 'watch', failed: 'alarm' }
  return <>
    <Panel id="server" title={t.about.checks} span="c7" note={ready.data.value ? `${t.about.version} ${ready.data.value.version}` : null}>
      <Loaded from={ready}>{(data) => <div class="panel-body"><dl class="list checks">{data.checks.map((check) => <div key={check.name}><dt><Glyph mark={marks[check.state] ?? 'watch'} label={t.about.state[check.state] ?? check.state} /><span class="wrap">{check.message}</span></dt></div>)}</dl></div>}</Loaded>
    </Panel>
    <div class="stack c5">
      <Panel id="browser" title={t.about.settings} span=""><div class="panel-body row wrap-row">
        <button type="button" class="btn" onClick={nextTheme}>{t.foot.theme[theme.value]}</button>
        <button type="button" class="btn" aria-pressed={signs.value} onClick={() => { signs.value = !signs.value }}>{signs.value ? t.foot.signs.blueOrange : t.foot.signs.usual}</button>
        <button type="button" class="btn" aria-pressed={letters.value} onClick={() => { letters.value = !letters.value }}>{t.about.letters}: {letters.value ? t.about.lettersOn : t.about.lettersOff}</button></div></Panel>
      <Panel id="licences" title={t.about.licence} span=""><div class="panel-body"><p class="ink-2">{t.about.text}</p><p class="ink-2">{t.about.charts}</p></div></Panel>
    </div>
  </>
}
