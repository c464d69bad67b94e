#!/usr/bin/env python3
"""Checks that a file written by the benchmark has every figure of bench/figures.json, each a plausible number. Not how fast
it is. `--without KEY,...`: these come from programs that were not run."""
import json
import os
import sys


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


report = json.load(open(sys.argv[1]))
without = sys.argv[3].split(",") if len(sys.argv) > 3 and sys.argv[2] == "--without" else []
figures = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "figures.json")))["figures"]
wrong = []
for figure in figures:
    key, low, high = figure["key"], figure["low"], figure["high"]
    if key in without and key not in report:
        continue
    if "needs" in figure and figure["needs"] not in report.get("cpu_flags", "").split():
        continue                                           # a kernel this processor lacks
    if not is_number(report.get(key)) or not low < report[key] <= high:
        wrong.append(f"{key}: {report.get(key)!r}, expected a number in ({low}, {high}]")
    elif "reference" in figure and not is_number(report.get("ratios", {}).get(key)):
        wrong.append(f"{key}: no ratio to {figure['reference']}")
wrong += [f"{key}: missing" for key in ("machine", "commit", "cpu_flags", "compiler")
          if not isinstance(report.get(key), str) or not (report[key] or key == "cpu_flags")]
if not wrong and report["settle_p50_ms"] > report["settle_p99_ms"]:
    wrong.append("settle_p50_ms above settle_p99_ms")
wrong += [f"{key}: missing" for key in ("sizes", "verify_batches", "prove_stages_cpu_ms") if not report.get(key)]
wrong += [f"verify_batches: no size 64, {mode}" for mode in ("single", "batched", "hinted")
          if not any(b["size"] == 64 and b["mode"] == mode and is_number(b["cpu_ratio"]) for b in report.get("verify_batches", []))]
for line in wrong:
    print(f"{sys.argv[1]}: {line}", file=sys.stderr)
print(f"{sys.argv[1]}: {'wrong' if wrong else 'every figure is there'}")
sys.exit(1 if wrong else 0)
