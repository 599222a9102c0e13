#!/usr/bin/python3
"""Checks that rtl/dma/e8_serial_rom.v is what scripts/microcode.py makes of the microprogram.

    check_microcode.py               exit 1 if it is not
    check_microcode.py --self-test   demands that a changed program and every kind of mistake in one are found
"""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import microcode  # noqa: E402

LOOP = "start: nop if !c goto start\n"
MISTAKES = {
    "operand": LOOP + "acc = i1 ; goto start",
    "expression": LOOP + "acc = x - c goto start",
    "two operands": LOOP + "acc = x + y goto start",
    "condition": LOOP + "nop if maybe goto start else start",
    "action": LOOP + "nop | shout goto start",
    "two actions": LOOP + "nop | pop pos goto start",
    "carry": LOOP + "acc = acc + #1 goto start",
    "operation": LOOP + "start goto start",
    "label": LOOP + "nop goto nowhere",
    "label twice": LOOP + "start: nop goto start",
    "end": LOOP + "acc = x",
    "constant": LOOP + "acc = #256 goto start",
    "instruction byte": LOOP + "acc = i128 goto start",
    "first word": "start: nop\nnop if c goto start else a\na: nop goto start",
    "cells": LOOP + "".join(f"c{i} = #0\n" for i in range((1 << microcode.CELL_BITS) + 1)) + "nop goto start",
    "words": LOOP + "nop\n" * (1 << microcode.NEXT_BITS) + "nop goto start",
}


def self_test():
    failures = []
    for name, text in MISTAKES.items():
        try:
            microcode.generate(text)
            failures.append(f"{name}: not found")
        except microcode.Bad:
            pass
    with open(microcode.SOURCE, encoding="utf-8") as f:
        text = f.read()
    if microcode.generate(text)[0] == microcode.generate(text.replace("acc = i2 ", "acc = i3 "))[0]:
        failures.append("a changed program makes the same ROM")
    # A cell is not read in the cycle after it was written, and a branch's two successors get their own operands.
    for name, line in (("written cell", "x = #1\nacc = x goto start"),
                       ("operands", "nop if z goto a\nacc = x goto start\na: acc = i9 goto start")):
        if microcode.separate(microcode.parse(LOOP + line)[0]) != 1:
            failures.append(f"{name}: no nop put in")
    print("\n".join(failures) or f"{len(MISTAKES) + 3} checks")
    return 1 if failures else 0


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--self-test"]):
        sys.exit(__doc__)
    sys.argv[1:] = ["--check"] if not sys.argv[1:] else sys.argv[1:]
    sys.exit(microcode.main() if sys.argv[1] == "--check" else self_test())
