// Packs what Vite made, so that the server sends it as it is: FILE.br beside each file that gets smaller.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const LARGEST_SCRIPT = 200_000
const folder = process.env.DASHBOARD_OUT ?? '../obj/dashboard/page'
let script = 0
for (const name of readdirSync(folder, { recursive: true })) {
  const path = join(folder, name)
  if (!statSync(path).isFile() || name === 'index.html') continue
  const plain = readFileSync(path)
  const packed = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } })
  if (name.endsWith('.js')) script += packed.length
  if (packed.length >= plain.length * 0.97) continue
  writeFileSync(path + '.br', packed)
  rmSync(path)
}
console.log(`The page has ${script.toLocaleString('en')} bytes of script, compressed.`)
if (script > LARGEST_SCRIPT) {
  console.error(`More than ${LARGEST_SCRIPT.toLocaleString('en')} bytes of script are too many.`)
  process.exit(1)
}
