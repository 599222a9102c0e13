#!/bin/sh
# The main job as CI runs it: `make run`, whose exit code is the verdict.
set -u
cd "$(dirname "$0")/.."
if make run; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; exit 1; fi
