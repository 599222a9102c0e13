#!/usr/bin/python3
"""Proves an RTL unit equal to its specification for every input, by yosys and its SAT solver, and refutes broken copies.

    prove.py NAME [--rtl DIR]    one proof of PROOFS, then its controls; exit 0 when the proof holds and every control is refuted
    prove.py --list              the names

A specification (NAME_spec.v) instantiates the unit and raises `ok_o` where both agree; the proof is that it is never 0.
Registers are made wires (transparent.v), so a pipeline is proved as the function it computes. A control changes one text
of the RTL and must yield a counterexample: a proof that also accepts broken hardware proves nothing.
"""
import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

SCALE = "datapath/e8_scale.v"
TAIL = ["datapath/e8_tail.v", "datapath/e8_tail_control.v", SCALE]
UNPACK = "datapath/e8_dot_unpack.v"


class Proof:
    """`cases` is a list of {input: constant}: the proof runs once for each, the other inputs stay free. Each control is
    (file, old text, new text, case in which it must be refuted)."""

    def __init__(self, files, spec, parameters, cases, controls):
        self.files, self.spec, self.parameters, self.cases, self.controls = files, spec, parameters, cases, controls


def tail(mul_bits, double_round, shifts):
    """All accumulators, biases, modes and clamps; with a multiplier, T is any 64-bit value (the product itself is cut out
    of both sides), else V is all of its range. One case a shift."""
    at = {"s_i": min(max(9, shifts[0]), shifts[-1])}
    controls = [
        (SCALE, "inc    = c[0] && (", "inc    = (", at),                              # no guard bit
        (SCALE, "c[0] && (sticky ||", "c[0] && (", at),                               # no sticky bit
        (SCALE, "tie == HALF_AWAY && !sign", "tie == HALF_AWAY && sign", at),         # wrong tie
        (SCALE, "far ? {sign, {8{!sign}}} : c[9:1]", "c[9:1]", at),                   # no saturation
        (SCALE, "y < low ? lo :", "y <= low ? lo + 8'd1 :", at),                      # clamp off by one
    ]
    return Proof(TAIL, "tail_spec", {"MUL_BITS": mul_bits, "DOUBLE_ROUND": double_round},
                 [{"s_i": s} for s in shifts], controls)


PROOFS = {
    "dot_unpack": Proof([UNPACK], "unpack_spec", {}, [{}], [
        (UNPACK, "sum_i[17] && sum_i[16:10] != 7'd0", "sum_i[17]", {}),
        (UNPACK, "+ {20'd0, negative}", "", {})]),
    "tail_31_double_1_16": tail(31, 1, range(1, 17)),
    "tail_31_double_17_39": tail(31, 1, range(17, 40)),
    "tail_31_double_40_62": tail(31, 1, range(40, 63)),
    "tail_0_1_16": tail(0, 0, range(1, 17)),
    "tail_0_17_62": tail(0, 0, range(17, 63)),
}


def script(proof, rtl, cases):
    """The yosys script: builds the specification once, then one SAT run a case."""
    files = [os.path.join(rtl, f) for f in proof.files] + [os.path.join(HERE, proof.spec + ".v")]
    lines = [f"read_verilog {' '.join(files)}"]
    lines += [f"chparam -set {name} {value} {proof.spec}" for name, value in proof.parameters.items()]
    lines += [f"hierarchy -check -top {proof.spec}", "proc", "flatten", "opt -full",
              f"techmap -map {os.path.join(HERE, 'transparent.v')}", "opt -full", "select -assert-none t:$*dff* t:$*latch*"]
    if "MUL_BITS" in proof.parameters:  # after opt, both sides share the one product
        lines += [f"select -assert-count {min(1, proof.parameters['MUL_BITS'])} t:$mul", "cutpoint t:$mul"]
    lines += ["design -save built"]
    for case in cases:
        lines += ["design -load built"]
        for port, value in case.items():
            lines += [f"delete -input {proof.spec}/{port}", f"connect -set {port} {value}"]
        lines += ["opt -full", f"sat -prove ok_o 1 -show-ports {proof.spec}"]
    return "\n".join(lines) + "\n"


def solve(proof, rtl, cases):
    """(True, log) when proved, (False, log) when a counterexample exists; anything else raises."""
    with tempfile.NamedTemporaryFile("w", suffix=".ys") as ys:
        ys.write(script(proof, rtl, cases))
        ys.flush()
        run = subprocess.run(["yosys", "-s", ys.name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    proved = run.stdout.count("no model found: SUCCESS!")
    if run.returncode == 0 and proved == len(cases):
        return True, run.stdout
    if run.returncode == 0 and "model found: FAIL!" in run.stdout:
        return False, run.stdout
    raise RuntimeError(f"yosys neither proved nor refuted (exit {run.returncode}, {proved} of {len(cases)} cases):\n"
                       + run.stdout[-3000:])


def broken_copy(proof, rtl, scratch, control):
    """A copy of the proof's files with one text replaced; the text must occur exactly once."""
    file, old, new, _ = control
    for f in proof.files:
        with open(os.path.join(rtl, f), encoding="utf-8") as source:
            text = source.read()
        if f == file:
            if text.count(old) != 1:
                raise RuntimeError(f"control: {f} has {text.count(old)} times: {old}")
            text = text.replace(old, new)
        os.makedirs(os.path.join(scratch, os.path.dirname(f)), exist_ok=True)
        with open(os.path.join(scratch, f), "w", encoding="utf-8") as target:
            target.write(text)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("name", nargs="?", choices=sorted(PROOFS))
    ap.add_argument("--list", action="store_true", help="print the names of all proofs")
    ap.add_argument("--rtl", default=os.path.join(ROOT, "rtl"), help="another copy of rtl/")
    args = ap.parse_args()
    if args.list:
        print("\n".join(PROOFS))
        return 0
    if not args.name:
        ap.error("name a proof, or --list")

    proof, failed = PROOFS[args.name], 0
    holds, log = solve(proof, args.rtl, proof.cases)
    print(f"{args.name}: {'proved for all inputs' if holds else 'REFUTED'} ({len(proof.cases)} cases)")
    if not holds:
        print(log[log.index("model found: FAIL!"):][:3000])
        failed += 1
    for control in proof.controls:
        with tempfile.TemporaryDirectory() as scratch:
            broken_copy(proof, args.rtl, scratch, control)
            accepted, _ = solve(proof, scratch, [control[3]])
        print(f"{args.name}: control '{control[2]}' for '{control[1]}': {'NOT REFUTED' if accepted else 'refuted'}")
        failed += accepted
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
