#!/usr/bin/python3
"""The main job, on real pictures: quantize the Fashion-MNIST network by both schemes and run it everywhere.

    scripts/main_job.py --exact8 build/release/host/exact8 --out build/run

For each scheme: calibrate on 256 unlabelled training pictures, run all 10,000 test pictures in the golden model, some hundreds in the
emulator, some in the RTL of b512 and b4096 in lockstep. Fails when anything differs, nothing was compared, or int8 top-1 is more than
0.5 points below float.
"""
import argparse
import json
import os
import subprocess
import sys
import time

DATA = "/usr/share/datasets/fashion-mnist"
TRAIN = f"{DATA}/train-images-idx3-ubyte.gz"
TEST = f"{DATA}/t10k-images-idx3-ubyte.gz"
LABELS = f"{DATA}/t10k-labels-idx1-ubyte.gz"
MODEL = "models/fmnist.onnx"
SCHEMES = (("dpu", "Xilinx int8"), ("scaled", "Zebra int8"))
RTL = (("b512", 12), ("b4096", 8))
EMULATED = 300
MAX_LOSS = 0.5


class Failed(Exception):
    pass


class Job:
    def __init__(self, exact8, out):
        self.exact8, self.out = exact8, out
        self.failures = []

    def call(self, *words, want_json=True):
        command = [self.exact8, *map(str, words)] + (["--json"] if want_json else [])
        print("  $ " + " ".join(command), flush=True)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.stdout.write(done.stdout)
            raise Failed(f"exit {done.returncode}: {' '.join(command)}")
        return json.loads(done.stdout) if want_json else done.stdout

    def accuracy(self, model):
        return self.call("accuracy", model, "--images", TEST, "--labels", LABELS)

    def scheme(self, scheme, title, float_top1):
        int8 = os.path.join(self.out, f"fmnist.{scheme}.onnx")
        print(f"\n{title} (--scheme {scheme})")
        self.call("quantize", MODEL, "--calib", TRAIN, "--subset", 256, "--scheme", scheme, "-o", int8, want_json=False)
        top1 = self.accuracy(int8)["top1"]
        loss = float_top1 - top1
        print(f"{title}: top-1 {top1:.2f} %, float {float_top1:.2f} %, {loss:+.2f} points lost")
        if loss > MAX_LOSS:
            self.failures.append(f"{title} loses {loss:.2f} points; at most {MAX_LOSS} are allowed")
        self.show(self.call("verify", int8, TEST, "--limit", EMULATED, "--config", "b512", "--backends", "golden,emu"))
        for config, pictures in RTL:
            self.show(self.call("verify", int8, TEST, "--limit", pictures, "--config", config, "--backends",
                                "golden,emu,rtl"))
        print(self.call("run", int8, TEST, "--index", 0, "--top", 3, want_json=False).rstrip())
        return top1

    def show(self, r):
        print(f"{r['config']}: {r['pictures']} pictures on {', '.join(r['backends'])}: compared {r['values']} values in "
              f"{r['tensors']} tensors and {r['events']} retire events: {r['differences']} differ")
        if r["differences"] != 0 or r["values"] == 0:
            self.failures.append(f"{r['config']}: {r['differences']} differences in {r['values']} values")
        if "rtl" in r["backends"]:
            print(f"  RTL: {r['cycles_per_picture']:.0f} cycles a picture, {100 * r['utilization']:.1f} % of peak MACs, "
                  f"{r['macs_per_second'] / 1e6:.0f} M useful MAC/s simulated")
            if r["events"] == 0:
                self.failures.append(f"{r['config']}: no retire event was compared")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--exact8", required=True)
    ap.add_argument("--out", required=True)
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    start = time.time()
    job = Job(os.path.abspath(args.exact8), args.out)
    try:
        print("Float")
        float_top1 = job.accuracy(MODEL)["top1"]
        print(f"Float: top-1 {float_top1:.2f} % of 10000 test pictures")
        if float_top1 < 91:
            job.failures.append(f"float top-1 is {float_top1:.2f} %; 91 % is the least")
        scores = [(title, job.scheme(scheme, title, float_top1)) for scheme, title in SCHEMES]
    except Failed as e:
        print(f"FAIL {e}")
        return 1
    print("\ntop-1: float {:.2f} %, {}  ({:.0f} s)".format(
        float_top1, ", ".join(f"{title} {top1:.2f} %" for title, top1 in scores), time.time() - start))
    for failure in job.failures:
        print(f"FAIL {failure}")
    print("FAIL" if job.failures else "PASS: golden model, emulator and RTL agree byte for byte")
    return 1 if job.failures else 0


if __name__ == "__main__":
    sys.exit(main())
