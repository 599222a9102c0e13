#!/usr/bin/python3
"""Synthesis and place-and-route reports, kept in build/area.

    area.py [--only nano|b512] [--out build/area]

nano: yosys synth_ice40, nextpnr-ice40 for UP5K with the board wrapper constraints/up5k_top.v; and the machine by module.
b512: yosys synth_xilinx for xc7. A tool's error, a latch, a design that does not fit or route is exit code 1; a missing
tool 3. The reports are <name>.log, <name>.stat and summary.txt.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rtl_config  # noqa: E402

ROOT = rtl_config.ROOT
LIMIT_SECONDS = 3600
UP5K = {"LUT or FF cells": 5280, "block RAM": 30, "DSP": 8, "SPRAM": 4}
LATCHES = "t:$dlatch t:$adlatch t:$dlatchsr t:$sr t:$_DLATCH_* t:$_SR_* t:LD*"


class Failed(Exception):
    """A step failed; the message says which and where its log is."""


def run(command, log):
    start = time.time()
    with open(log, "w", encoding="utf-8") as out:
        try:
            code = subprocess.run(command, cwd=os.path.join(ROOT, "rtl"), stdout=out, stderr=subprocess.STDOUT,
                                  timeout=LIMIT_SECONDS, check=False).returncode
        except subprocess.TimeoutExpired:
            raise Failed(f"{command[0]} took more than {LIMIT_SECONDS} s; see {log}") from None
    print(f"  {command[0]}: {time.time() - start:.0f} s, {os.path.relpath(log, ROOT)}", flush=True)
    return code


def synthesize(out, name, top, synth, extra="", results=""):
    """Runs yosys on the RTL (and `extra` sources); returns {cell type: count} of the whole design."""
    with open(os.path.join(ROOT, "rtl/files.f"), encoding="utf-8") as f:
        sources = " ".join(f.read().split())
    config = rtl_config.configurations()[name.split("-")[0]]
    chparam = " ".join(f"-set {k} {v}" for k, v in config.items())
    stat, log = os.path.join(out, name + ".stat"), os.path.join(out, name + ".log")
    script = (f"read_verilog -I. {sources} {extra}; chparam {chparam} {top}; {synth} -top {top}; "
              f"select -assert-none {LATCHES}; tee -o {stat} stat; {results}")
    if run(["yosys", "-p", script], log):
        raise Failed(f"yosys failed; see {log}")
    return cells(stat)


def cells(stat):
    """Cell counts of the last module in a stat report: the design."""
    with open(stat, encoding="utf-8") as f:
        last = f.read().rsplit("\n=== ", 1)[-1]
    return {t: int(n) for t, n in re.findall(r"^ +(\$?[A-Za-z_]\w*) +(\d+)$", last, re.M)}


def total(counts, pattern):
    return sum(n for t, n in counts.items() if re.fullmatch(pattern, t))


def fmax(log):
    """MHz of the slowest clock after routing, which nextpnr reports last."""
    with open(log, encoding="utf-8") as f:
        last = dict(re.findall(r"Max frequency for clock\s+'(.*?)': ([\d.]+) MHz", f.read()))
    return min(map(float, last.values())) if last else "?"


def utilization(log):
    """{resource: (used, available)} of nextpnr's table."""
    with open(log, encoding="utf-8") as f:
        rows = re.findall(r"Info:\s+(ICESTORM_\w+|SB_\w+|ICESTORM_RAM):\s+(\d+)/\s*(\d+)", f.read())
    return {r: (int(used), int(of)) for r, used, of in rows}


def nano(out, lines):
    wrapper = os.path.join(ROOT, "constraints/up5k_top.v")
    counts = synthesize(out, "nano", "up5k_top", "synth_ice40 -dsp -abc9", wrapper, f"write_json {out}/nano.json")
    lines.append(f"nano, iCE40: {total(counts, 'SB_LUT4')} LUT4, {total(counts, 'SB_DFF.*')} FF, "
                 f"{total(counts, 'SB_CARRY')} carry, {total(counts, 'SB_RAM40.*')} EBR, {total(counts, 'SB_MAC16')} DSP, "
                 f"{total(counts, 'SB_SPRAM.*')} SPRAM (board wrapper included)")
    by_module = synthesize(out, "nano-by-module", "exact8_top", "synth_ice40 -dsp -abc9 -noflatten")
    lines.append(f"      by module (nano-by-module.stat): {total(by_module, 'SB_LUT4')} LUT4, "
                 f"{total(by_module, 'SB_DFF.*')} FF without optimization across modules")
    log = os.path.join(out, "nano-pnr.log")
    code = run(["nextpnr-ice40", "--up5k", "--package", "sg48", "--json", f"{out}/nano.json", "--pcf",
                os.path.join(ROOT, "constraints/up5k_icebreaker.pcf"), "--asc", f"{out}/nano.asc", "--freq", "12"], log)
    used = utilization(log)
    cells_used, cells_there = used.get("ICESTORM_LC", (0, UP5K["LUT or FF cells"]))
    lines.append(f"nano, UP5K: {cells_used} of {cells_there} logic cells ({100 * cells_used / cells_there:.0f} %)"
                 + ("" if code else f", {fmax(log)} MHz"))
    if cells_used > cells_there:
        raise Failed(f"nano does not fit a UP5K: {cells_used - cells_there} logic cells too many; see {log}")
    if code:
        raise Failed(f"nextpnr-ice40 failed; see {log}")
    if run(["icepack", f"{out}/nano.asc", f"{out}/nano.bin"], os.path.join(out, "nano-pack.log")):
        raise Failed(f"icepack failed; see {out}/nano-pack.log")


def b512(out, lines):
    counts = synthesize(out, "b512", "exact8_top", "synth_xilinx -family xc7")
    lines.append(f"b512, xc7: {total(counts, 'LUT[1-6]')} LUT, {total(counts, 'RAM.*M|RAM64X1D|RAM32X1D|RAM128X1D')} LUT RAM, "
                 f"{total(counts, 'FD[RSCP]E')} FF, {total(counts, 'RAMB36E1')} RAMB36 + {total(counts, 'RAMB18E1')} RAMB18, "
                 f"{total(counts, 'DSP48E1')} DSP48, 0 latches")


DESIGNS = {"nano": nano, "b512": b512}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--only", choices=DESIGNS)
    ap.add_argument("--out", default=os.path.join(ROOT, "build/area"))
    args = ap.parse_args()
    for tool in ("yosys", "nextpnr-ice40", "icepack"):
        if not shutil.which(tool):
            print(f"area: {tool} is missing; scripts/setup.sh --test installs it", file=sys.stderr)
            return 3
    out = os.path.abspath(args.out)
    os.makedirs(out, exist_ok=True)
    lines, failures = [], []
    for name, work in DESIGNS.items():
        if args.only in (None, name):
            print(f"area: {name}", flush=True)
            try:
                work(out, lines)
            except Failed as problem:
                failures.append(f"{name}: {problem}")
    summary = "\n".join(lines + [f"FAILED {f}" for f in failures])
    with open(os.path.join(out, "summary.txt"), "w", encoding="utf-8") as f:
        f.write(summary + "\n")
    print(summary)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
