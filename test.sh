#!/usr/bin/env bash
# Everything that must be green before a commit: build, format, OpenAPI, benchmarks' dry run, tests.
# Arguments go to the test runner: ./test.sh --filter-class '*SignalTests'
# `./test.sh checks` does all but the tests, and `./test.sh tests` only these, of what `checks` has built.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# Tests start hundreds of short processes: measuring their code for a later optimisation takes more time than that saves.
export DOTNET_TieredPGO=0

step() { printf '== %s\n' "$*"; }

command -v dotnet >/dev/null || { echo "The .NET 10 SDK is missing. Install it from https://dotnet.microsoft.com/download/dotnet/10.0" >&2; exit 1; }
tests/tools/need-packages curl sqlite3 gcc libc6-dev python3-numpy python3-pandas python3-jwt nginx-light logrotate python3-yaml prometheus lintian debootstrap systemd-container postgresql pgbouncer redis-server chromium mypy

checks() {
  step build
  dotnet build Pilothouse.slnx -c Release --nologo -v quiet

  step format
  dotnet format Pilothouse.slnx --no-restore --verify-no-changes

  step OpenAPI
  tests/tools/check-openapi.sh

  if [[ -f bench/Pilothouse.Benchmarks/Pilothouse.Benchmarks.csproj ]]; then
    step 'benchmarks, each once'
    dotnet run --project bench/Pilothouse.Benchmarks -c Release --no-build -- --test
  fi
}

tests() {
  step tests
  dotnet test --project tests/Pilothouse.Tests -c Release --no-build "$@"

  # Once more on the second engine: what clients see must not depend on it. Tests that are about the file say so ([OnlyOnSqlite]).
  if (($# == 0)); then
    step 'tests of the features on PostgreSQL'
    # Every folder of tests but these, which are about the program around the features, or start the engine that they need themselves.
    features=()
    for folder in tests/Pilothouse.Tests/*/; do
      case $(basename "$folder") in
        bin | obj | Backups | Checklist | Cli | Clients | Configuration | Dashboard | Deployment | Fixtures | Listening | Monitoring | Move | Postgres | Replay | Storage) ;;
        *) features+=(--filter-namespace "Pilothouse.Tests.$(basename "$folder")") ;;
      esac
    done
    PILOTHOUSE_TEST_ENGINE=postgres dotnet test --project tests/Pilothouse.Tests -c Release --no-build "${features[@]}" --filter-not-trait Engine=SQLite
  fi
}

case ${1-} in
  checks) checks ;;
  tests) shift; tests "$@" ;;
  *) checks; tests "$@" ;;
esac
