#!/bin/sh
# A command whose exit code is the verdict, as a test run: ends in `1 passed, 0 failed` or `0 passed, 1 failed`.
#   scripts/ci_job.sh COMMAND...
set -u
cd "$(dirname "$0")/.."
if "$@"; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; exit 1; fi
