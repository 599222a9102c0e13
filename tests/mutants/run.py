#!/usr/bin/python3
"""Breaks the RTL on purpose, one mutant of mutants.toml at a time, and demands that the lockstep tests notice.

    run.py --tests build/release/tests/test_cosim [--short] [--only NAME ...] [--out DIR]
    run.py --self-test --tests ...    a mutant without effect, one that does not build, one whose text is not there: none may pass
    run.py --list

Each mutant: rtl/ is copied, the text replaced (it must occur exactly once; the ROM follows its microprogram), a plug-in built from the copy, and the same tests run with
it as with the unmutated tree, which must pass them. A mutant is killed when a test fails because of what the machine did; a build that
fails, tests that cannot start, or an exception that is not about the machine are errors, not kills. Exit 0 when every mutant is killed, else 1.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import microcode  # noqa: E402

BUILDS = {  # as tests/cosim/bench.cpp names them
    "nano": ["CONFIG=nano"],
    "tiny": ["CONFIG=tiny"],
    "3x4": ["LANES=3", "V=4", "FEATURE=1024", "WEIGHT=256", "PARAM=64", "DRAIN=2", "AXI=64", "MUL=24"],
}
TIMEOUT = 900  # seconds a build or a test run may take, on a busy machine too

# What sim/ throws when the machine breaks the bus's rules or goes silent: a kill. A plug-in that does not load throws, too, and is none.
MACHINE_EXCEPTION = re.compile(r"AXI protocol, cycle|register \d+ (does not answer|answers)|a soft reset does not end")

# Plug-ins are used once: compile them fast instead of making them fast. Run in the source's folder with its name alone, so that ccache
# knows again what a mutant did not change.
CXX = """#!/bin/sh
last=; source=
for a; do case $last$a in -c*) source=$a ;; esac; last=; [ "$a" = -c ] && last=-c; done
dir=$(dirname "$source")
for a; do
  shift
  case $a in
    -O[0-9]) a=-O0 ;;
    -march=native) continue ;;
    "$source") a=$(basename "$source") ;;
    "-I$dir") a=-I. ;;
  esac
  set -- "$@" "$a"
