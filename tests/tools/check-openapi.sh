#!/usr/bin/env bash
# Holds the served OpenAPI document to Redocly's linter, imports it as Postman does, and has Postman's own runner send the import.
# check-openapi.sh [BINARY]   by default what `dotnet build -c Release` made
set -euo pipefail
tools=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
root=$tools/../..
binary=${1:-$root/src/Pilothouse/bin/Release/net10.0/pilothouse}
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

command -v npm >/dev/null || { echo "Node.js with npm is missing; the OpenAPI tools need it. Install Node.js 22 (https://nodejs.org)." >&2; exit 1; }
if grep -q '"resolved"' "$tools/package-lock.json"; then
  echo "package-lock.json names the registry of the machine that wrote it. Write it again with: npm install --omit-lockfile-registry-resolved" >&2
  exit 1
fi
[[ $tools/node_modules/.package-lock.json -nt $tools/package-lock.json ]] || (cd "$tools" && npm ci --silent --no-audit --no-fund)

# shellcheck source=server.sh
source "$tools/server.sh"
server_start "$binary"
curl -sSf --noproxy '*' "$SERVER_URL/openapi/v1.json" -o "$SERVER_FOLDER/openapi.json"

cd "$SERVER_FOLDER"
"$tools/node_modules/.bin/redocly" lint openapi.json --format=stylish --config "$tools/redocly.yaml" >lint.log 2>&1 || { cat lint.log; echo "The OpenAPI document is not lint-clean."; exit 1; }
grep -E "^ *[0-9]+:[0-9]+ |Woohoo" lint.log || true
"$tools/node_modules/.bin/openapi2postmanv2" -s openapi.json -o postman.json -O parametersResolution=Example >/dev/null
node -e '
  const count = items => items.reduce((sum, item) => sum + (item.item ? count(item.item) : 1), 0);
  const document = JSON.parse(require("fs").readFileSync("openapi.json"));
  const operations = Object.values(document.paths).reduce((sum, path) => sum + Object.keys(path).filter(key => /^(get|post|put|patch|delete)$/.test(key)).length, 0);
  const requests = count(JSON.parse(require("fs").readFileSync("postman.json")).item);
  console.log(`OpenAPI: ${operations} operations, ${requests} of them imported into a Postman collection`);
  process.exit(requests === operations ? 0 : 1);'

# The collection revokes the key that its example names, 1, and so must not be sent with that one.
"$binary" key create --name spare --scopes read >/dev/null
key=$("$binary" key create --name collection --scopes read,write,control)
node "$tools/run-collection.js" openapi.json postman.json "$SERVER_URL" "$key"
server_stop
