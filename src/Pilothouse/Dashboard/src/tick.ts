import { signal } from '@preact/signals'

/** The time in milliseconds since 1970, each second while the page is seen. */
export const now = signal(Date.now())
setInterval(() => { if (!document.hidden) now.value = Date.now() }, 1_000)
document.addEventListener('visibilitychange', () => { if (!document.hidden) now.value = Date.now() })
