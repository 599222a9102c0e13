#!/usr/bin/python3
"""Runs the benchmarks and keeps their figures.

    scripts/bench.py --bench build/release/tests/exact8_bench --out build/bench [--filter REGEX] [--repetitions N]

Benchmarks are interleaved in random order, so that a machine whose speed drifts slows all of them alike. Writes OUT/bench.json: for every
figure its name, unit, minimum, median and maximum over the repetitions, the command that made it, and the machine. Prints the same as a table.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys

COUNTERS = {"MAC/s": ("GMAC/s", 1e-9), "cycles/s": ("Mcycles/s", 1e-6), "utilization": ("%", 100.0)}


def figures(runs, command):
    """Groups the repetitions of each benchmark; one figure a counter, `NAME.COUNTER`."""
    samples = {}
    for run in runs:
        if run.get("run_type") != "iteration":
            continue
        if run.get("error_occurred"):
            raise SystemExit(f"bench: {run['name']}: {run['error_message']}")
        for counter, (unit, factor) in COUNTERS.items():
            if counter in run:
                name = f"{run['run_name']}.{counter.split('/')[0]}"
                samples.setdefault(name, (unit, []))[1].append(run[counter] * factor)
    return [{"name": name, "unit": unit, "min": min(v), "median": statistics.median(v), "max": max(v), "runs": len(v), "command": command}
            for name, (unit, v) in samples.items()]


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), platform.processor())
    return {"cpu": model, "cores": os.cpu_count(), "system": platform.platform()}


def write_atomically(path, text):
    with open(path + ".tmp", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".tmp", path)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bench", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--filter", default=".")
    ap.add_argument("--repetitions", type=int, default=3)
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    raw = os.path.join(args.out, "raw.json")
    command = [args.bench, f"--benchmark_filter={args.filter}", f"--benchmark_repetitions={args.repetitions}",
               "--benchmark_enable_random_interleaving=true", "--benchmark_min_time=0.2", "--benchmark_display_aggregates_only=true",
               f"--benchmark_out={raw}", "--benchmark_out_format=json"]
    print("$ " + " ".join(command), flush=True)
    if os.path.exists(raw):
        os.remove(raw)
    code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    if code != 0 or not os.path.exists(raw):
        print(f"bench: the benchmarks ended with exit code {code} and {'a' if os.path.exists(raw) else 'no'} result", file=sys.stderr)
        return 3
    with open(raw, encoding="utf-8") as f:
        found = figures(json.load(f)["benchmarks"], " ".join(command))
    if not found:
        print(f"bench: no benchmark matches {args.filter}", file=sys.stderr)
        return 5
    write_atomically(os.path.join(args.out, "bench.json"), json.dumps({"machine": machine(), "figures": found}, indent=1) + "\n")
    print(f"{'figure':64} {'unit':10} {'min':>10} {'median':>10} {'max':>10}")
    for f in found:
        print(f"{f['name']:64} {f['unit']:10} {f['min']:10.3f} {f['median']:10.3f} {f['max']:10.3f}")
    print(f"written to {args.out}/bench.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
