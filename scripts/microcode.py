#!/usr/bin/python3
"""Makes rtl/dma/e8_serial_rom.v of the microprogram rtl/dma/e8_serial_dma.uc.

    microcode.py             writes it
    microcode.py --check     exit 1 if the file is not what would be written
    microcode.py --list      prints the program as placed, with the words that had to be put in

A line is `label: operation | action if [!]condition goto label else label`; all but the operation may be missing. `# ` starts a comment. An operation is `nop` or `destination = expression`; what it computes goes to the accumulator and
to a cell of the data memory, of which `acc` is one that nobody reads. Expressions, of an operand X, the accumulator and the carry:

    X   X + 1   X - 1   X + c   X - 1 + c   -X   ~X + c   acc + X   acc + X + c   acc - X   acc - X - b      (b: borrow, no carry)

All but the first set the carry (acc + constant does not exist). X is a cell, i<n> (byte n of the instruction), r<n> (byte n of the region's registers: 0 base, 8 size),
#<number or NAME>, rdata (the read beat's byte at the address) or word (the byte of the feature word). A condition is about what was before
the operation. `.macro name parameters` to `.end` is text that `.use name arguments` puts in.

The machine computes one word a cycle. Each word names its successor and, as the memories answer a cycle later, the successor's
operand. A condition replaces the lowest address bit: a branch's two successors lie beside each other, in copies where a word has several
predecessors. Where two successors need different operands, or a word reads the cell that the word before it writes, a nop comes between.
"""
import argparse
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE = os.path.join(ROOT, "rtl/dma/e8_serial_dma.uc")
RESULT = os.path.join(ROOT, "rtl/dma/e8_serial_rom.v")

NEXT_BITS, CELL_BITS = 9, 7
CONDITIONS = ["never", "c", "z", "n", "go", "store", "ack", "valid", "fault", "beat", "kind", "param", "full"]
ACTIONS = ["none", "a0", "a1", "a2", "a3", "wa0", "wa1", "pos", "buf", "wide", "pop", "ar", "sr", "w", "b", "emit",
           "kind", "idle", "done", "err"]
SOURCES = ["constant", "cell", "i", "r", "rdata", "word"]
# (accumulator, all ones, inverted operand, carry in of 1, carry in of the carry flag); a form without a carry in that adds a
# constant leaves the carry flag alone
FORMS = {
    "X": "00000", "X + 1": "00010", "X - 1": "01000", "X + c": "00001", "X - 1 + c": "01001", "-X": "00110",
    "~X + c": "00101", "acc + X": "10000", "acc + X + c": "10001", "acc - X": "10110", "acc - X - b": "10101",
}
NOP_FORM = "10000"
# Fields from the highest bit; e8_serial_dma.v takes the word apart in the same order.
FIELDS = [("next", NEXT_BITS), ("condition", 4), ("form", 5), ("source", 3), ("cell", CELL_BITS), ("operand", CELL_BITS),
          ("action", 5), ("constant", 8)]
WIDTH = sum(bits for _, bits in FIELDS)


class Bad(Exception):
    """The microprogram is wrong; the message says where."""


class Word:
    """A word before it is placed: successors are words; `target` is taken when the condition holds."""

    def __init__(self, text):
        self.text = text
        self.form, self.source, self.operand, self.constant = NOP_FORM, "constant", None, "0"
        self.write, self.action = 0, "none"
        self.condition, self.negated, self.goto, self.other = None, False, None, None
        self.follow = self.target = None


def expand(text):
    """Lines with the macros put in, as (number, line)."""
    macros, lines, current = {}, [], None
    for number, line in enumerate(text.split("\n"), 1):
        line = re.sub(r"(^|\s)#(\s|$).*", "", line).rstrip()
        words = line.split()
        if not words:
            continue
        if words[0] == ".macro":
            current = words[1]
            macros[current] = (words[2:], [])
        elif words[0] == ".end":
            current = None
        elif words[0] == ".use":
            parameters, body = macros[words[1]]
            for at, text_line in body:
                for parameter, argument in zip(parameters, words[2:]):
                    text_line = re.sub(rf"\b{parameter}\b", argument, text_line)
                lines.append((at, text_line))
        elif current:
            macros[current][1].append((number, line))
        else:
            lines.append((number, line))
    return lines


