#!/bin/sh
# Every C++ file is formatted by the committed .clang-format. With --self-test: an unformatted file must be refused.
set -u
cd "$(dirname "$0")/../.."
command -v clang-format-14 >/dev/null || { echo "clang-format-14 is missing: run scripts/setup.sh --test"; exit 1; }
if [ "${1:-}" = "--self-test" ]; then
  if printf 'int  x ;\n' | clang-format-14 --style=file --assume-filename=emu/x.cpp --dry-run -Werror 2>/dev/null; then
    echo "an unformatted file passed"; exit 1
  fi
  exit 0
fi
files=$(find emu sim host tests -name '*.cpp' -o -name '*.h' | sort)
[ -n "$files" ] || { echo "nothing checked"; exit 1; }
# shellcheck disable=SC2086
clang-format-14 --dry-run -Werror $files && echo "$(echo "$files" | wc -l) files formatted"
