#!/bin/sh
# Verilates exact8_core into a plug-in (sim/verilated/plugin.h). `make rtl` calls it; arguments are NAME=value.
#   scripts/build_rtl.sh CONFIG=b512                    a row of emu/isa/configs.def -> build/rtl/b512.so
#   scripts/build_rtl.sh LANES=3 V=4 AXI=64 ...         any other size -> build/rtl/3x4.so
#     FEATURE WEIGHT PARAM (words) DRAIN AXI (bytes) MUL DOUBLE TABLES SMALL as in configs.def; what is not given is b512's
#   RTL_DIR=dir    another copy of rtl/       OUT=path.so    another place
#   TRACE=1        a build that writes FST waves -> build/rtl/<name>.trace.so
# Does nothing when the plug-in is up to date: OUT.stamp holds a hash of the sources, parameters, flags and tools.
# Exit codes: 1 the build failed, 2 wrong arguments, 3 a tool is missing. Environment: CXX (clang++ where there is one, else g++), JOBS.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$(pwd)
defs=emu/isa/configs.def
# On an EXEC-heavy b4096 program clang's code ran 1.8 times as many cycles a second as gcc's; -O2 was 3 % slower than -O3, and
# profile-guided code (trained on that program) 9 % faster.
cxx=${CXX:-$(command -v clang++ >/dev/null 2>&1 && echo clang++ || echo g++)}

bad() { echo "build_rtl: $*" >&2; exit 2; }
missing() { echo "build_rtl: $1 is missing; scripts/setup.sh installs it" >&2; exit 3; }

# ---- arguments
CONFIG= LANES= V= FEATURE= WEIGHT= PARAM= DRAIN= AXI= MUL= DOUBLE= TABLES= SMALL= RTL_DIR=rtl OUT= TRACE=0
for arg; do
  case $arg in
    CONFIG=*|LANES=*|V=*|FEATURE=*|WEIGHT=*|PARAM=*|DRAIN=*|AXI=*|MUL=*|DOUBLE=*|TABLES=*|SMALL=*|RTL_DIR=*|OUT=*|TRACE=*)
      eval "${arg%%=*}=\${arg#*=}" ;;
    *) bad "argument '$arg'; CONFIG LANES V FEATURE WEIGHT PARAM DRAIN AXI MUL DOUBLE TABLES SMALL RTL_DIR OUT TRACE, as NAME=value" ;;
  esac
done

# A row of configs.def as "lanes v feature weight param drain axi mul double tables small".
row() { sed -nE "s/^CONFIG\($1, ([^\"]*), \".*/\1/p" $defs | tr -d ,; }
if [ -n "$CONFIG" ]; then
  values=$(row "$CONFIG")
  [ -n "$values" ] || bad "CONFIG=$CONFIG is not in $defs; it has $(sed -nE 's/^CONFIG\(([a-z0-9]+),.*/\1/p' $defs | tr '\n' ' ')"
  [ -z "$LANES$V$FEATURE$WEIGHT$PARAM$DRAIN$AXI$MUL$DOUBLE$TABLES$SMALL" ] || bad "CONFIG=$CONFIG sets every parameter; give CONFIG or parameters"
  name=$CONFIG
else
  [ -n "$LANES" ] && [ -n "$V" ] || bad "give CONFIG=name, or LANES=n V=n and what differs from b512"
  values=$(row b512)
  name=${LANES}x$V
fi
fill() { [ -n "$(eval echo "\$$1")" ] || eval "$1=$2"; }
set -- $values
fill LANES "$1"; fill V "$2"; fill FEATURE "$3"; fill WEIGHT "$4"; fill PARAM "$5"
fill AXI "$7"; fill MUL "$8"; fill DOUBLE "$9"; shift 9; fill TABLES "$1"; fill SMALL "$2"

