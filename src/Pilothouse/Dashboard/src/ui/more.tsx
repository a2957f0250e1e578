// What the bar at the foot of a phone has no room for: the other pages, and what the foot of the navigation holds on wider screens.
import { setUtc, utc, zoneName } from '../format'
import { about, pages, type Page } from '../pages'
import { href } from '../router'
import { signedIn, signOut } from '../session'
import { nextTheme, theme } from '../settings'
import { t } from '../texts'
import { Icon } from './basic'
import { Frame } from './dialog'
import { asked, close, leave, open } from './dialogs'

const rest = [...pages.filter((page) => !page.isInTabs), about]

/** The last entry of the bar. It is marked while a page is shown that it leads to. */
export function MoreTab({ page }: { page: Page | null }) {
  return <button type="button" aria-haspopup="dialog" aria-expanded={asked.value?.kind === 'more'} aria-current={page && rest.includes(page) ? 'true' : undefined} onClick={() => open({ kind: 'more' })}>
    <Icon name="more" />{t.nav.more}</button>
}

export function More({ page }: { page: Page | null }) {
  return <Frame title={t.nav.more} foot={<button type="button" class="btn btn-l" onClick={close}>{t.dialog.close}</button>}>
    <nav class="menu" aria-label={t.nav.otherPages}>{rest.map((one, index) => <a key={one.path} class={`menu-row${one === page ? ' is-chosen' : ''}`} href={href(one.path)} aria-current={one === page ? 'page' : undefined} onClick={leave} {...(index === 0 ? { 'data-first': true } : {})}>
      <Icon name={one.icon} /><span><b>{one.title}</b></span></a>)}</nav>
    <div class="menu" role="group" aria-label={t.about.settings}>
      <button type="button" class="menu-row" aria-label={`${t.foot.themeSwitch}. ${t.foot.theme[theme.value]}`} onClick={nextTheme}><Icon name="sun" /><span>{t.foot.theme[theme.value]}</span></button>
      <button type="button" class="menu-row" aria-label={t.top.zone(zoneName())} onClick={() => setUtc(!utc.value)}><Icon name="clock" /><span>{t.nav.zone(zoneName())}</span></button>
      {signedIn.value ? <button type="button" class="menu-row" onClick={() => { close(); void signOut() }}><Icon name="out" /><span>{t.foot.signOut}</span></button>
        : <button type="button" class="menu-row" onClick={() => open({ kind: 'sign-in' })}><Icon name="key" /><span>{t.find.in}</span></button>}
    </div>
  </Frame>
}
