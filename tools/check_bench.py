#!/usr/bin/env python3
"""Checks that a file written by the benchmark has every figure, each a plausible number. Not how fast it is."""
import json
import sys

report = json.load(open(sys.argv[1]))
bounds = {  # key: (more than, at most); wide, to catch a wrong unit or an empty measurement
    "prove_ms": (1, 10_000), "verify_ms": (0.1, 1_000), "verify_batch64_ms": (0.05, 1_000), "proof_bytes": (500, 2_000),
    "prove_peak_mb": (5, 2_000), "settle_p50_ms": (0.1, 10_000), "settle_p99_ms": (0.1, 60_000),
    "blst_msm1024_ms": (0.5, 1_000), "blst_pairing_ms": (0.1, 100), "fsync_p50_us": (1, 1_000_000),
    "threads": (0, 4_096),
}
wrong = [f"{key}: {report.get(key)!r}, expected a number in ({low}, {high}]" for key, (low, high) in bounds.items()
         if isinstance(report.get(key), bool) or not isinstance(report.get(key), (int, float))
         or not low < report[key] <= high]
wrong += [f"{key}: missing" for key in ("machine", "commit", "cpu_flags", "compiler")
          if not isinstance(report.get(key), str) or not (report[key] or key == "cpu_flags")]
if not wrong and report["settle_p50_ms"] > report["settle_p99_ms"]:
    wrong.append("settle_p50_ms above settle_p99_ms")
if not isinstance(report.get("sizes"), dict) or not report["sizes"]:
    wrong.append("sizes: missing")
for line in wrong:
    print(f"{sys.argv[1]}: {line}", file=sys.stderr)
print(f"{sys.argv[1]}: {'wrong' if wrong else 'every figure is there'}")
sys.exit(1 if wrong else 0)
