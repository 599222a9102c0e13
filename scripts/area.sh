#!/bin/sh
# Synthesis reports into build/area: nano placed and routed for iCE40 UP5K, b512 synthesized for xc7. `make area` calls it.
#   scripts/area.sh [--only nano|b512] [--out DIR]
cd "$(dirname "$0")/.." || exit 1
exec /usr/bin/python3 scripts/area.py "$@"