# ---- parameters: the rules of emu/isa/config.cpp, checked before any tool runs
one_of() { for v in $3; do [ "$2" = "$v" ] && return; done; bad "$1=$2: one of $3"; }
number() { case $2 in ''|*[!0-9]*) bad "$1=$2: a number" ;; esac; }
range() { number "$1" "$2"; [ "$2" -ge "$3" ] && [ "$2" -le "$4" ] || bad "$1=$2: $3 to $4"; }
log2() { n=$1; bits=0; while [ "$n" -gt 1 ]; do n=$((n / 2)); bits=$((bits + 1)); done; echo $bits; }
depth() { range "$1" "$2" 2 65536; [ $((1 << $(log2 "$2"))) -eq "$2" ] || bad "$1=$2: a power of two"; }
range LANES "$LANES" 1 16
one_of V "$V" "2 4 8 16 32"
fill DRAIN $((V < 4 ? V : 4))
[ -z "$CONFIG" ] || DRAIN=$(set -- $values; echo "$6")
depth FEATURE "$FEATURE"; depth WEIGHT "$WEIGHT"; depth PARAM "$PARAM"
range DRAIN "$DRAIN" 1 "$V"
[ $((V % DRAIN)) -eq 0 ] || bad "DRAIN=$DRAIN: a divisor of V=$V"
[ $((PARAM * DRAIN)) -le 65536 ] || bad "PARAM=$PARAM: PARAM * DRAIN is at most 65536"
one_of AXI "$AXI" "4 8 16 32 64"
one_of MUL "$MUL" "0 24 31"
one_of DOUBLE "$DOUBLE" "0 1"
one_of TABLES "$TABLES" "0 1"
one_of SMALL "$SMALL" "0 1"
[ "$SMALL" = 0 ] || [ "$LANES $V $DRAIN $AXI $TABLES" = "1 2 2 4 0" ] || bad "SMALL=1: needs LANES=1 V=2 DRAIN=2 AXI=4 TABLES=0"
one_of TRACE "$TRACE" "0 1"
[ -f "$RTL_DIR/exact8_core.v" ] && [ -f "$RTL_DIR/files.f" ] || bad "RTL_DIR=$RTL_DIR: has no exact8_core.v and files.f"
suffix=; [ "$TRACE" = 1 ] && suffix=.trace
OUT=${OUT:-build/rtl/$name$suffix.so}
[ ! -d "$OUT" ] || bad "OUT=$OUT: is a directory"

command -v verilator >/dev/null 2>&1 || missing verilator
command -v "$cxx" >/dev/null 2>&1 || missing "$cxx"

# ---- flags
verilate="--cc --top-module exact8_core --prefix Ve8 -O3 --x-assign fast --x-initial fast --noassert --output-split 0
 --default-language 1364-2005 -Wno-lint -Wno-style -GLANES=$LANES -GV=$V -GFEATURE_LOG2=$(log2 "$FEATURE")
 -GWEIGHT_LOG2=$(log2 "$WEIGHT") -GPARAM_LOG2=$(log2 "$PARAM") -GDRAIN=$DRAIN -GAXI_BYTES=$AXI -GAXI_ADDR_BITS=32
 -GMUL_BITS=$MUL -GDOUBLE_ROUND=$DOUBLE -GTABLES=$TABLES -GSMALL=$SMALL"
libraries=
"$cxx" --version 2>/dev/null | grep -q clang && libraries=-latomic
if [ "$TRACE" = 1 ]; then verilate="$verilate --trace-fst"; libraries="$libraries -lz"; fi
native=-march=native
echo | "$cxx" $native -E -x c++ - >/dev/null 2>&1 || native=
fast="-O3 $native"   # what runs every cycle
slow=-O1             # construction, constants, tracing
[ "$TRACE" = 1 ] && fast="-O2 $native"
common="-std=c++17 -fPIC -fvisibility=hidden -w -DVL_TIME_CONTEXT"
isa_hash=$(sed -nE "s/^.define E8_ISA_HASH 32'h([0-9a-f]+).*/0x\1/p" "$RTL_DIR/exact8_isa.vh")
[ -n "$isa_hash" ] || bad "RTL_DIR=$RTL_DIR: exact8_isa.vh has no E8_ISA_HASH"
defines="-DE8_NAME=\"$name\" -DE8_ISA_HASH=${isa_hash}u -DE8_LANES=$LANES -DE8_V=$V -DE8_FEATURE=$FEATURE -DE8_WEIGHT=$WEIGHT
 -DE8_PARAM=$PARAM -DE8_DRAIN=$DRAIN -DE8_AXI=$AXI -DE8_MUL=$MUL -DE8_DOUBLE=$DOUBLE -DE8_TABLES=$TABLES -DE8_ADDR_BITS=32
 -DE8_TRACED=$TRACE"

