// The pages, in the order in which they are named at the left. A page that is not here does not exist.
import type { ComponentType } from 'preact'
import { t } from '../texts'

export interface Page { path: string; title: string; icon: string; key: string; load: () => Promise<{ default: ComponentType<{ id?: string }> }>; isInTabs?: boolean }

export const pages: Page[] = [
  { path: '/', title: t.nav.overview, icon: 'overview', key: 'o', load: () => import('./overview'), isInTabs: true },
  { path: '/trades', title: t.nav.trades, icon: 'trades', key: 't', load: () => import('./trades'), isInTabs: true },
  { path: '/signals', title: t.nav.signals, icon: 'signals', key: 's', load: () => import('./signals') },
  { path: '/performance', title: t.nav.performance, icon: 'performance', key: 'p', load: () => import('./performance'), isInTabs: true },
  { path: '/market', title: t.nav.market, icon: 'market', key: 'm', load: () => import('./market') },
  { path: '/agents', title: t.nav.agents, icon: 'agents', key: 'a', load: () => import('./agents'), isInTabs: true },
  { path: '/control', title: t.nav.control, icon: 'control', key: 'c', load: () => import('./control'), isInTabs: true },
]

/** A page that is reached from the foot of the navigation. */
export const about: Page = { path: '/about', title: t.about.title, icon: 'shield', key: '', load: () => import('./about') }
