#!/bin/sh
# `pilothouse COMMAND` as the server of the unit runs: its user, its folder (where .env is), its umask. For /usr/local/bin/pilothouse.
umask 007
cd /var/lib/pilothouse || exit 1
if [ "$(id -un)" = pilothouse ]; then exec /opt/pilothouse/pilothouse "$@"; fi
exec runuser -u pilothouse -- /opt/pilothouse/pilothouse "$@"
