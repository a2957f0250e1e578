# shellcheck shell=bash
# To be sourced by scripts that try a built Pilothouse: a server of its own on a free port, in a temporary folder.
# server_start BINARY sets SERVER_URL, SERVER_FOLDER and SERVER_READY_MS; server_stop ends it and is true if it ended well;
# server_again BINARY starts it again in the same folder.

SERVER_PID='' SERVER_FOLDER='' SERVER_URL='' SERVER_READY_MS=0

server_start() {
  [[ -x $1 ]] || { echo "$1 is not there; build it first." >&2; return 1; }
  SERVER_FOLDER=$(mktemp -d)
  trap server_remove EXIT
  server_again "$1"
}

server_again() {
  local binary port began now
  binary=$(readlink -f -- "$1")
  while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  SERVER_URL=http://127.0.0.1:$port
  cd "$SERVER_FOLDER" || return 1
  began=${EPOCHREALTIME/./}
  env -u MCP_SERVER_HOST -u DATABASE_PATH -u DATABASE_URL -u LOG_DIR -u BACKUP_DIR -u BOT_CONTROL_PIN -u JWT_SECRET_KEY -u FORCE_HTTPS \
    MCP_SERVER_PORT="$port" "$binary" serve >>"$SERVER_FOLDER/server.out" 2>&1 </dev/null &
  SERVER_PID=$!
  cd - >/dev/null || return 1
  while :; do
    # Asking with bash itself: starting curl takes longer than the server does.
    if server_answers "$port"; then
      now=${EPOCHREALTIME/./}
      SERVER_READY_MS=$(((now - began) / 1000))
      return 0
    fi
    if ! kill -0 "$SERVER_PID" 2>/dev/null || (((${EPOCHREALTIME/./} - began) > 30000000)); then
      echo "The server did not start: $(cat "$SERVER_FOLDER/server.out")" >&2
      return 1
    fi
    sleep 0.005
  done
}

server_answers() {
  local line=''
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
  read -r -t 5 line <&3
  exec 3>&-
  [[ $line == 'HTTP/1.1 200'* ]]
}

# The end must come within 10 seconds of SIGTERM, with exit code 0.
server_stop() {
  local code=0 began=$SECONDS
  [[ -n $SERVER_PID ]] || return 0
  kill -TERM "$SERVER_PID" 2>/dev/null
  while kill -0 "$SERVER_PID" 2>/dev/null; do
    if ((SECONDS - began > 10)); then
      echo "The server has not ended within 10 seconds of SIGTERM." >&2
      kill -KILL "$SERVER_PID" 2>/dev/null
      break
    fi
    sleep 0.05
  done
  wait "$SERVER_PID" || code=$?
  SERVER_PID=''
  ((code == 0)) || echo "The server ended with exit code $code." >&2
  return "$code"
}

server_remove() {
  server_stop 2>/dev/null
  [[ -z $SERVER_FOLDER ]] || rm -rf -- "$SERVER_FOLDER"
}
