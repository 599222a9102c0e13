#!/bin/sh
# Installs what is missing of the Debian packages exact8 needs. As root by apt; otherwise prints the one apt line, exit 3.
#   scripts/setup.sh            what `make run` needs
#   scripts/setup.sh --test     and what `make test` needs
set -u
run="g++ clang cmake ninja-build ccache pkg-config python3 verilator libeigen3-dev libspdlog-dev libfmt-dev nlohmann-json3-dev
 libcli11-dev libonnx-dev protobuf-compiler libprotobuf-dev zlib1g-dev libpng-dev libjpeg-dev libgtest-dev libgmock-dev libbenchmark-dev
 dataset-fashion-mnist"
test="iverilog yosys nextpnr-ice40 fpga-icestorm clang-format-14 python3-onnx python3-numpy"
packages=$run
[ "${1:-}" = "--test" ] && packages="$run $test"

missing=""
for p in $packages; do
  dpkg-query -W -f='${Status}\n' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ]; then
  echo "exact8 needs packages that are not installed. As root, run:" >&2
  echo "  apt-get install --no-install-recommends$missing" >&2
  exit 3
fi
log=$(mktemp /tmp/exact8-setup.XXXXXX)
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
try=1
while :; do
  # A busy apt holds its lock: wait for it, and try again when mirrors hiccup.
  if apt-get -qq -o DPkg::Lock::Timeout=600 update >>"$log" 2>&1 &&
     apt-get -qq -y -o DPkg::Lock::Timeout=600 --no-install-recommends install $missing >>"$log" 2>&1; then
    rm -f "$log"
    exit 0
  fi
  if [ $try -ge 5 ]; then
    tail -n 20 "$log" >&2
    echo "setup: apt-get failed $try times; its log is $log" >&2
    exit 3
  fi
  try=$((try + 1))
  sleep 20
done
