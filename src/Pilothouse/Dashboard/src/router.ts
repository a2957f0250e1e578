import { signal } from '@preact/signals'
import { base } from './base'

/** Where the page is, without the server's prefix: its path and its query. */
export const place = signal(read())

function read() {
  const path = location.pathname.startsWith(base) ? location.pathname.slice(base.length) : location.pathname
  return { path: path === '' ? '/' : path, query: new URLSearchParams(location.search) }
}

/** Goes to a path of the page, as '/trades?status=open'. */
export function go(path: string, replace = false) {
  history[replace ? 'replaceState' : 'pushState'](null, '', base + path)
  place.value = read()
  if (!replace) {
    scrollTo(0, 0)
    document.getElementById('content')?.focus({ preventScroll: true })
  }
}

export const href = (path: string) => base + path

addEventListener('popstate', () => { place.value = read() })

// A click on a link of this page stays in it; with a key held, or on a link elsewhere, the browser does what it does.
document.addEventListener('click', (event) => {
  const link = (event.target as Element | null)?.closest?.('a[href]')
  if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  if (link.target || link.origin !== location.origin || link.hasAttribute('data-out')) return
  const own = link.getAttribute('href') ?? ''
  if (own.startsWith('#')) {
    event.preventDefault()
    document.getElementById(own.slice(1))?.focus()
    document.getElementById(own.slice(1))?.scrollIntoView({ block: 'start' })
    return
  }
  event.preventDefault()
  go(link.pathname.slice(base.length) + link.search)
})
