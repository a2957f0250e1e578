#!/usr/bin/env bash
# Starts, stops and looks at the server of this folder. `./start_mcp_server.sh help` lists the commands.
# State is kept in .run/: server.pid (process id, time of start) and server.out (what the server said before its log was open).
set -uo pipefail
export LC_ALL=C
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" || exit 1

RUN=.run
PID_FILE=$RUN/server.pid
OUT_FILE=$RUN/server.out
BUILT=.build/server
START_SECONDS=30
STOP_SECONDS=15
ME=./start_mcp_server.sh

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# --- settings: as the server reads them, the environment before .env -------------------------------------------------

# The last line of .env that sets a name wins; quotes, `export` and comments are understood.
from_env_file() {
  local line value=''
  [[ -r .env ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    [[ ${line%$'\r'} =~ ^[[:space:]]*(export[[:space:]]+)?"$1"[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
    value=${BASH_REMATCH[2]}
    if [[ $value =~ ^\"([^\"]*)\" || $value =~ ^\'([^\']*)\' ]]; then
      value=${BASH_REMATCH[1]}
    elif [[ $value == '#'* ]]; then
      value=''
    else
      value=${value%%[[:space:]]#*}
      value=${value%"${value##*[![:space:]]}"}
    fi
  done <.env
  printf '%s' "$value"
}

# is_on NAME DEFAULT: whether the setting is true.
is_on() {
  case $(setting "$1" "$2") in [Tt][Rr][Uu][Ee] | 1 | [Yy][Ee][Ss] | [Oo][Nn]) return 0 ;; *) return 1 ;; esac
}

# setting NAME DEFAULT
setting() {
  local value
  if [[ -v $1 ]]; then value=${!1}; else value=$(from_env_file "$1"); fi
  printf '%s' "${value:-$2}"
}

read_settings() {
  PORT=$(setting MCP_SERVER_PORT 3000)
  HOST=$(setting MCP_SERVER_HOST 127.0.0.1)
  LOGS=$(setting LOG_DIR logs)
  ASK=$HOST
  case $HOST in
    0.0.0.0 | '*') ASK=127.0.0.1 ;;
    :: | '[::]') ASK='[::1]' ;;
    *:*) ASK="[${HOST//[\[\]]/}]" ;;
  esac
  URL=http://$ASK:$PORT
  SAFE_URL='' FORCE=no
  [[ -z $(setting TLS_CERT_FILE '') ]] || SAFE_URL=https://$ASK:$(setting HTTPS_PORT 3443)
  if is_on FORCE_HTTPS false; then FORCE=yes; fi
}

# --- the process -----------------------------------------------------------------------------------------------------

# Sets PID and STARTED if the pid file names a running server of this folder. A process id is used again after its process has
# ended, so the command line and the working directory are looked at too.
find_server() {
  PID='' STARTED=0
  [[ -r $PID_FILE ]] || return 1
  { read -r PID; read -r STARTED; } <"$PID_FILE"
  [[ $PID =~ ^[0-9]+$ && $STARTED =~ ^[0-9]+$ ]] && is_ours "$PID" && return 0
  PID=''
  return 1
}

is_ours() {
  local command folder
  kill -0 "$1" 2>/dev/null || return 1
  if [[ -r /proc/$1/cmdline ]]; then
    command=$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline")
    folder=$(readlink "/proc/$1/cwd" 2>/dev/null)
    [[ -z $folder || $folder == "$(pwd -P)" ]] || return 1
  else
    command=$(ps -p "$1" -o args= 2>/dev/null)
  fi
  [[ ${command%"${command##*[![:space:]]}"} == *' serve' ]]
}

remove_stale_pid_file() {
  [[ -e $PID_FILE ]] || return 0
  say "Removed $PID_FILE: the server that it named has ended."
  rm -f "$PID_FILE"
}

port_is_taken() { (exec 3<>"/dev/tcp/${ASK//[\[\]]/}/$PORT") 2>/dev/null; }

# The status of /health, or 000 where nobody answers.
health() { curl -s -o /dev/null -m 2 -w '%{http_code}' --noproxy '*' "$URL/health" 2>/dev/null; }

need_curl() { command -v curl >/dev/null || fail "curl is missing, and this command needs it. Install it (Debian: apt-get install curl)."; }

# --- the program -----------------------------------------------------------------------------------------------------

newer_source() { find src docs/api.md docs/metrics.md Directory.*.props global.json -type f -newer "$1" -not -path '*/bin/*' -not -path '*/obj/*' -not -path '*/node_modules/*' -print -quit 2>/dev/null; }

# find_binary [any-age]: sets BINARY and builds it where that is needed. Any age: never build over a program that runs.
find_binary() {
  if [[ -n ${PILOTHOUSE_BINARY:-} ]]; then
    BINARY=$(readlink -f -- "$PILOTHOUSE_BINARY")
    [[ -x $BINARY ]] || fail "PILOTHOUSE_BINARY=$PILOTHOUSE_BINARY is not a program. Name the pilothouse binary, or unset it to build from the sources."
  elif [[ -x dist/pilothouse ]]; then
    BINARY=$PWD/dist/pilothouse
    [[ -z $(newer_source dist/pilothouse) ]] || say "Note: dist/pilothouse is older than the sources. Delete it to run a build of them." >&2
  else
    BINARY=$PWD/$BUILT/pilothouse
    [[ -x $BINARY && ${1:-} == any-age ]] || [[ -x $BINARY && -e $BUILT/.stamp && -z $(newer_source "$BUILT/.stamp") ]] || build
  fi
}

build() {
  command -v dotnet >/dev/null ||
    fail "The .NET 10 SDK is missing. Install it from https://dotnet.microsoft.com/download/dotnet/10.0 and start again."
  dotnet --version >/dev/null 2>&1 ||
    fail "The .NET SDK here is too old ($(dotnet --list-sdks 2>/dev/null | sed 's/ .*//' | paste -sd' ' | sed 's/^$/none found/')); SDK 10.0.100 or newer is needed. Install it from https://dotnet.microsoft.com/download/dotnet/10.0 and start again."
  say "Building the server (one to two minutes on two cores; it is done once, and again after a change of the sources) ..." >&2
  local began=$SECONDS
  mkdir -p "$BUILT" && touch "$BUILT/.building"
  # Without the analyzers, which take two thirds of the time: ./test.sh runs them. Without the servers that a build leaves running for the
  # next one: they would hold what this shell had open when they began.
  if ! MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 dotnet publish src/Pilothouse -c Release -o "$BUILT" \
    -p:UseSharedCompilation=false -p:RunAnalyzers=false -nodeReuse:false --nologo -v quiet >"$RUN/build.log" 2>&1 </dev/null; then
    tail -n 20 "$RUN/build.log" >&2
    fail "The build failed; all that it said is in $RUN/build.log."
  fi
  mv "$BUILT/.building" "$BUILT/.stamp"
  say "Built in $((SECONDS - began)) seconds." >&2
}

# --- commands --------------------------------------------------------------------------------------------------------

start() {
  need_curl
  if find_server; then
    find_address
    say "The server runs already (process $PID) on $URL."
    return 0
  fi
  remove_stale_pid_file
  if port_is_taken; then
    fail "Another program listens on port $PORT. Stop it (ss -ltnp 'sport = :$PORT' shows it), or set MCP_SERVER_PORT to another port in .env."
  fi
  find_binary
  local had_pin until now
  had_pin=$(setting BOT_CONTROL_PIN '')
  (umask 077 && : >"$OUT_FILE")

  (launch) >>"$OUT_FILE" 2>&1 </dev/null &
  PID=$!
  printf '%s\n%s\n' "$PID" "$(date +%s)" >"$PID_FILE"

  until=$((SECONDS + START_SECONDS))
  while :; do
    now=$(health)
    if ! kill -0 "$PID" 2>/dev/null; then
      rm -f "$PID_FILE"
      grep -v '^nohup:' "$OUT_FILE" >&2
      fail "The server did not start; the reason stands above and, if it had got that far, in $LOGS/mcp_server_error.log."
    fi
    [[ $now == 200 ]] && break
    ((SECONDS < until)) || fail "The server (process $PID) runs, but $URL/health has not answered well within $START_SECONDS seconds (status $now). \`$ME logs\` shows what it does, \`$ME stop\` ends it."
    sleep 0.1
  done

  say "Pilothouse runs (process $PID)."
  say "  address   $URL"
  [[ -z $SAFE_URL ]] || say "  HTTPS     $SAFE_URL"
  say "  dashboard ${SAFE_URL:-$URL}/"
  say "  API docs  ${SAFE_URL:-$URL}/docs"
  [[ -n $had_pin ]] || tell_pin
}

# Becomes the server, which lives on: without a file that whoever called this script had open, a lock of his own perhaps.
launch() {
  local open number
  for open in /proc/self/fd/* /dev/fd/*; do
    number=${open##*/}
    if [[ $number =~ ^[0-9]+$ ]] && ((number > 2)); then exec {number}>&-; fi
  done
  if command -v setsid >/dev/null; then exec setsid nohup "$BINARY" serve; fi
  exec nohup "$BINARY" serve
}

# A log or a pipe keeps what it gets: only a person's terminal is shown the PIN.
tell_pin() {
  if [[ -t 1 ]]; then
    say "  PIN       $(from_env_file BOT_CONTROL_PIN)  (shown once; it is BOT_CONTROL_PIN in $PWD/.env)"
  else
    say "  PIN       made now: it is BOT_CONTROL_PIN in $PWD/.env"
  fi
}

stop() {
  if ! find_server; then
    remove_stale_pid_file
    say "The server is not running."
    return 0
  fi
  kill -TERM "$PID" 2>/dev/null
  local until=$((SECONDS + STOP_SECONDS))
  while is_ours "$PID"; do
    ((SECONDS < until)) || fail "The server (process $PID) has not ended within $STOP_SECONDS seconds. Look at \`$ME logs\`; if it hangs, kill -9 $PID ends it, and what was acknowledged is on disk."
    sleep 0.1
  done
  rm -f "$PID_FILE"
  say "The server has stopped."
}

# Where the running server says that it listens: .env may have been changed since its start.
find_address() {
  local claim process='' addresses=''
  if [[ -n $(setting DATABASE_URL '') ]]; then claim=$LOGS/pilothouse.server; else claim=$(readlink -m -- "$(setting DATABASE_PATH trading_bot.db)").server; fi
  [[ -r $claim ]] && { read -r process; read -r addresses; } <"$claim"
  [[ $process == "$PID" && -n $addresses ]] || return 0
  URL=${addresses%% *}
  URL=${URL/0.0.0.0/127.0.0.1}
  URL=${URL/'[::]'/'[::1]'}
}

status() {
  if ! find_server; then
    say "The server is not running."
    return 3
  fi
  local seconds=$(($(date +%s) - STARTED)) answer
  printf -v up '%dd %02d:%02d:%02d' $((seconds / 86400)) $((seconds / 3600 % 24)) $((seconds / 60 % 60)) $((seconds % 60))
  find_address
  answer=$(curl -sk -m 5 --noproxy '*' "$URL/health" 2>/dev/null)
  say "The server runs."
  say "  process  $PID"
  say "  up       $up"
  say "  address  $URL${SAFE_URL:+ and $SAFE_URL}"
  say "  health   ${answer:-no answer}"
}

# follow NAME LINES
follow() {
  [[ -s $LOGS/$1 ]] || say "$LOGS/$1 is empty; waiting for its first line (Ctrl+C ends)." >&2
  exec tail -n "$2" -F -- "$LOGS/$1" 2>/dev/null
}

# --- test: every endpoint once. Reads, writes that must be refused (nothing is stored), and calls without a credential. ---

FAILED=0 CHECKED=0 KEY='' KEY_ID='' TOKEN=''

test_endpoints() {
  need_curl
  if find_server; then find_address; fi
  [[ $(health) != 000 ]] || fail "No server answers on $URL. Start it with $ME start."

  # Before a key is made and sent there.
  [[ $(curl -s -m 5 --noproxy '*' "$URL/health" 2>/dev/null) == *'"service":"MCP Server"'* ]] ||
    fail "Another program answers on $URL, not Pilothouse. Stop it (ss -ltnp 'sport = :$PORT' shows it), or set MCP_SERVER_PORT."
  choose_way
  find_binary any-age
  make_key
  trap revoke_key EXIT
  trap 'exit 130' INT TERM
  header

  check GET /health none 200
  check HEAD /health none 200
  check GET /health/live none 200
  check GET /health/ready none 200
  check GET /openapi/v1.json none 200
  check GET /docs none 200
  if is_on MCP_ENABLED true; then
    check POST /mcp none 415
    check GET /.well-known/oauth-protected-resource none 200
  else
    check POST /mcp none 404-none
    check GET /.well-known/oauth-protected-resource none 404-none
  fi
  check GET '/api/events/recent?limit=1' key 200
  check GET /metrics key 200
  check_login
  check GET /api/auth/check key 200
  check GET /api/bot-status key '200 404'
  check GET '/api/bot-status/history?limit=1' key 200
  check GET /api/bots key 200
  check GET /api/bots/none key 404
  check GET /api/bots/none/control key 200
  check POST /api/bots/none/control key 403 '{"state":"paused"}'
  check POST /api/bots/none/control/heard key 400 '{"control_seq":0}'
  check GET /api/signals key 200
  check GET '/api/signals?limit=1&signal_type=BUY' key 200
  check GET '/api/signals?limit=abc' key 400
  check GET /api/signals/latest key '200 404'
  check GET /api/trades key 200
  check GET '/api/trades?status=closed&limit=1' key 200
  check GET /api/trades/open key 200
  check GET /api/trades/0 key 404
  check GET /api/performance key 200
  check GET '/api/performance?period=weekly' key 200
  for path in equity daily by distribution; do
    check GET "/api/performance/$path" key 200
    check GET "/api/performance/$path?period=weekly" key 200
  done
  check GET '/api/performance/by?by=hour' key 200
  check GET '/api/performance/history?period=daily' key 200
  check GET '/api/performance/by?by=colour' key 400
  check GET /api/signals/0 key 404
  check GET /api/models key 200
  check GET /api/models/0 key 404
  check GET '/api/models/best?by=sqn&min_n=1' key 200
  check GET '/api/performance/signals?by=model' key 200
  check GET '/api/performance/signals?by=colour' key 400
  check GET /api/cash-flows key 200
  check GET /api/market-context key '200 404'
  check GET '/api/market-context/history?hours=24&limit=5' key 200
  check GET /api/analysis key 200
  check GET /api/analysis/latest key '200 404'
  check GET '/api/correlation?asset1=BTC&asset2=ETH' key 200
  check GET /api/cost-analytics key 200
  check GET '/api/cost-analytics/records?limit=1' key 200
  check GET '/api/cost-analytics/summary?by=model' key 200
  check GET '/api/model-prices?limit=1' key 200
  check GET /api/cost-budgets key 200
  check GET /api/consents key 200
  check GET /api/consents/0 key 404
  check GET '/api/events?types=nothing' key 400
  check GET '/api/candles?trading_pair=BTC/USDT&timeframe=1m&limit=1' key 200
  check GET /api/candles key 400
  check GET /api/correlation/matrix key 200
  check POST /api/correlation/compute none 401 '{}'
  check GET '/api/spikes?limit=1' key 200
  check GET /api/spikes/detectors key 200
  check GET /api/spikes/0 key 404
  check GET '/api/news?limit=1' key 200
  check GET /api/news/sentiment key 200
  check GET /api/prices key 200
  check GET /api/why/trades/0 key 404
  check GET '/api/why/trades?limit=1' key 200
  check GET '/api/agents/decisions?limit=1' key 200
  check GET /api/agents/decisions/0 key 404
  check GET /api/agents key 200
  check GET '/api/agents/performance?period=daily' key 200
  check GET /api/circuit-breaker key 200
  check GET '/api/circuit-breaker/events?limit=1' key 200
  check GET '/api/circuit-breaker/refusals?limit=1' key 200
  for path in bot-status signals models trades market-context analysis correlation cost-analytics model-prices candles cash-flows news spikes agents/decisions agents/performance; do
    check POST "/api/$path" key 400 '{}'
    check POST "/api/$path" none 401 '{}'
    check POST "/api/$path/batch" key 400 '{"items":[{}]}'
  done
  check POST /api/signals key 400 '{"trading_pair":'
  check PATCH /api/trades/0 key 404 '{"stop_loss":1}'
  check PATCH /api/signals/0 key 404 '{"status":"executed"}'
  check PATCH /api/spikes/0 key 404 '{"status":"analyzed"}'
  check PATCH /api/agents/decisions/0 key 404 '{"trade_id":1}'
  check POST /api/trades/0/close key 404 '{"exit_price":1}'
  check GET /api/trades/0/fills key 404
  check POST /api/trades/0/fills key 404 '{"kind":"exit","price":1,"quantity":1}'
  check POST /api/trades/0/fills/batch key 404 '{"items":[{"kind":"exit","price":1,"quantity":1}]}'
  check POST /api/trades/0/void key 403 '{"reason":"test"}'
  check POST /api/circuit-breaker/trigger key 403 '{"reason":"test"}'
  check POST /api/circuit-breaker/clear key 403 '{"reason":"test"}'
  check POST /api/cost-budgets key 403 '{"bot_name":"test","monthly_budget":1}'
  check DELETE /api/cost-budgets/0 key 403
  check GET /api/audit key 403
  check POST /api/consents/0/approve key 403
  check POST /api/consents/0/deny key 403 '{}'
  check GET /api/alerts key 403
  check POST /api/alerts/0/resend key 403
  check GET /api/keys key 403
  check GET /api/keys none 401
  check POST /api/keys key 403 '{"name":"test","scopes":["read"]}'
  check DELETE /api/keys/0 key 403
  check GET /api/webhooks key 403
  check GET '/api/webhooks/deliveries?limit=1' key 403
  check POST /api/webhooks key 403 '{"name":"test","kind":"tradingview"}'
  check PATCH /api/webhooks/0 key 403 '{"strength":50}'
  check DELETE /api/webhooks/0 key 403
  check POST /api/webhooks/tradingview/none none 404 '{"ticker":"BTCUSDT"}'
  check POST /api/webhooks/tradingview/none/none none 404 '{"ticker":"BTCUSDT"}'
  check POST /api/webhooks/freqtrade/none none 404 '{"event":"status"}'
  check POST /api/webhooks/freqtrade/none/none none 404 '{"event":"status"}'
  check POST /api/auth/refresh none 401
  check GET /api/backups key 403
  check POST /api/backups none 401
  check POST /api/backups/none/verify none 401
  check GET /api/no-such-path key 404-none
  check DELETE /api/signals key 405
  if [[ -n $TOKEN ]]; then check POST /api/auth/logout token 200; fi

  say
  if ((FAILED > 0)); then
    say "$FAILED of $CHECKED checks failed. The server's log ($LOGS/mcp_server.log) has a line for each request."
    return 1
  fi
  say "All $CHECKED checks passed."
}

# FORCE_HTTPS sends plain requests away: they go to HTTPS, or say what a proxy on this machine would say.
choose_way() {
  WAY=() TEST_URL=$URL
  [[ $FORCE == yes ]] || return 0
  if [[ -n $SAFE_URL ]]; then
    # This machine, by an address that the certificate need not name.
    WAY=(-k) TEST_URL=$SAFE_URL
  else
    WAY=(-H 'X-Forwarded-Proto: https')
    [[ $(curl -s -o /dev/null -m 5 -w '%{http_code}' --noproxy '*' "${WAY[@]}" "$URL/api/auth/check") == 200 ]] ||
      fail "FORCE_HTTPS sends plain requests away, and the proxy in TRUSTED_PROXIES is not on this machine. Set FORCE_HTTPS=false for the test."
  fi
}

# The key is passed on standard input and file descriptors only: other users see a command line.
make_key() {
  local said
  said=$("$BINARY" key create --name "$ME test" --scopes read,write 2>"$RUN/key.out" </dev/null) ||
    fail "No API key could be made for the test: $(cat "$RUN/key.out")"
  KEY=$said
  [[ $(cat "$RUN/key.out") =~ ([0-9]+) ]] && KEY_ID=${BASH_REMATCH[1]}
  rm -f "$RUN/key.out"
}

revoke_key() {
  [[ -z $KEY_ID ]] || "$BINARY" key revoke "$KEY_ID" >/dev/null 2>&1 ||
    say "The test's API key $KEY_ID could not be revoked; do it with: pilothouse key revoke $KEY_ID" >&2
  KEY_ID=''
}

# One login, with the PIN where it can be known. 429 means that the budget of 5 in 15 minutes is used up, which is no failure.
check_login() {
  local pin
  pin=$(setting BOT_CONTROL_PIN '')
  if [[ $pin =~ ^[0-9]{6}$ ]]; then
    check POST /api/auth/login none '200 429' "{\"pin\":\"$pin\"}"
    [[ $REPLY_BODY =~ \"token\":\"([^\"]+)\" ]] && TOKEN=${BASH_REMATCH[1]}
  else
    say "(no login: BOT_CONTROL_PIN is a hash, so the PIN is not known here)"
  fi
}

header() {
  RED='' GREEN='' PLAIN=''
  if [[ -t 1 && -z ${NO_COLOR:-} ]]; then RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'; fi
  printf '%-7s %-52s %-6s %6s  %-8s %-4s %7s\n' method endpoint with status expected ok ms
}

# check METHOD PATH none|key|token EXPECTED [BODY]
check() {
  local method=$1 path=$2 with=$3 expected=$4 body=${5-} secret='' meta code found micros ok=no colour=$RED
  local options=(-sS -L -m 15 --noproxy '*' "${WAY[@]}" -w '\n%{http_code} %{time_total}' -X "$method")
  case $with in key) secret=$KEY ;; token) secret=$TOKEN ;; esac
  [[ $method == HEAD ]] && options+=(-I)
  [[ -n $body ]] && options+=(-H 'Content-Type: application/json' --data-binary @-)
  if [[ -n $secret ]]; then
    meta=$(printf '%s' "$body" | curl "${options[@]}" -H @<(printf 'Authorization: Bearer %s' "$secret") "$TEST_URL$path" 2>&1)
  else
    meta=$(printf '%s' "$body" | curl "${options[@]}" "$TEST_URL$path" 2>&1)
  fi
  REPLY_BODY=${meta%$'\n'*}
  read -r code micros <<<"${meta##*$'\n'}"
  micros=${micros//[!0-9]/}
  # An endpoint without data answers 404 as well, but with another code than one that is not there, which is 404-none here.
  found=$code
  if [[ $REPLY_BODY == *'"code":"endpoint-not-found"'* ]]; then found+=-none; fi
  if [[ " $expected " == *" $found "* ]]; then
    ok=yes colour=$GREEN
  fi
  CHECKED=$((CHECKED + 1))
  printf '%-7s %-52s %-6s %6s  %-8s %s%-4s%s %7s\n' "$method" "$path" "$with" "$code" "${expected// /|}" "$colour" "$ok" "$PLAIN" "$((10#${micros:-0} / 1000))"
  if [[ $ok == no ]]; then
    FAILED=$((FAILED + 1))
    printf '        %.300s\n' "${REPLY_BODY//$'\n'/ }"
  fi
}

usage() {
  say "Usage: $ME {start|stop|restart|status|logs|errors|test}"
  say "  start    build where needed, start in the background, wait until it answers"
  say "  stop     stop and wait for a clean end"
  say "  restart  stop, then start"
  say "  status   running or not, process, uptime, address, health; exit code 3 if not running"
  say "  logs     follow the log (LOG_DIR/mcp_server.log)"
  say "  errors   follow warnings and errors (LOG_DIR/mcp_server_error.log)"
  say "  test     call every endpoint once and print a table; exit code 1 if one answers wrongly"
}

# Two starts at a time would both find no server. Bash keeps the lock for itself while a command runs with 9 closed: nothing that is
# started then inherits it, so it ends with this script, also with kill -9.
locked() {
  if command -v flock >/dev/null; then
    exec 9>"$RUN/lock"
    flock -w 60 9 || fail "Another $ME has been at work for a minute. Wait for it, or end it."
  fi
  "$@" 9>&-
}

restart() { stop && start; }

case ${1:-} in
  start | stop | restart | status | logs | errors | test) mkdir -p "$RUN" && chmod 700 "$RUN" || fail "$PWD/$RUN cannot be written. Run this as the user that owns the folder."; read_settings ;;
esac
case ${1:-} in
  start | stop | restart) locked "$1" ;;
  status) status ;;
  logs) follow mcp_server.log 50 ;;
  errors) follow mcp_server_error.log 100 ;;
  test) test_endpoints ;;
  help | -h | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
