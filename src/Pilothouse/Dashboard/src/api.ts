// Requests to the server, typed by its OpenAPI document.
import type { components, paths } from './api-types'
import { base } from './base'

export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]
type Json<Answer> = Answer extends { content: { 'application/json': infer Body } } ? Body : Answer extends { content: infer All } ? All[keyof All] : never
type Good<Operation> = Operation extends { responses: infer Answers } ? Json<Answers[(200 | 201) & keyof Answers]> : never
export type GetPath = { [Path in keyof paths]: paths[Path] extends { get: object } ? Path : never }[keyof paths]
export type Answer<Path extends GetPath> = paths[Path] extends { get: infer Operation } ? Good<Operation> : never
type PostPath = { [Path in keyof paths]: paths[Path] extends { post: object } ? Path : never }[keyof paths]
type Posted<Path extends PostPath> = paths[Path] extends { post: infer Operation } ? Good<Operation> : never
type Body<Path extends PostPath> = paths[Path] extends { post: { requestBody?: { content: { 'application/json': infer Sent } } } } ? Sent : undefined

/** The one form of every failure. */
interface ErrorBody { code: string; message: string; details: { field: string; message: string }[] }

export type Values = Record<string, string | number | boolean | undefined>

/** A refusal of the server, or that it did not answer (status 0). */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly headers: Headers, readonly details: { field: string; message: string }[] = []) {
    super(message)
  }
}

/** Called when an answer is 401; returns whether the request may be sent again. */
let onUnauthorized: () => Promise<boolean> = () => Promise.resolve(false)
export function whenUnauthorized(handler: () => Promise<boolean>) { onUnauthorized = handler }

/** Returns the path with its values in the place of {name}, and the rest as its query. */
export function address(path: string, values: Values = {}): string {
  const rest = { ...values }
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name]
    delete rest[name]
    return encodeURIComponent(String(value))
  })
  const query = new URLSearchParams(Object.entries(rest).flatMap(([name, value]) => value === undefined || value === '' ? [] : [[name, String(value)]]))
  return query.size > 0 ? `${filled}?${query}` : filled
}

async function send(method: string, url: string, body: unknown, mayRepeat: boolean): Promise<unknown> {
  let answer: Response
  try {
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    answer = await fetch(base + url, { method, credentials: 'same-origin', headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  } catch {
    throw new Refused(0, 'no-answer', '', new Headers())
  }
  if (answer.status === 401 && mayRepeat && await onUnauthorized()) return send(method, url, body, false)
  const text = await answer.text()
  let json: unknown
  try {
    json = text === '' ? undefined : JSON.parse(text)
  } catch {
    json = undefined
  }
  if (answer.ok) return json
  const error = json as Partial<ErrorBody> | undefined
  throw new Refused(answer.status, error?.code ?? 'unknown', error?.message ?? answer.statusText, answer.headers, error?.details ?? [])
}

export const get = <Path extends GetPath>(path: Path, values?: Values) => send('GET', address(path, values), undefined, true) as Promise<Answer<Path>>
export const post = <Path extends PostPath>(path: Path, body?: Body<Path>, values?: Values) =>
  send('POST', address(path, values), body, !path.startsWith('/api/auth/')) as Promise<Posted<Path>>
export const remove = (path: string, values?: Values) => send('DELETE', address(path, values), undefined, true)
