import { signal } from '@preact/signals'

/** Over which time figures are shown: daily, weekly, monthly (the last 24 hours, 7 and 30 days) or all. */
export const period = signal('all')
