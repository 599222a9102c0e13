#!/bin/sh
# Builds with AddressSanitizer and UndefinedBehaviorSanitizer and runs the tests of the rooms that read untrusted bytes.
set -eu
cd "$(dirname "$0")/.."
cmake --preset asan >/dev/null
targets=$(ninja -C build/asan -t targets all | sed -n 's/^\(test_\(emu\|sim\|model\|quantize\|compile\|driver\)\): phony$/\1/p')
# shellcheck disable=SC2086
ninja -C build/asan --quiet $targets
exec /usr/bin/python3 scripts/run_tests.py --build build/asan --label '^(emu|sim|host/(model|quantize|compile|driver))$'
