#!/usr/bin/env python3
"""A committee by stake on real processes with CometBFT: epochs of seconds; a bond changes what a validator weighs in CometBFT too, a validator that is not there is jailed and
comes back, one that runs twice is convicted.

stake_network_test.py PROGRAM     (the built `sotto`, with `sottod` beside it)
"""
import base64
import json
import os
import shutil
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.request

import network_test
from network_test import eventually

COIN = 1_000_000


class Stake(network_test.Network):
    options = ["--epoch-seconds", "4"]
    locals().update(dict.fromkeys(n for n in dir(network_test.Network) if n.startswith("test_")))      # those are the short form's

    def stake(self, command, *args, code=0):
        return self.run_json("stake", command, *args, "--wallet", self.base / "alice", secrets={"--passphrase-fd": "secret of alice"}, code=code)

    def validator(self, identity):
        return next(v for v in self.stake("validators")["validators"] if v["id"] == identity)

    def engine_powers(self):
        """By CometBFT's own account; none while it has no block yet."""
        address, port = self.validators[0].rsplit(":", 1)
        try:
            with urllib.request.urlopen(f"http://{address}:{int(port) + 2}/validators", timeout=5) as answer:
                found = json.load(answer)["result"]["validators"]
        except urllib.error.HTTPError:
            return []
        return sorted(int(v["voting_power"]) for v in found)

    def until(self, holds, what, seconds=90):
        """Pays, for an epoch ends with a block, until it holds."""
        def step():
            self.pay()
            return holds()
        return eventually(step, seconds, what)

    def pay(self):
        """Final at once, whether an epoch ends or a validator hangs meanwhile."""
        self.settled_ms.append(super().pay("0.01"))

    def fund_alice(self):
        alice = self.wallet("alice", "create", "--network", self.network_file)["address"]
        self.settled_ms = []
        type(self).bob = self.wallet("bob", "create", "--network", self.network_file)["address"]
        self.run_json("testnet", "fund", alice, "100.00", "EUR", "--dir", self.dir)
        self.run_json("testnet", "fund", alice, "500.000000", "SOT", "--dir", self.dir)

        def both():
            self.wallet("alice", "receive")
            spendable = {b["asset"]: float(b["spendable"]) for b in self.wallet("alice", "balance")["balances"]}
            return spendable == {"EUR": 100, "SOT": 500}
        eventually(both, 60, "alice has both")

    def test_a_committee_by_stake(self):
        self.fund_alice()
        table = self.stake("validators")
        self.assertEqual([v["state"] for v in table["validators"]], ["in the committee"] * 4)
        eventually(lambda: self.engine_powers() == [1_000_000 * COIN] * 4, 30, "CometBFT's validators are genesis's")

        keys = {json.loads((self.dir / f"validator-{n + 1}" / "engine" / "config" / "priv_validator_key.json").read_text())["pub_key"]["value"]: n for n in range(4)}
        place = {base64.b64decode(key).hex(): n for key, n in keys.items()}     # a validator is called by its engine's key
        chosen = table["validators"][0]["id"]
        self.stake("bond", chosen, "400")
        begin = time.monotonic()
        self.until(lambda: float(self.validator(chosen)["power"]) == 1_000_400.0, "the bond counts in the committee")
        self.until(lambda: self.engine_powers() == [1_000_000 * COIN] * 3 + [1_000_400 * COIN], "and in CometBFT")
        print("a bond counts in both committees after %.1f s" % (time.monotonic() - begin))

        absent = next(v["id"] for v in table["validators"][1:] if place[v["id"]] != 0)
        os.kill(self.pid(place[absent]), signal.SIGSTOP)
        begin = time.monotonic()
        try:
            self.until(lambda: self.validator(absent)["state"] == "jailed", "the absent validator is jailed", 180)
            self.until(lambda: len(self.engine_powers()) == 3, "it has left CometBFT's validators")
            print("absent: jailed and out of both committees after %.1f s" % (time.monotonic() - begin))
        finally:
            os.kill(self.pid(place[absent]), signal.SIGCONT)
        folder = self.dir / f"validator-{place[absent] + 1}"
        begin = time.monotonic()
        eventually(lambda: self.pay() or self.unjailed(folder), 120, "its time in jail is over")
        self.until(lambda: self.validator(absent)["state"] == "in the committee" and float(self.validator(absent)["power"]) > 0, "it is back")
        self.until(lambda: len(self.engine_powers()) == 4, "and back in CometBFT")
        print("unjailed and back in both committees after %.1f s" % (time.monotonic() - begin))
        self.settled_ms.sort()
        print("%d payments, each at its first attempt: median %.0f ms, slowest %.0f ms" % (len(self.settled_ms), self.settled_ms[len(self.settled_ms) // 2], self.settled_ms[-1]))
        self.agree()

    def unjailed(self, folder):
        try:
            return self.stake("unjail", "--dir", folder)["ok"]
        except AssertionError as refused:
            self.assertIn("still_jailed", str(refused))
            return False


class Twin(Stake):
    """Its operator starts a copy of validator 4's folder on another machine, as a spare, while the first still runs."""
    locals().update(dict.fromkeys(n for n in dir(Stake) if n.startswith("test_")))

    @classmethod
    def up(cls):
        subprocess.run([network_test.PROGRAM, "testnet", "init", "--dir", str(cls.dir), "--port", str(network_test.PORT), *cls.options],
                       env=network_test.environment(cls.home), check=True, stdout=subprocess.DEVNULL)
        shutil.copytree(cls.dir / "validator-4", cls.dir / "twin")
        super().up()

    def sottod(self, command):
        return [network_test.SOTTOD, command, "--dir", str(self.dir / "twin")]

    def start_twin(self):
        """The same keys but for the engine's node key, without which CometBFT's peers would refuse it."""
        twin = self.dir / "twin"
        (twin / "engine" / "config" / "node_key.json").unlink()
        config = twin / "sottod.toml"
        config.write_text(config.read_text().replace("127.0.0.14:", "127.0.0.44:").replace('file = "../network.json"', 'file = "network.json"'))
        subprocess.run(self.sottod("init"), env=network_test.environment(self.home), check=True, stdout=subprocess.DEVNULL)
        network = json.loads((self.dir / "network.json").read_text())
        network["validators"][3] = json.loads((twin / "card.json").read_text())
        (twin / "network.json").write_text(json.dumps(network))
        return subprocess.Popen(self.sottod("run"), env=network_test.environment(self.home), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_a_validator_that_runs_twice_is_convicted(self):
        self.fund_alice()
        key = json.loads((self.dir / "validator-4" / "engine" / "config" / "priv_validator_key.json").read_text())["pub_key"]["value"]
        culprit = base64.b64decode(key).hex()
        self.stake("bond", culprit, "400")
        twin = self.start_twin()
        begin = time.monotonic()
        try:
            self.until(lambda: self.validator(culprit)["state"] == "convicted", "CometBFT's evidence of two votes convicts it", 120)
        finally:
            twin.terminate()
            twin.wait(60)
        print("running twice: convicted after %.1f s" % (time.monotonic() - begin))
        found = self.validator(culprit)
        self.assertLess(abs(found["token_worth"] - 0.95), 0.001)               # who delegated to it pays too
        self.until(lambda: len(self.engine_powers()) == 3, "it has left CometBFT's validators")
        self.until(lambda: float(self.validator(culprit)["power"]) == 0, "and the committee")
        refused = self.stake("unjail", "--dir", self.dir / "validator-4", code=None)
        self.assertFalse(refused["ok"], refused)                               # for ever
        self.assertEqual([v["state"] for v in self.stake("validators")["validators"]].count("in the committee"), 3)


if __name__ == "__main__":
    unittest.main()
