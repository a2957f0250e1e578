/** The prefix of the path under which the server is reached, without a slash at its end: '' or '/pilothouse'. */
export const base = document.querySelector<HTMLMetaElement>('meta[name=pilothouse-base]')?.content ?? ''
