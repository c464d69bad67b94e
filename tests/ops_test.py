#!/usr/bin/env python3
"""What operators are given fits the program: every metric is on the dashboard and every metric the documents name exists; the systemd unit
is closed; what is linked into the programs is in NOTICE.

ops_test.py BUILD_DIR
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else ROOT / "build"
METRIC = re.compile(r"sotto_[a-z_]+")
PARTS = re.compile(r"_(bucket|sum|count)$")
MOST_EXPOSED = 2.0
OURS = {"base", "bits", "sys", "linux", "netinet", "arpa", "net", "asm"}
# Seen by tests only.
OF_TESTS = {"gtest", "rapidcheck"}


def exported():
    return set(re.findall(r'"(sotto_[a-z_]+)"', (ROOT / "src/node/metrics.cpp").read_text()))


class Metrics(unittest.TestCase):
    def test_dashboard_shows_every_metric_and_no_other(self):
        panels = json.loads((ROOT / "docs/ops/grafana.json").read_text())["panels"]
        shown = {PARTS.sub("", name) for panel in panels for target in panel["targets"] for name in METRIC.findall(target["expr"])}
        self.assertEqual(shown, exported())
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))

    def test_documents_name_what_exists(self):
        named = {name for page in (ROOT / "docs").rglob("*.md") for name in re.findall(r"`(sotto_[a-z_]+)(?:\{[^`]*\})?`", page.read_text())}
        programs = {path.name[:-9] for path in (*ROOT.glob("src/**/*_main.cpp"), *ROOT.glob("bench/**/*_main.cpp"))} | {"sotto_bench"}
        self.assertEqual(named - exported() - programs, set())


class Unit(unittest.TestCase):
    def test_is_closed(self):
        unit = (ROOT / "docs/ops/sottod.service").read_text()
        for setting in ("NoNewPrivileges=yes", "CapabilityBoundingSet=\n", "ProtectSystem=strict", "PrivateUsers=yes", "SystemCallFilter=@system-service",
                        "MemoryDenyWriteExecute=yes", "RestrictNamespaces=yes", "ProtectProc=invisible"):
            self.assertIn(setting, unit)
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        said = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", ROOT / "docs/ops/sottod.service"], capture_output=True, text=True, timeout=60)
        score = re.search(r"exposure level for \S+: ([0-9.]+)", said.stdout)
        if not score:
            self.skipTest("systemd-analyze does not score here: " + said.stderr[:200])
        self.assertLessEqual(float(score.group(1)), MOST_EXPOSED)


class Notice(unittest.TestCase):
    def setUp(self):
        text = (ROOT / "NOTICE").read_text()
        self.linked = set(re.findall(r"(?m)^archive: (\S+)$", text))
        self.headers = {header for line in re.findall(r"(?m)^headers: (.+)$", text) for header in line.split()}

    def test_names_every_static_library(self):
        ninja = BUILD / "build.ninja"
        found = set()
        for program in ("sotto", "sottod"):
            rule = re.search(rf"(?m)^build {program}: .*\n((?:  .*\n)*)", ninja.read_text())
            self.assertIsNotNone(rule, program)
            libraries = re.search(r"LINK_LIBRARIES = (.*)", rule.group(1)).group(1)
            found |= {pathlib.Path(word).name for word in libraries.split() if word.endswith(".a")}
        ours = {f"libsotto_{folder.name}.a" for folder in (ROOT / "src").iterdir()} | {"libsotto_abci.a"}
        self.assertEqual(found - ours, self.linked)

    def test_names_every_header_of_others(self):
        found = set()
        for source in (*ROOT.glob("src/**/*.hpp"), *ROOT.glob("src/**/*.cpp")):
            if not re.search(r"_(test|fuzz)\.cpp$|_for_test\.hpp$", source.name):
                found |= set(re.findall(r"#include <([A-Za-z_+0-9]+)/[^>]+>", source.read_text()))
        self.assertEqual(found - OURS - OF_TESTS - {"openssl"}, self.headers)    # OpenSSL's headers are declarations


if __name__ == "__main__":
    unittest.main()
