#!/usr/bin/env python3
"""What payments cost and what is said of them when they do not go straight: many small notes, fees that run out, payments left open,
everything at once, time that is over.

cli_payments_test.py PROGRAM     (the built `sotto`)
"""
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cli_test  # noqa: E402
from cli_test import Codes  # noqa: E402


class Payments(cli_test.Network):
    def notes(self, name, count, amount, asset="EUR", fee_money=None):
        """A wallet with `count` notes of `amount` and, if wanted, one of the fee asset."""
        made = self.create(name)
        for _ in range(count):
            self.run_json("devnet", "fund", made["address"], amount, asset)
        if fee_money:
            self.run_json("devnet", "fund", made["address"], fee_money, "SOT")
        units = round(float(amount) * 100) * count
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.wallet(name, "receive")
            there = self.balance(name)
            if round(float(there.get(asset, {"spendable": 0})["spendable"]) * 100) == units and (not fee_money or "SOT" in there):
                return made
            time.sleep(0.2)
        self.fail("not funded")

    def spendable(self, name, asset="EUR"):
        """Once everything has arrived."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            there = self.balance(name).get(asset)
            if there and float(there["arriving"]) == 0:
                return there["spendable"]
            time.sleep(0.2)
        self.fail("still arriving")

    def test_many_small_notes_and_time_that_runs_out(self):
        self.notes("ant", 12, "0.01")
        payee = self.create("bee")["address"]
        # Not enough time: no payment exists, and that is what is said.
        out = self.wallet("ant", "pay", payee, "0.12", "EUR", "--timeout", "1", code=None)
        self.assertFalse(out["ok"])
        self.assertIn(out["error"], ("merging", "timed_out"), out)
        self.assertNotIn("resume", out["message"])
        if out["error"] == "merging":
            self.assertIn("never made", out["message"])
        resumed = self.wallet("ant", "resume")["payments"]
        self.assertTrue(all(p["kind"] == "merge" for p in resumed), resumed)
        self.wallet("bee", "receive")
        self.assertNotIn("EUR", self.balance("bee"))
        # The same command again does it, and says what it took.
        paid = self.wallet("ant", "pay", payee, "0.12", "EUR", "--timeout", "60")
        self.assertEqual(paid["state"], "final")
        self.assertEqual(len(paid["merge_txids"]), paid["merges"])
        self.wallet("bee", "receive", "--wait", "--timeout", "30")
        self.assertEqual(self.balance("bee")["EUR"]["total"], "0.12")
        kinds = [p["kind"] for p in self.wallet("ant", "history")["payments"] if p["state"] != "refused"]
        self.assertEqual(kinds.count("merge"), 10)
        self.assertEqual(len([p for p in self.wallet("ant", "history")["payments"] if p["sent"]]), 1)

    def test_fees_of_merges_are_known_before_the_first(self):
        self.notes("cat", 5, "1.00", fee_money="0.003")
        payee = self.create("dog")["address"]
        before = self.balance("cat")
        out = self.wallet("cat", "pay", payee, "5.00", "EUR", "--fee", "0.001", code=Codes.not_enough)
        self.assertEqual(out["reject"], "insufficient_fee")
        self.assertIn("0.004", out["message"].replace("0.004000", "0.004"))
        self.assertIn("3 merges", out["message"])
        self.assertIn("money not moved", out["message"])
        self.assertEqual(self.balance("cat"), before)
        self.run_json("devnet", "fund", self.wallet("cat", "address")["address"], "0.001", "SOT")
        self.wallet("cat", "receive", "--wait", "--timeout", "30")
        paid = self.wallet("cat", "pay", payee, "5.00", "EUR", "--fee", "0.001")
        self.assertEqual(paid["merges"], 3)
        self.assertEqual(float(paid["fee"]["amount"]), 0.001)
        self.assertEqual(float(paid["merge_fees"]["amount"]), 0.003)
        self.assertEqual(float(self.spendable("cat", "SOT")), 0)

    def test_everything(self):
        self.notes("elk", 3, "1.00", fee_money="1.00")
        payee = self.create("fox")["address"]
        self.assertEqual(self.wallet("elk", "pay", payee, "all", "EUR")["amount"], "3.00")
        paid = self.wallet("elk", "pay", payee, "all", "SOT", "--fee", "0.001")
        self.assertEqual(float(paid["amount"]), 0.999)
        self.assertEqual(float(self.spendable("elk", "SOT")), 0)
        self.assertEqual(self.wallet("elk", "pay", payee, "all", "EUR", code=Codes.not_enough)["reject"], "insufficient_funds")

    def test_fees_are_told(self):
        self.create("gnu")
        fees = self.wallet("gnu", "fees")["fee_assets"]
        self.assertEqual([f["asset"] for f in fees][0], "SOT")
        self.assertIn("0.001", " ".join(fees[0]["fees"]))
        self.funded("hen", "1.00")
        out = self.wallet("hen", "pay", self.create("ibis")["address"], "0.10", "EUR", "--fee", "0.123", code=Codes.usage)
        self.assertEqual(out["reject"], "fee_not_allowed")
        self.assertIn("0.001", out["message"])

    def killed_pay(self, name, payee, amount, after):
        """`pay`, killed once it has shown `after`."""
        read, write = os.pipe()
        os.write(write, f"secret of {name}\n".encode())
        os.close(write)
        process = subprocess.Popen([cli_test.PROGRAM, "wallet", "pay", payee, amount, "EUR", "--yes", "--wallet", str(self.dir / name), "--passphrase-fd", str(read)],
                                   env=cli_test.environment(self.home), pass_fds=[read], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        os.close(read)
        for line in process.stdout:
            if after in line:
                break
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def test_a_payment_that_was_stored_is_not_made_twice_by_mistake(self):
        self.funded("jay", "50.00")
        payee = self.create("kiwi")["address"]
        self.killed_pay("jay", payee, "7.00", "Private proof ready")       # stored; whether it was sent nobody knows
        out = self.wallet("jay", "pay", payee, "7.00", "EUR", code=Codes.payment_open)
        self.assertEqual(out["reject"], "payment_open")
        self.assertEqual(len(out["txid"]), 64)
        self.assertIn("--again", out["message"])
        opened = self.wallet("jay", "balance")["open"]
        if opened:                                                          # unless the validators had it already
            self.assertEqual([(p["kind"], p["amount"], p["asset"], p["address"]) for p in opened], [("payment", "7.00", "EUR", payee)])
        # Another amount is another payment.
        self.wallet("jay", "receive", "--wait", "--timeout", "3", code=None)
        self.wallet("jay", "pay", payee, "1.00", "EUR", code=None)
        ended = self.wallet("jay", "resume")["payments"]
        self.assertIn(out["txid"], [p["txid"] for p in ended])
        self.wallet("kiwi", "receive", "--wait", "--timeout", "30")
        self.assertEqual(self.wallet("jay", "resume")["payments"], [])
        # Told, so the same again is a payment of its own.
        self.spendable("jay")
        self.wallet("jay", "pay", payee, "7.00", "EUR")
        self.assertEqual(sum(1 for p in self.wallet("jay", "history")["payments"] for s in p["sent"] if s["amount"] == "7.00"), 2)

    def test_again_means_again(self):
        self.notes("lark", 2, "5.00")
        payee = self.create("mole")["address"]
        self.killed_pay("lark", payee, "3.00", "Private proof ready")
        self.wallet("lark", "pay", payee, "3.00", "EUR", "--again")
        out = self.wallet("lark", "pay", payee, "3.50", "EUR", "--timeout", "60", code=None)      # only its change would do
        self.assertTrue(out["ok"] or out["reject"] == "funds_held", out)
        sent = [s["amount"] for p in self.wallet("lark", "history")["payments"] for s in p["sent"]]
        self.assertEqual(sent[:2], ["3.00", "3.00"])


class Deadlines(cli_test.Network):
    """Validators that are there and say nothing: every command ends when its time is over."""

    def test_one_deadline_for_everything(self):
        self.funded("newt", "5.00")
        payee = self.create("owl")["address"]
        self.devnet.process.send_signal(signal.SIGSTOP)
        try:
            for args in (("pay", payee, "1.00", "EUR", "--timeout", "3"),
                                ("resume", "--timeout", "3"),
                                ("receive", "--wait", "--timeout", "3")):
                begin = time.monotonic()
                out = self.wallet("newt", *args, code=None)
                took = time.monotonic() - begin
                self.assertFalse(out["ok"])
                self.assertLess(took, 15, args)          # three seconds, the passphrase, and a busy machine
                self.assertIn(out["error"], ("unreachable", "timed_out"), out)
        finally:
            self.devnet.process.send_signal(signal.SIGCONT)
        self.assertEqual(self.wallet("newt", "resume")["payments"], [])


if __name__ == "__main__":
    unittest.main()