def parse_operand(word, name, cells):
    if re.fullmatch(r"#\w+", name):
        word.constant = name[1:]
    elif name in ("rdata", "word"):
        word.source = name
    elif re.fullmatch(r"[ir]\d+", name):
        word.source, word.operand = name[0], int(name[1:])
    elif re.fullmatch(r"[a-z]\w*", name) and name != "acc":
        word.source, word.operand = "cell", cells.setdefault(name, len(cells))
    else:
        raise Bad(f"operand '{name}'")


def parse_line(line, cells):
    """(labels, word)"""
    labels = re.match(r"((?:[\w.]+:\s*)*)(.*)", line)
    rest = labels[2].strip()
    word = Word(rest)
    jump = re.search(r"(?:\bif (!?)(\w+) )?\bgoto ([\w.]+)(?: else ([\w.]+))?$", rest)
    if jump:
        rest = rest[:jump.start()].strip()
        word.negated, word.condition, word.goto, word.other = bool(jump[1]), jump[2], jump[3], jump[4]
        if word.condition and word.condition not in CONDITIONS:
            raise Bad(f"condition '{word.condition}'; one of {' '.join(CONDITIONS)}")
    operation, _, action = (part.strip() for part in rest.partition("|"))
    word.action = action or "none"
    if word.action not in ACTIONS:
        raise Bad(f"action '{action}'; one of {' '.join(ACTIONS)}")
    if operation != "nop":
        match = re.fullmatch(r"(\w+) = (.*)", operation)
        if not match:
            raise Bad(f"operation '{operation}'")
        names = [n for n in re.findall(r"#?\w+", match[2]) if n not in ("acc", "c", "b", "1")]
        form = re.sub(rf"(?<![\w#]){re.escape(names[0])}(?!\w)", "X", match[2]) if len(names) == 1 else "?"
        if form not in FORMS:
            raise Bad(f"expression '{match[2]}'")
        word.form = FORMS[form]
        parse_operand(word, names[0], cells)
        if form == "acc + X" and word.source == "constant":
            raise Bad("acc + constant does not set the carry: put the constant into the accumulator")
        word.write = cells.setdefault(match[1], len(cells))
    return re.findall(r"([\w.]+):", labels[1]), word


def parse(text):
    """(words in the order of the text, cell addresses)"""
    words, cells, labels, pending = [], {"acc": 0}, {}, []
    for number, line in expand(text):
        try:
            names, word = parse_line(line, cells)
            for name in names:
                if name in labels:
                    raise Bad(f"label '{name}' twice")
                labels[name] = word
        except Bad as problem:
            raise Bad(f"line {number}: {problem}") from None
        for before in pending:
            before.follow = word
        pending = [word] if not word.goto or (word.condition and not word.other) else []
        words.append(word)
    for word in words:
        for label in (word.goto, word.other):
            if label and label not in labels:
                raise Bad(f"no label '{label}' for: {word.text}")
        if word.goto:
            if word.condition:
                word.target = labels[word.goto]
                word.follow = labels[word.other] if word.other else word.follow
                if word.negated:
                    word.follow, word.target = word.target, word.follow
            else:
                word.follow = labels[word.goto]
    if pending or len(cells) > 1 << CELL_BITS:
        raise Bad("the last word has no successor" if pending else f"{len(cells)} cells")
    return words, cells


def bubble(words, successor):
    nop = Word("")
    nop.follow = successor
    words.append(nop)
    return nop


def separate(words):
    """Puts nops where a successor's operand cannot be had; returns their number."""
    before = len(words)

    def stale(word, successor):
        return successor.source == "cell" and successor.operand == word.write

    for word in list(words):
        if stale(word, word.follow):
            word.follow = bubble(words, word.follow)
        if word.target and stale(word, word.target):
            word.target = bubble(words, word.target)
        if word.target and None not in (word.follow.operand, word.target.operand) and \
                word.follow.operand != word.target.operand:
            if word.negated:       # the taken side, as the text has it, waits
                word.follow = bubble(words, word.follow)
            else:
                word.target = bubble(words, word.target)
    return len(words) - before


def place(words):
    """{address: word}; the first word is at address 0. Pairs first, then what is in none."""
    slots, where, pairs = {}, {}, {}

    def put(address, word):
        slots[address] = word
        where.setdefault(word, address)

    for word in words:
        if word.target:
            key = (word.follow, word.target)
            if key not in pairs:
                pairs[key] = 2 * len(pairs)
                put(pairs[key], key[0])
                put(pairs[key] + 1, key[1])
    address = 2 * len(pairs)
    for word in words:
        if word not in where:
            put(address, word)
            address += 1
    if slots[0] is not words[0]:
        raise Bad("the first word is not a loop of its own")
    if address > 1 << NEXT_BITS:
        raise Bad(f"{address} words")
    return slots, where, pairs


