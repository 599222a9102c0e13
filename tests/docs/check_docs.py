#!/usr/bin/python3
"""Runs the commands that the documentation shows and compares what they print.

    check_docs.py --exact8 build/release/host/exact8     every README and docs page; exit 1 when anything differs
    check_docs.py --self-test                            proves that a wrong output, a failing command and a dead link are found

In fenced blocks marked `console`, a line `$ exact8 ...` is run at the root of the tree, with build/docs made for its outputs; the lines up to
the next `$` or the end are what it must print. A line `...` stands for any lines; numbers before s, ms and MAC/s are times and not compared.
Other commands (make, scripts) are not run here: CI runs them. Links to files of the tree must exist.
"""
import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
TIMES = re.compile(r"[0-9][0-9.,]*(?= *(?:s|ms|[GMk]? ?(?:useful )?MAC/s)\b)")


def pages(root):
    for folder, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in ("build", ".git", "out", "obj_dir"))
        yield from (os.path.join(folder, n) for n in sorted(names) if n.endswith(".md"))


def sessions(text):
    """(line number, command, expected lines) of every `$ exact8` in console blocks."""
    found, block, current = [], False, None
    for n, line in enumerate(text.split("\n"), 1):
        if line.startswith("```"):
            block = line.strip() == "```console"
            current = None
        elif block and line.startswith("$ "):
            current = (n, line[2:], []) if line.startswith("$ exact8") else None
            if current:
                found.append(current)
        elif block and current:
            current[2].append(line)
    return found


def matches(expected, got):
    """Do the printed lines fit the expected ones?"""
    if not expected:
        return not got
    if expected[0].strip() == "...":
        return any(matches(expected[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and TIMES.sub("#", expected[0].rstrip()) == TIMES.sub("#", got[0].rstrip()) and matches(expected[1:], got[1:])


def dead_links(path, text, root):
    for n, line in enumerate(text.split("\n"), 1):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", line):
            base = root if target.startswith("/") else os.path.dirname(path)
            if not os.path.exists(os.path.join(base, target.lstrip("/"))):
                yield f"{os.path.relpath(path, root)}:{n}: link to {target}, which is not there"


def check(root, exact8):
    problems, ran = [], 0
    env = dict(os.environ, PATH=os.path.dirname(os.path.abspath(exact8)) + os.pathsep + os.environ["PATH"], NO_COLOR="1")
    os.makedirs(os.path.join(root, "build", "docs"), exist_ok=True)
    for path in pages(root):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        problems += dead_links(path, text, root)
        for line, command, expected in sessions(text):
            ran += 1
            where = f"{os.path.relpath(path, root)}:{line}: {command}"
            done = subprocess.run([exact8] + shlex.split(command)[1:], cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode != 0:
                problems.append(f"{where}: exit code {done.returncode}: {done.stderr.strip()}")
            elif not matches(expected, done.stdout.rstrip("\n").split("\n") if done.stdout else []):
                problems.append(f"{where}: printed\n{done.stdout}")
    for p in problems:
        print(p)
    print(f"{ran} commands, {len(problems)} problems")
    return 1 if problems or not ran else 0


def self_test():
    """A page with one good session passes; each kind of wrong page fails."""
    page = "```console\n$ exact8 say hello\nhello in 3 s\n...\nlast\n```\n"
    tool = "#!/bin/sh\n[ $1 = say ] || exit 2\nprintf '%s in 7 s\\nmiddle\\nlast\\n' $2\n"
    cases = {"good": (page, 0), "output": (page.replace("hello in", "hullo in"), 1), "exit": (page.replace("say", "cry"), 1),
             "link": (page + "[x](nowhere.md)\n", 1), "missing line": (page.replace("last\n", "last\nmore\n"), 1), "no command": ("text\n", 1)}
    wrong = 0
    for name, (text, want) in cases.items():
        with tempfile.TemporaryDirectory() as root:
            with open(os.path.join(root, "README.md"), "w", encoding="utf-8") as f:
                f.write(text)
            exact8 = os.path.join(root, "exact8")
            with open(exact8, "w", encoding="utf-8") as f:
                f.write(tool)
            os.chmod(exact8, 0o755)
            if check(root, exact8) != want:
                print(f"self-test: {name}: expected {want}")
                wrong += 1
    print(f"self-test: {len(cases)} pages, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--exact8", default=os.path.join(ROOT, "build", "release", "host", "exact8"))
    ap.add_argument("--self-test", action="store_true")
    args = ap.parse_args()
    sys.exit(self_test() if args.self_test else check(ROOT, os.path.abspath(args.exact8)))