# ---- up to date?
shim=sim/verilated/plugin_shim.cpp
stamp=$(
  { (cd "$RTL_DIR" && sha256sum exact8_isa.vh files.f $(cat files.f)) || echo incomplete
    sha256sum scripts/build_rtl.sh $shim sim/verilated/plugin.h
    echo "$verilate|$fast|$slow|$common|$defines"
    verilator --version
    "$cxx" --version
    [ -z "$native" ] || grep -m 1 '^flags' /proc/cpuinfo
  } 2>&1 | sha256sum | cut -d' ' -f1)
[ -f "$OUT" ] && [ "$(cat "$OUT.stamp" 2>/dev/null)" = "$stamp" ] && exit 0

# ---- build, beside the result, so that it appears at once or not at all
mkdir -p "$(dirname "$OUT")" || exit 1
out_dir=$(cd "$(dirname "$OUT")" && pwd) || exit 1
out=$out_dir/$(basename "$OUT")
work=$(mktemp -d "$out_dir/.work.$name.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
fail() { cat "$1" >&2; echo "build_rtl: $name: $2" >&2; exit 1; }

echo "rtl: $name ($LANES lanes, V = $V)$([ "$TRACE" = 1 ] && echo ', traced')"
(cd "$RTL_DIR" && verilator $verilate --Mdir "$work" -I. $(cat files.f)) >"$work/log" 2>&1 || fail "$work/log" "verilator failed"
sed -nE 's/^ *VL_(IN|OUT)[0-9W]*\(&(\w+),([0-9]+),([0-9]+)(,[0-9]+)?\);/E8_PIN(\2, \3 - \4 + 1, \1)/p' "$work/Ve8.h" |
  sed 's/, IN)/, 1)/; s/, OUT)/, 0)/' >"$work/e8_pins.inc"
[ -s "$work/e8_pins.inc" ] || fail "$work/log" "no ports found in Verilator's header"
include=$(sed -nE 's/^VERILATOR_ROOT = (.*)/\1/p' "$work/Ve8.mk")/include
run="$include/verilated.cpp $include/verilated_threads.cpp"
[ "$TRACE" = 1 ] && run="$run $include/verilated_fst_c.cpp"

# compile(file): an object beside it; __Slow and what runs once or seldom with little optimization.
cat >"$work/compile" <<END
#!/bin/sh
case \$1 in
  *__Slow.cpp|*__Syms.cpp|*__ConstPool*|*__Trace__*|$include/*|*plugin_shim.cpp) level='$slow' ;;
  *) level='$fast' ;;
esac
[ -s "\$1" ] || exit 0
exec $cxx $common \$level $(echo $defines | sed 's/"/\\"/g') -I$work -I$include -I$include/vltstd -I$root -c "\$1" -o "$work/\$(basename "\$1" .cpp).o"
END
chmod +x "$work/compile"
printf '%s\n' "$work"/Ve8*.cpp $run "$root/$shim" |
  xargs -P "${JOBS:-$(nproc)}" -n 1 "$work/compile" >"$work/log" 2>&1 || fail "$work/log" "$cxx failed"
"$cxx" -shared -o "$work/plugin.so" "$work"/*.o -Wl,-Bsymbolic -pthread $libraries >"$work/log" 2>&1 || fail "$work/log" "linking failed"
rm -f "$out.stamp"
mv "$work/plugin.so" "$out" && echo "$stamp" >"$work/stamp" && mv "$work/stamp" "$out.stamp" || exit 1
