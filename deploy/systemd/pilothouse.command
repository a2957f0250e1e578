#!/bin/sh
# `pilothouse COMMAND` as the server of the unit runs: its user, its folder (where .env is), its umask. For /usr/local/bin/pilothouse.
umask 007

# What needs no settings is for everybody.
case "${1-}" in
--version | --help | -h | "") exec /opt/pilothouse/pilothouse "$@" ;;
esac

if [ "$(id -un)" != pilothouse ] && [ "$(id -u)" != 0 ]; then
    # The bridge of an agent and the sample bot are clients of a running server, and help needs nothing.
    case "${1-} ${2-}" in
    "mcp "* | "replay "* | *" --help" | *" -h") exec /opt/pilothouse/pilothouse "$@" ;;
    esac

    echo "pilothouse works on the server's database. Run: sudo pilothouse $*" >&2
    exit 1
fi

cd /var/lib/pilothouse || exit 1
if [ "$(id -un)" = pilothouse ]; then exec /opt/pilothouse/pilothouse "$@"; fi
exec runuser -u pilothouse -- /opt/pilothouse/pilothouse "$@"
