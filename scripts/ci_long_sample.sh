#!/bin/sh
# A sample of `make test-long` for CI, on what `make test` has built: every mutant of the RTL.
set -eu
cd "$(dirname "$0")/.."
EXACT8_LONG=1 exec /usr/bin/python3 scripts/run_tests.py --build build/release --label '^mutants$'
