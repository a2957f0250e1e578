// Writes src/api-types.d.ts from the server's OpenAPI document, for the paths that the page names: npm run types -- openapi.json [FILE]
// Descriptions and examples stay out of it: the page uses the types alone.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'

const sources = new URL('src/', import.meta.url)
const [document, file = fileURLToPath(new URL('api-types.d.ts', sources))] = process.argv.slice(2)
const whole = JSON.parse(readFileSync(document, 'utf8'))

const named = new Set(readdirSync(sources, { recursive: true })
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
  .flatMap((name) => readFileSync(new URL(name, sources), 'utf8').match(/\/(?:api|health)[\w/{}-]*/g) ?? []))

const strip = (part) => {
  if (Array.isArray(part)) return part.map(strip)
  if (part === null || typeof part !== 'object') return part
  return Object.fromEntries(Object.entries(part)
    .filter(([name, value]) => !(name.startsWith('example') || ((name === 'description' || name === 'summary') && typeof value === 'string')))
    .map(([name, value]) => [name, strip(value)]))
}

const paths = Object.fromEntries(Object.entries(strip(whole.paths)).filter(([path]) => named.has(path)))
for (const path of Object.values(paths)) {
  for (const operation of Object.values(path)) {
    // What is refused has one form, and the page reads it as such.
    for (const status of Object.keys(operation.responses ?? {})) {
      if (status >= '400') delete operation.responses[status]
      else operation.responses[status].description = ''
    }
  }
}

// Only the schemas that these paths lead to, so that a change elsewhere leaves this file as it is.
const schemas = {}
const follow = (part) => {
  for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (schemas[name]) continue
    schemas[name] = strip(whole.components.schemas[name])
    follow(schemas[name])
  }
}
follow(paths)
const sorted = Object.fromEntries(Object.keys(schemas).sort().map((name) => [name, schemas[name]]))
const made = await openapiTS({ openapi: whole.openapi, info: whole.info, paths, components: { schemas: sorted } })
writeFileSync(file, '// Generated from the OpenAPI document by types.mjs. Do not edit.\n' + astToString(made))
