#!/usr/bin/env python3
"""Epochs of a network of real processes: they end under load while validators are killed; a fifth validator takes the ledger over from the
others and follows. At the end nothing may be missing, doubled or different anywhere. Bounded in time; only loopback.

network_epochs_test.py PROGRAM     (the built `sotto`, with `sottod` and `sotto_load` beside it)
"""
import json
import os
import re
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.request

import network_test
from network_long_test import Load
from network_test import PORT, SOTTOD, environment, eventually

EPOCHS = int(os.environ.get("SOTTO_EPOCHS", "10"))
EPOCH_SECONDS = 5
WALLETS = 4
FUNDED = ("1.00", 3)                  # EUR, as often, for each wallet
PAUSE = 2.0                           # seconds: nothing settles between an epoch's close and the next one's begin
FIFTH = 4
CHANGES = 5                           # of the committee; odd: at the end the fifth is in it


class Epochs(network_test.Network):
    locals().update(dict.fromkeys(n for n in dir(network_test.Network) if n.startswith("test_")))      # those are the short form's

    @classmethod
    def up(cls):
        if not cls.dir.exists():
            subprocess.run([network_test.PROGRAM, "testnet", "init", "--dir", str(cls.dir), "--port", str(PORT), "--epoch-seconds", str(EPOCH_SECONDS), "--json"],
                           env=environment(cls.home), cwd="/", check=True, capture_output=True)
            for n in range(4):
                cls.configure(n, {"snapshot_interval = 1000": "snapshot_interval = 8"})          # four are kept: a minute, about
        super().up()

    @classmethod
    def configure(cls, n, changes):
        config = cls.dir / f"validator-{n + 1}" / "sottod.toml"
        text = config.read_text()
        for before, after in changes.items():
            assert before in text, before
            text = text.replace(before, after)
        config.write_text(text)

    def epoch(self):
        return max((h["epoch"] for h in map(self.health, range(4)) if h), default=0)

    def pauses(self, n):
        """How many, their mean, and the bound that all of them kept."""
        text = self.operator(n, "/metrics")
        count, total = (float(re.search(rf"^sotto_epoch_pause_seconds_{part} (\S+)", text, re.M).group(1)) for part in ("count", "sum"))
        bounds = [float(le) for le, held in re.findall(r'^sotto_epoch_pause_seconds_bucket\{le="([^"]+)"\} (\d+)', text, re.M) if float(held) == count]
        return int(count), total / max(count, 1), min(bounds)

    def ready(self, n):
        try:
            return self.operator(n, "/ready")
        except urllib.error.HTTPError as no:
            with no:
                return no.read().decode()

    def joins(self):
        """A fifth validator, known to the others by the network file, takes the ledger over from two of them and follows."""
        type(self).down()
        folder = self.dir / f"validator-{FIFTH + 1}"
        folder.mkdir()
        # As its neighbour's, at its own address.
        neighbour = (self.dir / "validator-1" / "sottod.toml").read_text()
        (folder / "sottod.toml").write_text(neighbour.replace("127.0.0.11:", f"127.0.0.{11 + FIFTH}:").replace("validator-1", folder.name))
        made = subprocess.run([SOTTOD, "init", "--dir", folder, "--json"], env=environment(self.home), cwd="/", capture_output=True, text=True, timeout=60)
        self.assertEqual(made.returncode, 0, made.stderr)
        network = json.loads((self.dir / "network.json").read_text())
        network["validators"].append(json.loads((folder / "card.json").read_text()))
        (self.dir / "network.json").write_text(json.dumps(network))
        running = [subprocess.Popen([SOTTOD, "run", "--dir", self.dir / f"validator-{n + 1}"], env=environment(self.home), cwd="/",
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for n in range(4)]
        try:
            eventually(lambda: all(self.health(n) for n in range(4)), 60, "four validators")
            height = self.health(0)["height"]
            # Ends of epochs make blocks, so there is a snapshot soon.
            self.load.run(60, payments=4, wallets=2)
            eventually(lambda: self.health(0)["height"] > height, 60, "blocks")
            rpc = ["127.0.0.%d:%d" % (11 + n, PORT + 2) for n in range(2)]
            with urllib.request.urlopen(f"http://{rpc[0]}/commit?height=1", timeout=5) as answer:
                trusted = json.loads(answer.read())["result"]["signed_header"]["commit"]["block_id"]["hash"]
            begin = time.monotonic()
            restore = subprocess.Popen([SOTTOD, "restore", "--dir", folder, "--rpc", ",".join(rpc), "--trust-height", "1", "--trust-hash", trusted, "--json"],
                                       env=environment(self.home), cwd="/", stdout=subprocess.PIPE, text=True)
            # A snapshot can be checked once two blocks stand after it: now and then somebody pays.
            while restore.poll() is None and time.monotonic() < begin + 100:
                self.load.run(60, payments=1, wallets=1)
                time.sleep(4)
            restore.terminate()
            said = restore.communicate(timeout=60)[0]
            self.assertEqual(restore.returncode, 0, said + (folder / "engine" / "comet.log").read_text()[-3000:])
            print("a fifth validator took the ledger of %d epochs over in %.1f s" % (self.epoch(), time.monotonic() - begin))
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(60)
        type(self).up()
        eventually(lambda: self.health(FIFTH), 60, "the fifth validator")

    def stake(self, *args):
        return self.run_json("stake", *args, "--wallet", self.base / "operator", secrets={"--passphrase-fd": "secret of operator"})

    def committee_changes(self):
        """The fifth validator comes and goes by its own stake, while people pay. Returns how many paid."""
        address = self.wallet("operator", "create", "--network", self.network_file)["address"]
        self.run_json("testnet", "fund", address, "3000", "SOT", "--dir", self.dir)
        self.wallet("operator", "receive", "--wait", "--timeout", 60)
        folder = self.dir / f"validator-{FIFTH + 1}"
        payments, begin = 0, time.monotonic()
        for change in range(CHANGES):
            self.load.say("run " + json.dumps({"payments": 12, "timeout_ms": 5000, "mode": "gather"}))
            if change == 0:
                fifth = self.stake("register", "--dir", folder, "--amount", "1000")["validator"]
            else:
                self.stake("unbond" if change % 2 else "bond", fifth, "100", "--self")
            wanted = "not_in_committee" if change % 2 else "ready"
            until = time.monotonic() + 90
            while True:
                run = self.load.answer(120)
                self.assertTrue(run["ok"], run)
                payments += 12
                if self.ready(FIFTH) == wanted:
                    break
                self.assertLess(time.monotonic(), until, f"the fifth validator is not {wanted}")
                self.load.say("run " + json.dumps({"payments": 12, "timeout_ms": 5000, "mode": "gather"}))
        print("the committee changed %d times in %.0f s under load: a fifth validator came and went" % (CHANGES, time.monotonic() - begin))
        return payments

    def test_epochs_end_while_people_pay(self):
        self.load = Load(self.network_file, self.base / "load", WALLETS)
        self.addCleanup(self.load.end)
        for address in self.load.addresses:
            for _ in range(FUNDED[1]):
                self.run_json("testnet", "fund", address, FUNDED[0], "EUR", "--dir", self.dir)
        self.assertTrue(self.load.ask("sync")["ok"])
        total = int(float(FUNDED[0]) * 100) * FUNDED[1] * WALLETS

        payments, gaps, again, modes, begin = 0, [], {}, ("gather", "exchange", "one"), time.monotonic()
        victims = {EPOCHS // 3: 1, 2 * EPOCHS // 3: 2}               # in which epoch who is killed
        while self.epoch() < EPOCHS:
            self.assertLess(time.monotonic() - begin, 30 * EPOCH_SECONDS + 10 * EPOCHS * EPOCH_SECONDS, "epochs do not end")
            self.load.say("run " + json.dumps({"payments": 12, "timeout_ms": 5000, "mode": modes[payments // 12 % 3]}))
            victim = victims.pop(next((e for e in victims if e <= self.epoch()), None), None)
            if victim is not None:
                before = self.pid(victim)
                os.kill(before, signal.SIGKILL)
                eventually(lambda: self.pid(victim) != before and self.health(victim), 90, "the killed validator is back")
            run = self.load.answer(120)
            self.assertTrue(run["ok"], run)
            payments += 12
            gaps.append(run["longest_gap_ms"])
            for why, count in run["sent_again"].items():
                again[why] = again.get(why, 0) + count
        print("%d payments in %.0f s over %d epochs and two kills; longest gap between two %.0f ms; sent again: %s"
              % (payments, time.monotonic() - begin, self.epoch(), max(gaps), again))
        for n in (0, 3):
            count, mean, bound = self.pauses(n)
            print("validator %d: %d pauses, %.2f s on average, all within %s s" % (n + 1, count, mean, bound))
            self.assertGreaterEqual(count, EPOCHS)
            self.assertLessEqual(mean, PAUSE)

        self.joins()
        payments += self.committee_changes()

        check = self.load.ask("check", 300)
        self.assertTrue(check["ok"], check)
        self.assertGreaterEqual(check["settled"], payments)
        self.assertEqual(check["total"], total)

        def same():
            healths = [self.health(n) for n in range(5)]
            return all(healths) and len({(h["height"], h["app_hash"], h["epoch"]) for h in healths}) == 1
        eventually(same, 60, "five validators at one height, with one state")
        self.assertEqual([self.ready(n) for n in range(5)], ["ready"] * 5)
        for n in range(4):
            self.assertNotIn("rival_certified", self.operator(n, "/metrics"))


if __name__ == "__main__":
    unittest.main()