def encode(word, where, pairs):
    successors = [w for w in (word.follow, word.target) if w]
    operand = next((w.operand for w in successors if w.operand is not None), 0)
    values = {
        "next": pairs[word.follow, word.target] if word.target else where[word.follow],
        "condition": CONDITIONS.index(word.condition) if word.target else 0,
        "form": int(word.form, 2),
        "source": SOURCES.index(word.source),
        "cell": word.write,
        "operand": operand,
        "action": ACTIONS.index(word.action),
        "constant": int(word.constant) if word.constant.isdigit() else 0,
    }
    bits = 0
    for name, width in FIELDS:
        if values[name] >> width:
            raise Bad(f"{name} {values[name]} in: {word.text}")
        bits = bits << width | int(values[name])
    digits = (WIDTH - 8 + 3) // 4
    head = f"{WIDTH - 8}'h{bits >> 8:0{digits}x}"
    if word.constant.isdigit():
        return f"{{{head}, 8'd{word.constant}}}"
    return f"{{{head}, {'`E8_' if word.constant.startswith('ERR_') else ''}{word.constant}}}"


HEAD = """// Microprogram of e8_serial_dma.v, {words} words. Generated by scripts/microcode.py from e8_serial_dma.uc: do not edit.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_serial_rom #(
  parameter FEATURE_LOG2 = 9,
  parameter WEIGHT_LOG2  = 8,
  parameter PARAM_LOG2   = 6
) (
  input  wire         clk_i,
  input  wire [{next}:0]   addr_i,
  output reg  [{top}:0]  word_o
);
  // Depths of the memories, 2^15 at most.
  localparam [15:0] FEATURE = 1 << FEATURE_LOG2;
  localparam [15:0] WEIGHT  = 1 << WEIGHT_LOG2;
  localparam [15:0] PARAM   = 1 << PARAM_LOG2;
  localparam [7:0] FEATURE_LOW  = FEATURE[7:0];
  localparam [7:0] FEATURE_HIGH = FEATURE[15:8];
  localparam [7:0] WEIGHT_LOW   = WEIGHT[7:0];
  localparam [7:0] WEIGHT_HIGH  = WEIGHT[15:8];
  localparam [7:0] PARAM_LOW    = PARAM[7:0];
  localparam [7:0] PARAM_HIGH   = PARAM[15:8];

  always @(posedge clk_i) begin
    case (addr_i)
"""


def generate(text):
    words, cells = parse(text)
    nops = separate(words)
    slots, where, pairs = place(words)
    lines = [HEAD.format(words=len(slots), next=NEXT_BITS - 1, top=WIDTH - 1)]
    for address in sorted(slots):
        word = slots[address]
        lines.append(f"      {NEXT_BITS}'d{address}: word_o <= {encode(word, where, pairs)};"
                     + (f" // {' '.join(word.text.split())}" if word.text else "") + "\n")
    lines.append(f"      default: word_o <= {WIDTH}'d0;\n    endcase\n  end\nendmodule\n`resetall\n")
    return "".join(lines), f"{len(slots)} words, {nops} nops put in, {len(cells)} cells, {WIDTH} bits", slots, where, pairs


def write(source, result):
    """Writes the ROM of the microprogram; returns what generate() does."""
    with open(source, encoding="utf-8") as f:
        made = generate(f.read())
    with open(result, "w", encoding="utf-8") as f:
        f.write(made[0])
    return made


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--check", action="store_true")
    ap.add_argument("--list", action="store_true")
    args = ap.parse_args()
    try:
        with open(SOURCE, encoding="utf-8") as f:
            verilog, summary, slots, where, pairs = generate(f.read())
    except Bad as problem:
        print(f"{os.path.relpath(SOURCE, ROOT)}: {problem}", file=sys.stderr)
        return 1
    if args.list:
        for address in sorted(slots):
            word = slots[address]
            go = f"{where[word.follow]}" if not word.target else f"{pairs[word.follow, word.target]} + {word.condition}"
            print(f"{address:4} -> {go:12} {' '.join(word.text.split()) or '(put in)'}")
        print(summary)
        return 0
    if args.check:
        with open(RESULT, encoding="utf-8") as f:
            if f.read() == verilog:
                return 0
        print("rtl/dma/e8_serial_rom.v is not what scripts/microcode.py makes of rtl/dma/e8_serial_dma.uc: run it",
              file=sys.stderr)
        return 1
    write(SOURCE, RESULT)
    print(summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
