#!/usr/bin/python3
"""Lints the RTL in Verilator, Icarus and yosys.

    check_rtl.py [MODULE...]       every module with its default parameters, exact8_core and exact8_top in every named
                                   configuration and some others; prints each finding; exit 1 when there is any
    check_rtl.py --self-test       writes modules with one mistake each and demands that the right linter finds it

Verilator: -Wall, Verilog-2005. Icarus: -g2005 -Wall. yosys: hierarchy -check; proc; check -assert; no latches; every warning
is a finding ("implicitly declared" above all).
"""
import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import rtl_config  # noqa: E402

ROOMS = ("lib", "memory", "datapath", "dma", "control", "")
# Builds that no named configuration covers: the packed dot product with its pipelines, the widest and the oddest bus.
OTHERS = {
    "b512_packed": ("b512", {"PACKED": 1, "PIPE_W": 1, "DOT_PIPE": 2}),
    "b512_wide": ("b512", {"AXI_BYTES": 64, "AXI_ADDR_BITS": 64, "MUL_BITS": 24}),
    "odd": ("b512", {"LANES": 16, "V": 2, "DRAIN": 1, "AXI_BYTES": 8, "AXI_ADDR_BITS": 40, "DOUBLE_ROUND": 0}),
}


def run(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return result.returncode, result.stdout


def rooms(rtl):
    return [os.path.join(rtl, r) for r in ROOMS if os.path.isdir(os.path.join(rtl, r))]


def verilator(rtl, module, path, parameters):
    command = ["verilator", "-Wall", "--default-language", "1364-2005", "--lint-only", "-I" + rtl, "--top-module", module]
    for room in rooms(rtl):
        command += ["-y", room]
    command += [f"-G{k}={v}" for k, v in parameters.items()]
    code, text = run(command + [path])
    return text if code or "%Warning" in text else ""


def icarus(rtl, module, path, parameters):
    command = ["iverilog", "-g2005", "-Wall", "-t", "null", "-I", rtl, "-s", module]
    for room in rooms(rtl):
        command += ["-y", room]
    command += [f"-P{module}.{k}={v}" for k, v in parameters.items()]
    code, text = run(command + [path])
    return text if code or text.strip() else ""


def yosys(rtl, module, path, parameters):
    chparam = " ".join(f"-chparam {k} {v}" for k, v in parameters.items())
    libraries = " ".join(f"-libdir {room}" for room in rooms(rtl))
    script = (f"verilog_defaults -add -I{rtl}; read_verilog {path}; hierarchy -check {libraries} {chparam} -top {module}; "
              "proc; check -assert; select -assert-none t:$dlatch t:$adlatch t:$dlatchsr t:$sr")
    code, text = run(["yosys", "-q", "-p", script])
    lines = [line for line in text.splitlines() if re.search(r"Warning|ERROR|implicitly declared|[Ll]atch", line)]
    return "\n".join(lines) or text if code or lines else ""


LINTERS = {"verilator": verilator, "icarus": icarus, "yosys": yosys}


def modules(rtl):
    paths = [p for room in rooms(rtl) for p in sorted(glob.glob(os.path.join(room, "*.v")))]
    return {os.path.splitext(os.path.basename(p))[0]: p for p in paths}


def jobs(rtl, only):
    """(what, module, path, parameters) of everything to lint."""
    all_modules = modules(rtl)
    for module, path in all_modules.items():
        if not only or module in only:
            yield module, module, path, {}
    named = rtl_config.configurations()
    builds = dict(named)
    for name, (base, changes) in OTHERS.items():
        builds[name] = {**named[base], **changes}
    for top in ("exact8_core", "exact8_top"):
        if top not in all_modules or (only and top not in only):
            continue
        for name, parameters in builds.items():
            yield f"{top} {name}", top, all_modules[top], parameters


def lint(rtl, only):
    work = list(jobs(rtl, only))
    unknown = set(only) - set(modules(rtl))
    if unknown or not work:
        print(f"no such module: {sorted(unknown)}" if unknown else "nothing checked")
        return 1
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = [(what, name, pool.submit(linter, rtl, module, path, parameters))
                for what, module, path, parameters in work for name, linter in LINTERS.items()]
        for what, name, future in runs:
            finding = future.result()
            if finding:
                bad += 1
                print(f"{what}: {name}:\n{finding.strip()}\n")
    print(f"{len(work)} modules and builds in {', '.join(LINTERS)}: {bad} with findings")
    return 1 if bad else 0


HEAD = "`default_nettype none\nmodule e8_x (input wire clk_i, input wire [3:0] a_i, output {0});\n"
CLEAN = HEAD.format("reg [3:0] b_o") + "  always @(posedge clk_i) b_o <= a_i;\nendmodule\n"
# Mistake: the linters that must find it, and the module.
BAD = {
    "width": ({"verilator"}, CLEAN.replace("b_o <= a_i", "b_o <= a_i[1:0]")),
    "unused": ({"verilator"}, CLEAN.replace("b_o <= a_i", "b_o <= {a_i[2:0], 1'b0}")),
    "latch": ({"verilator", "yosys"},
              HEAD.format("reg b_o") + "  always @* if (a_i == 4'd1) b_o = clk_i;\nendmodule\n"),
    "two drivers": ({"yosys"}, HEAD.format("wire b_o") + "  assign b_o = clk_i;\n  assign b_o = a_i == 4'd1;\nendmodule\n"),
    "no driver": ({"verilator", "yosys"}, HEAD.format("wire b_o") +
                  "  wire c;\n  assign b_o = clk_i && a_i == 4'd1 && c;\nendmodule\n"),
    "implicit": ({"verilator", "icarus", "yosys"}, CLEAN.replace("`default_nettype none\n", "").replace(
        "endmodule", "  assign c = clk_i;\nendmodule")),
    "missing module": ({"verilator", "icarus", "yosys"}, CLEAN.replace("endmodule", "  e8_none u_none ();\nendmodule")),
    "SystemVerilog": ({"verilator", "icarus"}, CLEAN.replace("always @(posedge", "always_ff @(posedge")),
    "range": ({"verilator", "icarus", "yosys"}, CLEAN.replace("b_o <= a_i", "b_o <= {a_i[4], a_i[2:0]}")),
}


def self_test():
    wrong = 0
    for what, (expected, text) in {"clean": (set(), CLEAN), **BAD}.items():
        with tempfile.TemporaryDirectory() as rtl:
            path = os.path.join(rtl, "e8_x.v")
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            found = {name for name, linter in LINTERS.items() if linter(rtl, "e8_x", path, {})}
            if not expected <= found or (not expected and found):
                print(f"self-test: {what}: found by {sorted(found)}, expected {sorted(expected)}")
                wrong += 1
    with tempfile.TemporaryDirectory() as empty:
        wrong += lint(empty, []) == 0
    covered = set().union(*(linters for linters, _ in BAD.values())) == set(LINTERS)
    print(f"self-test: {len(BAD)} mistakes, {wrong} not found" + ("" if covered else "; a linter is never tried"))
    return 1 if wrong or not covered else 0


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("modules", nargs="*")
    ap.add_argument("--rtl", default=os.path.join(ROOT, "rtl"))
    ap.add_argument("--self-test", action="store_true")
    args = ap.parse_args()
    sys.exit(self_test() if args.self_test else lint(os.path.abspath(args.rtl), args.modules))
