// An empty database: three commands, and the page fills as the replay runs.
import { useReadiness } from '../../data'
import { base } from '../../base'
import { t } from '../../texts'
import { Glyph, Icon } from '../../ui/basic'
import { CopyButton } from '../../ui/key-dialogs'
import { Panel } from '../../ui/panel'

const KEY = 'export PILOTHOUSE_API_KEY=${PILOTHOUSE_API_KEY:-$(./.build/server/pilothouse key create \\\n    --name replay --scopes read,write --expires-in-days 30)}'

function Command({ text, label }: { text: string; label: string }) {
  return <div class="cmd"><pre tabIndex={0}><code><span class="p">$ </span>{text}</code></pre><CopyButton text={text} label={label} /></div>
}

export function Start() {
  const checks = useReadiness().data.value?.checks ?? []
  const replay = `./.build/server/pilothouse replay --server ${location.origin}${base} \\\n    --data samples/data --speed 60`
  return <div class="start">
    <header><h2>{t.start.title}</h2><p class="sub">{t.start.sub}</p></header>
    <ol class="cmds">
      <li><span class="n done"><Icon name="check" /></span><div><h3>{t.start.one} <small>{t.start.done}</small></h3><Command text="./start_mcp_server.sh start" label={t.start.one} /></div></li>
      <li><span class="n">2</span><div><h3>{t.start.two} <small>{t.start.twoNote}</small></h3><Command text={KEY} label={t.start.two} /></div></li>
      <li><span class="n">3</span><div><h3>{t.start.three} <small>{t.start.threeNote}</small></h3><Command text={replay} label={t.start.three} />
        <p class="wait"><Icon name="clock" />{t.start.wait}</p></div></li>
    </ol>
    <div class="start-foot">
      <Panel id="own" title={t.start.own} span=""><div class="panel-body"><p class="ink-2">{t.start.ownText}</p><dl class="list"><div><dt>{t.start.api}</dt><dd><a href={`${base}/docs/`} data-out>/docs</a></dd></div></dl></div></Panel>
      <Panel id="ready" title={t.start.real} span="" note={<code>{t.start.checkCommand}</code>}><div class="panel-body"><dl class="list checks">{checks.filter((check) => ['backups', 'disk', 'logs', 'database'].includes(check.name)).map((check) =>
        <div key={check.name}><dt><Glyph mark={check.state === 'ok' ? 'ok' : 'watch'} label={t.about.state[check.state] ?? check.state} /><span>{check.message}</span></dt></div>)}</dl></div></Panel>
    </div>
  </div>
}
