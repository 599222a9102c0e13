#!/usr/bin/python3
"""Runs ctest and ends in the line `N passed, N failed`, with `N skipped: names` before it.

    scripts/run_tests.py --build build/release [--jobs N] [--label REGEX] [--exclude REGEX]

A run in which no test passed fails. With EXACT8_DATA set (third-party models and vectors), a skipped test is a failure.
"""
import argparse
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as xml


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--build", required=True)
    ap.add_argument("--jobs", type=int, default=os.cpu_count())
    ap.add_argument("--label", help="only tests whose label matches")
    ap.add_argument("--exclude", help="not tests whose name matches")
    args = ap.parse_args()

    report = os.path.abspath(os.path.join(args.build, "ctest.xml"))
    if os.path.exists(report):
        os.remove(report)
    command = ["ctest", "--test-dir", args.build, "-j", str(args.jobs), "--output-on-failure", "--no-tests=error",
               "--output-junit", report]
    if args.label:
        command += ["-L", args.label]
    if args.exclude:
        command += ["-E", args.exclude]
    start = time.time()
    with open(os.path.join(args.build, "ctest.log"), "w", encoding="utf-8") as log:
        code = run(command, log)
    if not os.path.exists(report):
        print(f"run_tests: ctest wrote no report (exit {code}); see {args.build}/ctest.log")
        print("0 passed, 1 failed")
        return 1

    passed, failed, skipped = tally(report)
    print(f"{len(passed) + len(failed) + len(skipped)} tests in {time.time() - start:.0f} s")
    if skipped:
        print(f"{len(skipped)} skipped: {', '.join(skipped)}")
        if os.environ.get("EXACT8_DATA"):
            print("EXACT8_DATA is set, so a skipped test is a failure")
            failed, skipped = failed + skipped, []
    for name in failed:
        print(f"FAILED {name}")
    if not passed and not failed:
        failed = ["nothing ran"]
    print(f"{len(passed)} passed, {len(failed)} failed")
    return 1 if failed or code not in (0, 8) else 0


RESULT = re.compile(r"\s*(\d+)/(\d+) Test +#\d+: .*?[ .](Passed|\*\*\*.+?) +[0-9.]+ sec")


def run(command, log):
    """Runs ctest, writes all it prints to `log`, shows what failing tests print and a line of progress every 10 s."""
    start = shown = time.time()
    failing = False
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    for line in process.stdout:
        log.write(line)
        result = RESULT.match(line)
        if result:
            failing = result[3] not in ("Passed", "***Skipped")
        elif line.lstrip().startswith("Start "):
            continue
        if failing:
            sys.stdout.write(line)
        if result and time.time() - shown > 10:
            done, total = int(result[1]), int(result[2])
            eta = (time.time() - start) / done * (total - done)
            print(f"tests: {done} of {total}, ETA {eta:.0f} s", flush=True)
            shown = time.time()
    return process.wait()


def tally(report):
    passed, failed, skipped = [], [], []
    for case in xml.parse(report).getroot().iter("testcase"):
        status = case.get("status")
        name = case.get("name")
        if case.find("failure") is not None or status == "fail":
            failed.append(name)
        elif case.find("skipped") is not None or status in ("notrun", "disabled"):
            skipped.append(name)
        else:
            passed.append(name)
    return passed, failed, skipped


if __name__ == "__main__":
    sys.exit(main())
