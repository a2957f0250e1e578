import './styles/tokens.css'
import './styles/app.css'
import './styles/page.css'
import './keys'
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { ComponentType } from 'preact'
import { follow } from './live'
import { about, pages, type Page } from './pages'
import Login from './pages/login'
import { href, place } from './router'
import { begin, closed, known, signedIn } from './session'
import { Shell } from './shell'
import { t } from './texts'
import { OpenDialog } from './ui/open-dialog'
import { Say } from './ui/panel'

const loaded = new Map<Page, ComponentType<{ id?: string }>>()

/** The page at a path, and the number in it if it has one: /trades/149. */
function find(path: string): { page: Page | null; id?: string } {
  const [, first = '', id] = path.split('/')
  const page = [...pages, about].find((one) => one.path === `/${first}`) ?? null
  return id === undefined || id === '' ? { page } : /^\d+$/.test(id) && page?.path === '/trades' ? { page, id } : { page: null }
}

function App() {
  const { page, id } = find(place.value.path)
  const [, show] = useState(0)
  useEffect(() => {
    if (page && !loaded.has(page)) void page.load().then((module) => { loaded.set(page, module.default); show((count) => count + 1) })
  }, [page])
  if (!known.value) return null
  if (closed.value && !signedIn.value) return <Login />
  const Shown = page ? loaded.get(page) : undefined
  const title = page && id ? <><a href={href(page.path)}>{page.title} /</a> {id}</> : page?.title ?? t.missing.title
  return <><Shell page={page} title={title}>
    {Shown ? <Shown {...(id === undefined ? {} : { id })} /> : page ? null : <section class="panel c12"><Say title={t.missing.title} act={<a class="btn" href={href('/')}>{t.missing.back}</a>}>{t.missing.text}</Say></section>}
  </Shell><OpenDialog page={page} /></>
}

const first = find(place.value.path).page
void Promise.all([begin(), first?.load().then((module) => loaded.set(first, module.default))]).then(() => { if (!closed.value || signedIn.value) follow() })
render(<App />, document.getElementById('app')!)
