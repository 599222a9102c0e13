#!/bin/sh
# scripts/build_rtl.sh: wrong arguments and missing tools are named, with exit codes 2 and 3, before anything is built; a broken
# RTL is exit code 1 and leaves no plug-in; a plug-in that is up to date is not built again.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# expect CODE TEXT arguments...: exit code and a part of the message
expect() {
  code=$1 text=$2
  shift 2
  message=$(scripts/build_rtl.sh "$@" OUT="$dir/x.so" 2>&1)
  got=$?
  case $message in *"$text"*) ;; *) got="$got and '$message'" ;; esac
  [ "$got" = "$code" ] || { echo "build_rtl.sh $*: wanted $code and '$text', got $got"; failed=1; }
  [ ! -e "$dir/x.so" ] || { echo "build_rtl.sh $*: left a plug-in"; failed=1; }
}

expect 2 "CONFIG=b511 is not in emu/isa/configs.def; it has nano tiny" CONFIG=b511
expect 2 "give CONFIG=name, or LANES=n V=n" LANES=3
expect 2 "LANES=0: 1 to 16" LANES=0 V=4
expect 2 "LANES=17: 1 to 16" LANES=17 V=4
expect 2 "LANES=x: a number" LANES=x V=4
expect 2 "V=5: one of 2 4 8 16 32" LANES=3 V=5
expect 2 "FEATURE=1000: a power of two" LANES=3 V=4 FEATURE=1000
expect 2 "WEIGHT=1: 2 to 65536" LANES=3 V=4 WEIGHT=1
expect 2 "DRAIN=3: a divisor of V=4" LANES=3 V=4 DRAIN=3
expect 2 "PARAM=65536: PARAM * DRAIN is at most 65536" LANES=3 V=4 PARAM=65536 DRAIN=2
expect 2 "AXI=128: one of 4 8 16 32 64" LANES=3 V=4 AXI=128
expect 2 "MUL=8: one of 0 24 31" LANES=3 V=4 MUL=8
expect 2 "CONFIG=tiny sets every parameter" CONFIG=tiny DRAIN=2
expect 2 "argument 'LANE=3'" LANE=3
expect 2 "has no exact8_core.v" CONFIG=tiny RTL_DIR="$dir"
CXX=no-such-compiler expect 3 "no-such-compiler is missing" CONFIG=tiny

cp -r rtl "$dir/rtl"
echo "module broken (" >> "$dir/rtl/exact8_core.v"
expect 1 "nano: verilator failed" CONFIG=nano RTL_DIR="$dir/rtl"
rm "$dir/rtl/lib/e8_fifo.v"
expect 1 "nano: verilator failed" CONFIG=nano RTL_DIR="$dir/rtl"

# What `make rtl-all` has made is up to date: nothing is printed, nothing changes.
if [ -f build/rtl/nano.so ]; then
  scripts/build_rtl.sh CONFIG=nano > /dev/null || failed=1
  before=$(ls -l --time-style=full-iso build/rtl/nano.so)
  [ -z "$(scripts/build_rtl.sh CONFIG=nano)" ] || { echo "an up-to-date plug-in was built again"; failed=1; }
  [ "$before" = "$(ls -l --time-style=full-iso build/rtl/nano.so)" ] || { echo "an up-to-date plug-in changed"; failed=1; }
fi
[ $failed = 0 ] && echo passed
exit $failed
