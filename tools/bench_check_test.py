#!/usr/bin/env python3
"""The regression guard from outside: the script itself on small reports, recorded, made worse, made noisy.

  bench_check_test.py"""
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench_check.py")
FIGURES = {"figures": [{"key": "prove_ms", "group": "proving", "unit": "ms", "reference": "ref_ms"},
                       {"key": "verify_ms", "group": "verifying", "unit": "ms", "reference": "ref_ms"},
                       {"key": "tps", "group": "settling", "unit": "1/s", "more": True, "reference": "ref_ms"},
                       {"key": "proof_bytes", "group": "proving", "unit": "bytes", "portable": True},
                       {"key": "ref_ms", "group": "references", "unit": "ms"}]}
RATIOS = {"prove_ms": 3.5, "verify_ms": 0.1, "tps": 18.0}


def report(reference_ms=20.0, **changed):
    ratios = {key: ratio * changed.get(key, 1) for key, ratio in RATIOS.items()}
    times = {"prove_ms": ratios["prove_ms"] * reference_ms, "verify_ms": ratios["verify_ms"] * reference_ms,
             "tps": ratios["tps"] / reference_ms * 1e3}
    return {"commit": "c", "machine": "Some CPU, Linux", "cpu_flags": "avx2", "threads": 2, "ref_ms": reference_ms,
            "proof_bytes": 1504 * changed.get("proof_bytes", 1), "ratios": ratios, **times}


class Guard(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("figures.json", FIGURES)
        self.write("base.json", report())
        done = self.guard("base.json", "--record")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, content):
        with open(self.path(name), "w") as file:
            json.dump(content, file)

    def guard(self, name, *options):
        return subprocess.run([sys.executable, SCRIPT, self.path(name), "--figures", self.path("figures.json"), "--recorded",
                               self.path("recorded.json"), *options], capture_output=True, text=True)

    def verdict(self, fresh, *options):
        """(exit code, figures called worse)"""
        self.write("fresh.json", fresh)
        done = self.guard("fresh.json", *options)
        self.assertEqual(done.stderr, "")
        return done.returncode, [line.split()[1].rstrip(":") for line in done.stdout.splitlines() if line.startswith("WORSE")]

    def again(self, fresh):
        """A command that measures `fresh`, and counts how often it was asked to."""
        self.write("next.json", fresh)
        open(self.path("asked"), "w").close()
        code = f"import shutil, sys; shutil.copy({self.path('next.json')!r}, sys.argv[1]); open({self.path('asked')!r}, 'a').write('x')"
        return "--again", f'{sys.executable} -c "{code}" {{}}'

    def asked(self):
        return os.path.getsize(self.path("asked"))

    def test_unchanged_passes(self):
        self.assertEqual(self.verdict(report()), (0, []))

    def test_20_percent_slower_fails_and_is_named_alone(self):
        for key in ("prove_ms", "verify_ms"):
            self.assertEqual(self.verdict(report(**{key: 1.2})), (1, [key]))

    def test_20_percent_less_throughput_fails(self):
        self.assertEqual(self.verdict(report(tps=0.8)), (1, ["tps"]))

    def test_20_percent_larger_fails(self):
        self.assertEqual(self.verdict(report(proof_bytes=1.2)), (1, ["proof_bytes"]))

    def test_noise_of_10_percent_passes(self):
        noise = random.Random(1)
        for _ in range(8):
            self.assertEqual(self.verdict(report(**{key: noise.uniform(0.9, 1.1) for key in RATIOS})), (0, []))

    def test_a_machine_half_as_fast_passes(self):
        self.assertEqual(self.verdict(report(reference_ms=40.0)), (0, []))

    def test_a_regression_hidden_by_a_faster_machine_fails(self):
        fresh = report(reference_ms=10.0, prove_ms=1.2)
        self.assertLess(fresh["prove_ms"], report()["prove_ms"])
        self.assertEqual(self.verdict(fresh), (1, ["prove_ms"]))

    def test_one_bad_run_is_cleared_by_a_good_one(self):
        self.assertEqual(self.verdict(report(prove_ms=1.4), *self.again(report())), (0, []))
        self.assertEqual(self.asked(), 1)

    def test_a_regression_is_measured_twice_more_and_fails(self):
        self.assertEqual(self.verdict(report(prove_ms=1.2), *self.again(report(prove_ms=1.21))), (1, ["prove_ms"]))
        self.assertEqual(self.asked(), 2)

    def test_a_measurement_that_fails_is_no_pass(self):
        self.write("fresh.json", report(prove_ms=1.2))
        self.assertNotEqual(self.guard("fresh.json", "--again", "false").returncode, 0)

    def test_nothing_recorded_is_no_pass(self):
        os.remove(self.path("recorded.json"))
        self.assertEqual(self.verdict(report()), (1, []))


if __name__ == "__main__":
    unittest.main()
