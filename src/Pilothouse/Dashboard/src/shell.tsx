// What is around every page: navigation, bots, clock, the switch, the session.
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { heardAgo, isOpenReason, stateOf, useBots, useBreaker, useConsents, useOpenTrades, useReadiness } from './data'
import { clock, duration, inUtc, secondsSince, setUtc, time, utc, zoneName } from './format'
import { again, connected, heardAt, lostAt, stoppedUnseen } from './live'
import { pages, type Page } from './pages'
import { reloadAll } from './resource'
import { href } from './router'
import { secondsLeft, signedIn, signOut } from './session'
import { nextTheme, theme } from './settings'
import { t } from './texts'
import { now } from './tick'
import { Glyph, Icon, markFor } from './ui/basic'
import { waitingOf } from './ui/consent'
import { open } from './ui/dialogs'
import { MoreTab } from './ui/more'
import { SessionToast } from './ui/session-toast'

const SIDE_BOTS = 12

export function Shell({ page, title, children }: { page: Page | null; title: ComponentChildren; children: ComponentChildren }) {
  const breaker = useBreaker().data.value?.data
  const reasons = (breaker?.reasons ?? []).filter(isOpenReason)
  const isAlarm = reasons.length > 0
  const since = reasons.map((reason) => reason.since).sort()[0]
  const name = typeof title === 'string' ? title : page?.title ?? t.app
  useEffect(() => {
    const whole = `${name} · ${t.app}`
    document.title = isAlarm || stoppedUnseen.value ? t.top.titleStopped(whole) : whole
  }, [name, isAlarm, stoppedUnseen.value])
  return <>
    <a class="skip" href="#content">{t.skip}</a>
    <div class="shell">
      <Side page={page} isAlarm={isAlarm} />
      <div class="main">
        <header class={isAlarm ? 'top is-alarm' : 'top'}>
          <svg class="only-phone top-logo" aria-hidden="true"><use href="#logo" /></svg>
          <h1>{title}</h1>
          {isAlarm && since ? <a class="top-alarm" href={href('/')}><svg class="icon icon-s icon-fill" viewBox="0 0 12 12" aria-hidden="true"><use href="#g-alarm" /></svg>{t.top.tradingStopped(duration(secondsSince(since, now.value)))}</a> : null}
          <span class="spring" />
          <button class="find" type="button" aria-keyshortcuts="Control+K /" onClick={() => open({ kind: 'find' })}><Icon name="search" /><span class="find-word">{t.top.find}</span><span class="kbd">Ctrl K</span></button>
          <span class="top-clock"><time title={inUtc(now.value)}>{clock(now.value)}</time><button class="pick" type="button" aria-label={t.top.zone(zoneName())} onClick={() => setUtc(!utc.value)}>{zoneName()}</button></span>
          <button class="btn btn-stop" type="button" aria-keyshortcuts="." onClick={() => open({ kind: 'choose' })}><Icon name="stop" />{t.top.stop}</button>
        </header>
        <main class="page" id="content" tabIndex={-1}>
          {lostAt.value === null ? null : <section class="notice c12" role="status">
            <Glyph mark="watch" /><div class="say"><b>{t.lost.title(time(lostAt.value, true))}</b><p>{t.lost.text}</p></div>
            <div class="acts"><button type="button" class="btn" onClick={() => { again(); reloadAll() }}>{t.lost.now}</button></div></section>}
          {children}
        </main>
      </div>
    </div>
    <nav class="tabbar" aria-label={t.nav.pages}>{pages.filter((one) => one.isInTabs).map((one) => <a key={one.path} href={href(one.path)} aria-current={one === page ? 'page' : undefined}><Icon name={one.icon} />{one.path === '/performance' ? t.nav.results : one.title}</a>)}<MoreTab page={page} /></nav>
    <SessionToast />
  </>
}

function Side({ page, isAlarm }: { page: Page | null; isAlarm: boolean }) {
  const bots = useBots().data.value?.data
  const trades = useOpenTrades().data.value?.data
  const waiting = waitingOf(useConsents().data.value?.data ?? []).length
  const version = useReadiness().data.value?.version
  return <aside class="side">
    <a class="brand" href={href('/')} aria-label={t.app}><svg aria-hidden="true"><use href="#logo" /></svg>{t.app}</a>
    <nav class="nav" aria-label={t.nav.pages}>{pages.map((one) => <a key={one.path} href={href(one.path)} aria-current={one === page ? 'page' : undefined}><Icon name={one.icon} />{one.title}
      {one.path === '/trades' && trades && trades.length > 0 ? <span class="count">{t.nav.open(trades.length)}</span> : null}
      {one.path === '/control' && isAlarm ? <span class="count count-alarm">{t.nav.stopped}</span> : one.path === '/control' && waiting > 0 ? <span class="count">{t.consent.wait(waiting)}</span> : null}</a>)}</nav>
    <div class="side-bots">
      <div class="side-title"><h2>{t.nav.bots}</h2><span>{bots && bots.length > 0 ? t.nav.lastHeard : ''}</span></div>
      {bots?.length === 0 ? <p class="ink-3 side-none">{t.nav.none}</p> : null}
      {(bots ?? []).slice(0, SIDE_BOTS).map((bot) => {
        const state = stateOf(bot)
        const ago = heardAgo(bot)
        return <a key={bot.bot_name} href={href('/control')} class={state === 'silent' ? 'is-stale' : ''} title={bot.bot_name}><Glyph mark={markFor(state)} label={t.state[state] ?? state} /><span class="name">{bot.bot_name}</span>
          <span class="age">{state === 'paused' || state === 'stopped' || state === 'error' ? t.state[state] : ago === null ? t.dash : duration(ago)}</span></a>
      })}
    </div>
    <div class="side-foot">
      <span class="live"><Glyph mark={lostAt.value === null ? connected.value ? 'running' : 'stale' : 'watch'} /><span class={lostAt.value === null ? '' : 'watch'}>{lostAt.value !== null ? t.foot.lost : connected.value ? heardAt.value > 0 ? t.foot.heard(duration((now.value - heardAt.value) / 1000)) : t.foot.live : t.foot.connecting}</span></span>
      <span class="live"><Icon name="clock" />{signedIn.value ? <><span>{t.foot.session(duration(secondsLeft.value < 60 ? secondsLeft.value : Math.floor(secondsLeft.value / 60) * 60))}</span><button class="btn btn-s btn-quiet btn-icon" type="button" aria-label={t.foot.signOut} onClick={() => void signOut()}><Icon name="out" /></button></>
        : <><span>{t.foot.noSession}</span><button class="btn btn-s btn-quiet" type="button" onClick={() => open({ kind: 'sign-in' })}>{t.foot.signIn}</button></>}</span>
      <span class="live"><Icon name="sun" /><button type="button" class="link plain" aria-label={`${t.foot.themeSwitch}. ${t.foot.theme[theme.value]}`} onClick={nextTheme}>{t.foot.theme[theme.value]}</button><a class="ver" href={href('/about')} aria-label={`${t.about.title} ${version ?? ''}`}>{version ?? t.about.title}</a></span>
    </div>
  </aside>
}