done
[ -z "$source" ] && exec g++ "$@"
cd "$dir" && exec ccache g++ "$@"
"""


class Error(Exception):
    """The mutant tells nothing about the tests."""


def read_mutants():
    with open(os.path.join(HERE, "mutants.toml"), "rb") as f:
        mutants = tomllib.load(f)["mutant"]
    names = [m["name"] for m in mutants]
    for m in mutants:
        unknown = set(m) - {"name", "file", "old", "new", "build", "short"}
        if unknown or names.count(m["name"]) != 1 or m.setdefault("build", "tiny") not in BUILDS:
            sys.exit(f"mutants.toml: {m['name']}: unknown key {unknown or ''}, name twice, or unknown build")
    return mutants


def mutate(rtl, mutant):
    path = os.path.join(rtl, mutant["file"])
    if not os.path.isfile(path):
        raise Error(f"no file {mutant['file']}")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(mutant["old"]) != 1:
        raise Error(f"{mutant['file']} has {text.count(mutant['old'])} times, not once: {mutant['old']}")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(mutant["old"], mutant["new"]))
    if path == os.path.join(rtl, os.path.relpath(microcode.SOURCE, os.path.join(ROOT, "rtl"))):
        microcode.write(path, os.path.join(rtl, os.path.relpath(microcode.RESULT, os.path.join(ROOT, "rtl"))))


def build(rtl, name, scratch):
    """The plug-in of build `name` from `rtl`."""
    out = os.path.join(scratch, "plugin.so")
    cxx = os.path.join(scratch, "cxx")
    with open(cxx, "w", encoding="utf-8") as f:
        f.write(CXX)
    os.chmod(cxx, 0o755)
    try:
        run = subprocess.run([os.path.join(ROOT, "scripts/build_rtl.sh"), *BUILDS[name], f"RTL_DIR={rtl}", f"OUT={out}"],
                             env={**os.environ, "CXX": cxx}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as e:
        raise Error("the build does not end") from e
    if run.returncode != 0:
        raise Error(f"does not build:\n{run.stdout[-2000:]}")
    return out


def killer(tests, plugin, name):
    """Name of the first test that fails with the plug-in, None when all pass."""
    env = {k: v for k, v in os.environ.items() if k not in ("EXACT8_SEED", "EXACT8_LONG")}
    try:
        run = subprocess.run([tests, f"--gtest_filter=*/on_{name}:*/on_{name}_*", "--gtest_fail_fast"],
                             env={**env, "EXACT8_RTL_PLUGIN": plugin}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, errors="replace", timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as e:
        raise Error("the tests do not end") from e
    ran = re.findall(r"^\[ RUN      \] (\S+)", run.stdout, re.M)
    failed = re.findall(r"^\[  FAILED  \] ([^\s,]+)", run.stdout, re.M)
    if not ran:
        raise Error(f"no test ran (exit {run.returncode}):\n{run.stdout[-2000:]}")
    strange = [x for x in re.findall(r'C\+\+ exception with description "(.*)', run.stdout) if not MACHINE_EXCEPTION.match(x)]
    if strange or (run.returncode != 0 and not failed):
        raise Error(f"tests ended abnormally (exit {run.returncode}):\n{run.stdout[-2000:]}")
    return failed[0] if failed else None


def trial(tests, mutant, out):
    """The test that kills the mutant, None when it survives. A mutant without file is the unmutated tree."""
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        rtl = os.path.join(scratch, "rtl")
        shutil.copytree(os.path.join(ROOT, "rtl"), rtl)
        if "file" in mutant:
            mutate(rtl, mutant)
        return killer(tests, build(rtl, mutant["build"], scratch), mutant["build"])


def campaign(tests, mutants, out):
    """(killed, failures), each mutant with a line of its own; first the unmutated tree on every build that is used."""
    killed, failures = 0, []
    for mutant in [{"name": f"unmutated {b}", "build": b} for b in sorted({m["build"] for m in mutants})] + mutants:
        start, good = time.time(), False
        try:
            test = trial(tests, mutant, out)
            if "file" in mutant:
                good, verdict = test is not None, f"killed by {test}" if test else "SURVIVED"
                killed += good
            else:
                good, verdict = test is None, f"FAILS {test}" if test else "passes"
        except Error as e:
            verdict = f"ERROR {e}"
        print(f"{mutant['name']}: {verdict} ({time.time() - start:.0f} s)", flush=True)
        if not good:
            failures.append(mutant["name"])
            if "file" not in mutant:
                break  # nothing a mutant does would mean anything
    return killed, failures


def self_test(tests, out):
    file = "datapath/e8_scale.v"
    cases = [
        {"name": "no_effect", "file": file, "old": "y < low ? lo", "new": "low > y ? lo", "build": "tiny"},
        {"name": "no_build", "file": file, "old": "endfunction\n\n  generate", "new": "generate", "build": "tiny"},
        {"name": "no_such_text", "file": file, "old": "this is not there", "new": "", "build": "tiny"},
        {"name": "twice", "file": file, "old": "endfunction", "new": "", "build": "tiny"},
    ]
    killed, failures = campaign(tests, cases, out)
    if killed != 0 or failures != [c["name"] for c in cases]:
        print(f"self-test: these count as killed or are missing: {sorted({c['name'] for c in cases} - set(failures))}")
        return 1
    print("self-test: none of them counts as killed")
    return 0


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--tests", help="the lockstep test program")
    ap.add_argument("--short", action="store_true", help="only those marked short, unless EXACT8_LONG is set")
    ap.add_argument("--only", nargs="+", metavar="NAME")
    ap.add_argument("--out", help="folder for scratch files (default: the system's)")
    ap.add_argument("--list", action="store_true")
    ap.add_argument("--self-test", action="store_true")
    args = ap.parse_args()

    mutants = read_mutants()
    if args.list:
        print("\n".join(f"{m['name']} ({m['build']}): {m['file']}" for m in mutants))
        return 0
    if not args.tests or not os.access(args.tests, os.X_OK):
        ap.error(f"--tests {args.tests}: not a program; build target test_cosim")
    tests = os.path.abspath(args.tests)
    if args.out:
        os.makedirs(args.out, exist_ok=True)
    if args.self_test:
        return self_test(tests, args.out)
    if args.only:
        unknown = set(args.only) - {m["name"] for m in mutants}
        if unknown:
            ap.error(f"no mutant {', '.join(sorted(unknown))}; see --list")
        mutants = [m for m in mutants if m["name"] in args.only]
    elif args.short and not os.environ.get("EXACT8_LONG"):
        mutants = [m for m in mutants if m.get("short")]
    killed, failures = campaign(tests, mutants, args.out)
    print(f"{killed} of {len(mutants)} mutants killed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
