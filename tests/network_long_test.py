#!/usr/bin/env python3
"""The long form of network_test.py: many payments through a network of real processes with a proxy between them, while validators are killed,
cut off and stopped. At the end nothing may be missing, doubled or different anywhere. Bounded in time; only loopback.

network_long_test.py PROGRAM     (the built `sotto`, with `sottod` and `sotto_load` beside it)

SOTTO_PAYMENTS (1000) and SOTTO_SEED (1) in the environment change how many and at which moments.
"""
import json
import os
import queue
import random
import signal
import subprocess
import threading
import time
import unittest

import network_test
import wire
from network_test import children, environment, eventually

PAYMENTS = int(os.environ.get("SOTTO_PAYMENTS", "1000"))
SEED = int(os.environ.get("SOTTO_SEED", "1"))
WALLETS = 6
FUNDED = ("1.00", 3)                  # EUR, as often, for each wallet
LOAD = os.path.join(os.path.dirname(network_test.PROGRAM or ""), "sotto_load")


class Load:
    """sotto_load, and its answers as they come."""
    def __init__(self, network, folder, wallets):
        self.process = subprocess.Popen([LOAD, "--network", network, "--dir", str(folder), "--wallets", str(wallets)], cwd="/",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.answers = queue.Queue()
        self.progress = 0
        threading.Thread(target=self._read, daemon=True).start()
        self.addresses = self.answer()["addresses"]

    def _read(self):
        for line in self.process.stdout:
            document = json.loads(line)
            if "progress" in document:
                self.progress = document["progress"]
            else:
                self.answers.put(document)
        self.answers.put(None)

    def say(self, line):
        self.progress = 0
        self.process.stdin.write(line + "\n")

    def answer(self, seconds=120):
        document = self.answers.get(timeout=seconds)
        if document is None:
            raise AssertionError("sotto_load ended")
        return document

    def finished(self):
        return not self.answers.empty()

    def ask(self, line, seconds=120):
        self.say(line)
        return self.answer(seconds)

    def run(self, seconds, **how):
        return self.ask("run " + json.dumps(how), seconds)

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


class Long(network_test.Network):
    options = ["--delay", "1"]
    locals().update(dict.fromkeys(n for n in dir(network_test.Network) if n.startswith("test_")))      # those are the short form's

    def link(self, source, to, *options):
        self.run_json("testnet", "link", source, to, *options, "--dir", self.dir)

    def processes(self, n):
        return [self.pid(n), *children(self.pid(n))]

    def stopped(self, *validators):
        """They answer nobody and are not gone, as a machine that hangs."""
        found = [p for n in validators for p in self.processes(n)]
        for p in found:
            os.kill(p, signal.SIGSTOP)
        def go_on():
            for p in found:
                os.kill(p, signal.SIGCONT)
        return go_on

    # --- what happens while wallets pay ---
    def kill(self, n):
        victim = self.pid(n)
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: self.pid(n) != victim and self.health(n), 90, "the killed validator is back")

    def partition(self, n):
        name = f"validator-{n + 1}"
        for way in ((name, "*"), ("*", name)):
            self.link(*way, "--cut")
        before = self.load.progress
        eventually(lambda: self.load.progress > before or self.load.finished(), 60, "payments while one is cut off")
        time.sleep(3)
        self.link("*", "*", "--delay", "1")

    def two_down(self, a, b):
        go_on = self.stopped(a, b)
        try:
            time.sleep(3)                              # what was through before they stopped
            before = self.load.progress
            time.sleep(5)
            self.assertLessEqual(self.load.progress, before, "settled without a quorum")
        finally:
            go_on()
        eventually(lambda: self.load.progress > before or self.load.finished(), 90, "payments once two are back")

    def test_thousand_payments_through_everything(self):
        type(self).members = wire.members(self.dir / "network.json")          # not through the proxy
        chance = random.Random(SEED)
        self.load = Load(self.network_file, self.base / "load", WALLETS)
        self.addCleanup(self.load.end)
        for address in self.load.addresses:
            for _ in range(FUNDED[1]):
                self.run_json("testnet", "fund", address, FUNDED[0], "EUR", "--dir", self.dir)
        self.assertTrue(self.load.ask("sync")["ok"])
        total = int(float(FUNDED[0]) * 100) * FUNDED[1] * WALLETS

        # One that hangs: payments go on.
        go_on = self.stopped(3)
        try:
            one = self.load.run(120, payments=20, wallets=2)
        finally:
            go_on()
        print("one of four hangs: final after %.0f ms (median), longest gap %.0f ms; sent again: %s"
              % (one["proof_to_final_ms"]["p50"], one["longest_gap_ms"], one["sent_again"]))

        # Two that hang: nothing settles, and the wallet says so. They come back: it settles by itself.
        go_on = self.stopped(2, 3)
        try:
            self.load.say("run " + json.dumps({"payments": 1, "wallets": 1, "timeout_ms": 3000}))
            self.assertRaises(queue.Empty, self.load.answer, 8)
        finally:
            go_on()
        two = self.load.answer(90)
        self.assertTrue(two["ok"])
        self.assertTrue(two["sent_again"], "the wallet said nothing")
        print("two of four hang: the wallet says:", two["sent_again"])

        for mode in ("gather", "exchange", "one"):
            run = self.load.run(120, payments=10, wallets=1, mode=mode)
            self.assertTrue(run["ok"], run)
            print("%s: final after %.0f ms (median)" % (mode, run["proof_to_final_ms"]["p50"]))

        # Under load: each is killed once, one is cut off and comes back, two hang for a while.
        events = [lambda n=n: self.kill(n) for n in range(4)] + [lambda: self.partition(chance.randrange(4)),
                                                                 lambda: self.two_down(*chance.sample(range(4), 2))]
        chance.shuffle(events)
        begin, medians, again = time.monotonic(), [], {}
        for event in events:
            part = PAYMENTS // len(events) + 1
            self.load.say("run " + json.dumps({"payments": part, "timeout_ms": 5000, "mode": chance.choice(("gather", "exchange", "one"))}))
            at = chance.random() * part / 3
            eventually(lambda: self.load.progress >= at, 120, "payments")
            event()
            run = self.load.answer(300)
            self.assertTrue(run["ok"], run)
            medians.append(run["proof_to_final_ms"]["p50"])
            for why, count in run["sent_again"].items():
                again[why] = again.get(why, 0) + count
        print("%d payments in %.0f s through four kills, a partition and a standstill; final after %s ms (medians); sent again: %s"
              % (part * len(events), time.monotonic() - begin, ", ".join("%.0f" % m for m in medians), again))

        # What must hold.
        self.agree()
        check = self.load.ask("check", 300)
        self.assertTrue(check["ok"], check)
        self.assertGreaterEqual(check["settled"], PAYMENTS + 51)
        self.assertEqual(check["total"], total)
        self.agree()
        hashes = {self.health(n)["app_hash"] for n in range(4)}
        self.assertEqual(len(hashes), 1)
        for n in range(4):
            self.assertNotIn("rival_certified", self.operator(n, "/metrics"))


if __name__ == "__main__":
    unittest.main()
