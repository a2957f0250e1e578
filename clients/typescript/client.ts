// A client of Pilothouse. Paths, bodies and answers have the types of the server's own document (npm run generate).
import createClient, { type Client, type Middleware } from 'openapi-fetch'
import type { paths } from './pilothouse.js'

export interface Refusal {
  success: false
  error: string
  message: string
  code: string
  details?: { field: string; message: string }[]
}

/** What the server refused: `code` never changes, `message` is for people. */
export class PilothouseError extends Error {
  constructor(readonly status: number, readonly refusal: Refusal, readonly requestId: string | null) {
    super(`${refusal.message} (${refusal.code}, status ${status})`)
  }
}

const waitFor = (response: Response): number | null => {
  if (![429, 502, 503, 504, 507].includes(response.status)) return null
  return Number(response.headers.get('Retry-After') ?? 1)
}

/**
 * Returns a client that sends the API key, gives each POST an Idempotency-Key, and sends it again, under the same key, where the server
 * asks to wait or does not answer. It gives up after `patience` seconds.
 */
export const connect = (baseUrl: string, apiKey: string, patience = 60): Client<paths> => {
  const send = async (request: Request): Promise<Response> => {
    const end = Date.now() + patience * 1000
    for (let pause = 0.2; ; pause = Math.min(pause * 2, 10)) {
      let wait: number | null
      try {
        const response = await fetch(request.clone())
        wait = waitFor(response)
        if (wait === null || Date.now() + wait * 1000 > end) return response
      } catch (error) {
        wait = pause
        if (Date.now() + wait * 1000 > end) throw error
      }
      await new Promise((done) => setTimeout(done, wait * 1000))
    }
  }
  const headers: Middleware = {
    onRequest({ request }) {
      request.headers.set('Authorization', `Bearer ${apiKey}`)
      if (request.method === 'POST' && !request.headers.has('Idempotency-Key')) request.headers.set('Idempotency-Key', crypto.randomUUID())
      return request
    },
    async onResponse({ response }) {
      if (!response.ok) throw new PilothouseError(response.status, (await response.json()) as Refusal, response.headers.get('X-Request-Id'))
    },
  }
  const client = createClient<paths>({ baseUrl, fetch: send })
  client.use(headers)
  return client
}
