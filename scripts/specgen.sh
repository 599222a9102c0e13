#!/bin/sh
# Regenerates rtl/exact8_isa.vh and docs/isa.md from emu/isa/*.def. Only a C++ compiler is needed.
set -eu
cd "$(dirname "$0")/.."
tool=$(mktemp)
trap 'rm -f "$tool"' EXIT
${CXX:-c++} -std=c++17 -O1 -I. -o "$tool" emu/isa/specgen.cpp emu/isa/spec.cpp emu/isa/render.cpp
mkdir -p docs
"$tool" verilog > rtl/exact8_isa.vh
"$tool" markdown > docs/isa.md
