#!/usr/bin/env python3
"""The command line from end to end: a devnet, wallets, money, a restart, and every exit code that can be had.

cli_test.py PROGRAM     (the built `sotto`)
"""
import datetime
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else None
ROOT = pathlib.Path(__file__).resolve().parent.parent


class Codes:
    ok, failed, usage, unreachable, wrong_passphrase, wallet_in_use, damaged, not_enough, no_such_file, already_exists, \
        timed_out, wrong_network, pending, not_written, merging, payment_open = range(16)


class Devnet:
    """`sotto devnet up --json` while it lives."""

    def __init__(self, home, port=0):
        self.process = subprocess.Popen([PROGRAM, "devnet", "up", "--port", str(port), "--json"], env=environment(home), cwd="/",
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("devnet did not start: " + self.process.stderr.read())
        self.document = json.loads(line)
        self.network = self.document["validators"][0]

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        out, _ = self.process.communicate(timeout=60)
        assert how == signal.SIGKILL or (out == "" and self.process.returncode == 0), (out, self.process.returncode)


def environment(home):
    env = {k: v for k, v in os.environ.items() if not k.startswith("SOTTO_")}
    env["SOTTO_HOME"] = str(home)
    env["SOTTO_CACHE"] = str(home / "cache")
    return env


class Network(unittest.TestCase):
    """A devnet of its own for each class of tests, and commands run against it."""

    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="sotto-cli-test-"))
        cls.home = cls.dir / "home"
        cls.devnet = Devnet(cls.home)
        cls.addClassCleanup(shutil.rmtree, cls.dir, True)
        cls.addClassCleanup(lambda: cls.devnet.stop())

    def run_raw(self, *args, secrets=None, home=None, variables=None, **kw):
        """Runs a command; `secrets` maps --…-fd options to the lines written there."""
        extra, fds = [], []
        for option, lines in (secrets or {}).items():
            read, write = os.pipe()
            os.write(write, (lines + "\n").encode())
            os.close(write)
            extra += [option, str(read)]
            fds.append(read)
        result = subprocess.run([PROGRAM, *map(str, args), *extra], env=environment(home or self.home) | (variables or {}), cwd="/", pass_fds=fds,
                                capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, start_new_session=True, **kw)
        for fd in fds:
            os.close(fd)
        return result

    def run_json(self, *args, code=Codes.ok, **kw):
        result = self.run_raw(*args, "--json", **kw)
        document = json.loads(result.stdout)           # exactly one document
        if code is not None:
            self.assertEqual(result.returncode, code, f"{args}: {result.stdout} {result.stderr}")
            self.assertEqual(document["ok"], code == Codes.ok)
        return document

    def wallet(self, name, *args, passphrase=None, code=Codes.ok, secrets=None):
        """Nobody is asked: what moves money is agreed to."""
        path = self.dir / name
        args = (*args, "--yes") if args[0] == "pay" else args
        secrets = {"--passphrase-fd": passphrase or f"secret of {name}", **(secrets or {})}
        return self.run_json("wallet", *args, "--wallet", path, code=code, secrets=secrets)

    def create(self, name):
        return self.wallet(name, "create", "--network", self.devnet.network)

    def balance(self, name):
        return {b["asset"]: b for b in self.wallet(name, "balance")["balances"]}

    def funded(self, name, amount="100.00", asset="EUR"):
        made = self.create(name)
        self.run_json("devnet", "fund", made["address"], amount, asset)
        received = self.wallet(name, "receive", "--wait", "--timeout", 60)["received"]
        self.assertEqual([(r["amount"], r["asset"]) for r in received], [(amount, asset)])
        return made


class Cli(Network):
    def test_a_payment_from_end_to_end_and_a_restart(self):
        self.funded("alice")
        bob = self.create("bob")
        self.assertEqual(len(bob["words"].split()), 24)
        payment = self.dir / "payment"
        paid = self.wallet("alice", "pay", bob["address"], "12.50", "EUR", "--memo", "lunch", "--out", payment)
        self.assertEqual((paid["state"], paid["amount"], paid["address"]), ("final", "12.50", bob["address"]))
        for key in ("prove_ms", "lock_certificate_ms", "settled_ms"):
            self.assertGreater(paid[key], 0)

        received = self.wallet("bob", "receive", payment)
        self.assertEqual([(r["amount"], r["asset"], r["memo"], r["credited"]) for r in received["received"]], [("12.50", "EUR", "lunch", True)])
        self.assertEqual(received["receipt"], str(payment) + ".receipt")
        again = self.wallet("bob", "receive", payment)
        self.assertFalse(again["received"][0]["credited"])
        self.assertEqual(self.balance("bob")["EUR"]["total"], "12.50")
        self.assertEqual(self.balance("alice")["EUR"]["total"], "87.50")

        receipt = self.wallet("alice", "receipt", received["receipt"])["receipts"]
        self.assertEqual([(r["amount"], r["asset"], r["txid"], r["address"]) for r in receipt], [("12.50", "EUR", paid["txid"], bob["address"])])
        self.assertEqual(self.wallet("alice", "receipt")["receipts"], receipt)
        history = self.wallet("alice", "history")["payments"]
        self.assertEqual([len(p["received"]) for p in history], [1, 0])
        self.assertEqual(history[1]["sent"][0]["memo"], "lunch")
        made = datetime.datetime.fromisoformat(history[1]["time"].replace("Z", "+00:00"))
        self.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - made).total_seconds()), 300)
        self.assertNotIn("time", history[0])          # found in a block
        self.assertRegex(history[0]["block_time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        shown = self.run_raw("wallet", "history", "--wallet", self.dir / "alice", secrets={"--passphrase-fd": "secret of alice"},
                             variables={"TZ": "XYZ-05:30"}).stdout
        local = made.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30))).strftime("%Y-%m-%d %H:%M +0530")
        self.assertIn(local, shown)

        # Nothing lost by a polite stop, nor by a rude one.
        for how in (signal.SIGINT, signal.SIGKILL):
            type(self).devnet.stop(how)
            offline = self.wallet("alice", "balance")
            self.assertFalse(offline["fresh"])
            self.assertEqual(offline["balances"][0]["total"], "87.50")
            type(self).devnet = Devnet(self.home)
            self.assertFalse(self.devnet.document["created"])
            for name in ("alice", "bob"):        # the ports are new ones
                self.wallet(name, "balance", "--network", self.devnet.network)
            self.assertEqual(self.balance("bob")["EUR"]["spendable"], "12.50")
        back = self.wallet("bob", "pay", self.wallet("alice", "address")["address"], "2.50", "EUR")
        self.assertEqual(back["state"], "final")
        self.wallet("alice", "receive", "--wait", "--timeout", 60)
        self.assertEqual(self.balance("alice")["EUR"]["total"], "90.00")

        restored = self.wallet("bob2", "restore", "--network", self.devnet.network, secrets={"--words-fd": bob["words"]})
        self.assertEqual(restored["address"], bob["address"])
        self.assertEqual(self.balance("bob2")["EUR"]["total"], "10.00")
        restored = self.wallet("bob2", "history")["payments"]
        self.assertEqual([sorted(p) for p in restored if "time" in p], [])      # the ledger alone knows only of blocks
        self.assertEqual(len([p for p in restored if "block_time" in p]), 2)

    def test_pay_says_what_it_does(self):
        self.funded("erin")
        to = self.create("fred")["address"]
        result = self.run_raw("wallet", "pay", to, "1.00", "EUR", "--yes", "--wallet", self.dir / "erin", secrets={"--passphrase-fd": "secret of erin"})
        self.assertEqual(result.returncode, Codes.ok, result.stderr)
        amount, recipient = result.stdout.index("1.00 EUR"), result.stdout.index(to)
        self.assertLess(amount, recipient)
        for step in ("Private proof ready", r"Confirmed by [34] of 4", "Final"):
            self.assertRegex(result.stdout, step)
        self.assertNotIn("\x1b", result.stdout)      # no terminal, no colours

    def test_history_is_oldest_first_across_processes(self):
        """Each command is a process: the place of a payment in the history must not begin anew with each."""
        made = self.create("tom")
        for _ in range(4):
            self.run_json("devnet", "fund", made["address"], "5.00", "EUR")
        while len(self.wallet("tom", "history")["payments"]) < 4:
            self.wallet("tom", "receive", "--wait", "--timeout", 60)
        to = self.create("una")["address"]
        amounts = ["1.00", "2.00", "3.00", "4.00"]
        for amount in amounts:
            self.wallet("tom", "pay", to, amount, "EUR")
        history = self.wallet("tom", "history")["payments"]
        self.assertEqual([p["sent"][0]["amount"] for p in history if p["sent"]], amounts)
        times = [p["time"] for p in history if p["sent"]]
        self.assertEqual(times, sorted(times))

    def test_new_addresses_are_unlinkable_and_receive(self):
        first = self.create("gina")["address"]
        second = self.wallet("gina", "address", "--new")["address"]
        self.assertNotEqual(first, second)
        self.run_json("devnet", "fund", second, "3.00", "USD")
        self.wallet("gina", "receive", "--wait", "--timeout", 60)
        self.assertEqual(self.balance("gina")["USD"]["total"], "3.00")

    def test_money_that_is_not_there(self):
        self.funded("henry", "5.00")
        to = self.create("ida")["address"]
        refused = self.wallet("henry", "pay", to, "5.01", "EUR", code=Codes.not_enough)
        self.assertIn("money not moved", refused["message"])
        self.assertEqual(refused["reject"], "insufficient_funds")
        self.assertEqual(self.wallet("henry", "pay", to, "1.00", "SOT", code=Codes.not_enough)["error"], "not_enough")
        fund = self.run_json("devnet", "fund", to, "99999999999.00", "EUR", code=Codes.not_enough)
        self.assertEqual(fund["reject"], "insufficient_funds")

    def stake(self, name, command, *args, **kw):
        args = (*args, "--yes") if command in ("bond", "unbond", "register") else args
        return self.run_json("stake", command, *args, "--wallet", self.dir / name,
                             secrets={"--passphrase-fd": "secret of " + name}, **kw)

    def test_staking(self):
        sue = self.funded("sue", "2000.000000", "SOT")
        table = self.stake("sue", "validators")
        self.assertEqual(len(table["validators"]), 4)
        house = table["validators"][0]
        self.assertEqual((house["state"], house["token_worth"]), ("in the committee", 1.0))
        before = float(house["stake"])
        self.assertEqual(self.stake("sue", "status")["stakes"], [])

        bonded = self.stake("sue", "bond", house["id"][:16], "60")
        self.assertEqual([(c["of"], float(c["amount"])) for c in bonded["claimed"]], [("bond", 60.0)])
        after = next(v for v in self.stake("sue", "validators")["validators"] if v["id"] == house["id"])
        self.assertEqual(float(after["stake"]), before + 60)
        stakes = self.stake("sue", "status")["stakes"]
        self.assertEqual([(s["validator"], float(s["worth"]), float(s["earned"])) for s in stakes], [(house["id"], 60.0, 0.0)])

        left = self.stake("sue", "unbond", house["id"], "20")
        self.assertEqual((float(left["amount"]), left["epoch"]), (20.0, table["epoch"] + table["unbonding_epochs"]))
        status = self.stake("sue", "status")
        self.assertEqual(float(status["stakes"][0]["worth"]), 40.0)
        self.assertEqual([float(c["amount"]) for c in status["coming_back"]], [20.0])

        self.assertEqual(self.stake("sue", "bond", "zz", "1", code=Codes.usage)["reject"], "unknown_validator")
        self.assertEqual(self.stake("sue", "bond", house["id"], "0.001", code=Codes.failed)["reject"], "below_minimum")
        self.assertEqual(self.stake("sue", "bond", house["id"], "100000", code=Codes.not_enough)["reject"], "insufficient_funds")
        self.assertEqual(self.stake("sue", "unbond", house["id"], "41", code=Codes.not_enough)["reject"], "insufficient_funds")

        made = self.dir / "a-validator"
        init = subprocess.run([pathlib.Path(PROGRAM).parent / "sottod", "init", "--dir", made, "--json"], capture_output=True)
        self.assertEqual(init.returncode, 0, init.stderr)
        self.assertEqual(self.stake("sue", "register", "--dir", made, "--amount", "1", code=Codes.failed)["reject"], "below_minimum")
        registered = self.stake("sue", "register", "--dir", made, "--amount", "1000", "--commission", "7.5")
        mine = next(v for v in self.stake("sue", "validators")["validators"] if v["id"] == registered["validator"])
        self.assertEqual((mine["state"], float(mine["own"]), mine["commission_percent"]), ("waiting", 1000.0, 7.5))

        self.assertEqual(self.stake("sue", "unjail", "--dir", made, code=Codes.failed)["reject"], "not_jailed")
        house_keys = self.stake("sue", "unbond", house["id"], "1", "--self", code=Codes.failed)
        self.assertEqual(house_keys["reject"], "not_the_operator")
        out = self.stake("sue", "unbond", mine["id"], "400", "--self")
        self.assertEqual((float(out["amount"]), out["epoch"]), (400.0, left["epoch"]))
        mine = next(v for v in self.stake("sue", "validators")["validators"] if v["id"] == mine["id"])
        self.assertEqual((mine["state"], float(mine["own"])), ("too little of its own", 600.0))
        status = self.stake("sue", "status")
        self.assertEqual(sorted(float(c["amount"]) for c in status["coming_back"]), [20.0, 400.0])

        self.wallet("sue2", "restore", "--network", self.devnet.network, secrets={"--words-fd": sue["words"]})
        self.assertEqual(self.stake("sue2", "status")["stakes"], status["stakes"])

    def test_passphrases_and_locks(self):
        self.create("jack")
        self.assertEqual(self.wallet("jack", "balance", passphrase="wrong", code=Codes.wrong_passphrase)["error"], "wrong_passphrase")
        def wait_for_payments():
            process = subprocess.Popen([PROGRAM, "wallet", "receive", "--wait", "--wallet", str(self.dir / "jack"), "--passphrase-fd", "0", "--json"],
                                       env=environment(self.home), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            process.stdin.write("secret of jack\n")
            process.stdin.flush()
            return process
        waiting = wait_for_payments()
        try:
            for _ in range(200):
                probe = self.run_raw("wallet", "address", "--wallet", self.dir / "jack", "--json", secrets={"--passphrase-fd": "secret of jack"})
                if probe.returncode == Codes.wallet_in_use:
                    break
                if waiting.poll() is not None:      # it met the probe's own lock and left
                    self.assertEqual(waiting.returncode, Codes.wallet_in_use)
                    waiting.communicate()
                    waiting = wait_for_payments()
            self.assertEqual(probe.returncode, Codes.wallet_in_use, probe.stdout)
            self.assertEqual(json.loads(probe.stdout)["error"], "wallet_in_use")
        finally:
            waiting.kill()
            waiting.communicate()
        self.wallet("jack", "address")
        no_terminal = self.run_raw("wallet", "address", "--wallet", self.dir / "jack", "--json")
        self.assertEqual(no_terminal.returncode, Codes.usage)
        self.assertEqual(self.wallet("jack", "create", "--network", self.devnet.network, code=Codes.already_exists)["error"], "already_exists")

    def test_a_prompt_does_not_echo(self):
        self.create("kim")
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(environment(self.home))
            os.execv(PROGRAM, [PROGRAM, "wallet", "address", "--wallet", str(self.dir / "kim")])
        shown = b""
        while b": " not in shown:
            shown += os.read(terminal, 1000)
        os.write(terminal, b"secret of kim\n")
        try:
            while chunk := os.read(terminal, 1000):
                shown += chunk
        except OSError:
            pass
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), Codes.ok)
        self.assertIn(b"sottodev1", shown)
        self.assertNotIn(b"secret of kim", shown)

    def test_damaged_files(self):
        self.create("lea")
        path = self.dir / "lea"
        content = bytearray(path.read_bytes())
        page = int.from_bytes(content[16:18], "big")          # SQLite fills its pages from their ends
        for end in range(2 * page, len(content) + 1, page):
            for at in range(end - 64, end):
                content[at] ^= 0x55
        damaged = self.dir / "lea2"
        damaged.write_bytes(content)
        shutil.copy(str(path) + ".network", str(damaged) + ".network")
        self.assertEqual(self.wallet("lea2", "balance", passphrase="secret of lea", code=Codes.damaged)["error"], "damaged")
        damaged.write_bytes(b"not a wallet at all")
        self.wallet("lea2", "balance", passphrase="secret of lea", code=Codes.damaged)
        (self.dir / "nonsense").write_bytes(b"nonsense")
        self.wallet("lea", "receive", self.dir / "nonsense", code=Codes.damaged)
        self.wallet("lea", "receipt", self.dir / "nonsense", code=Codes.damaged)

    def test_a_payment_file_is_believed_only_as_it_was_written(self):
        self.funded("mia")
        ned = self.create("ned")["address"]
        payment = self.dir / "mia-payment"
        self.wallet("mia", "pay", ned, "1.00", "EUR", "--out", payment)
        original = payment.read_bytes()
        altered = self.dir / "altered"
        for at in (60, len(original) // 2, len(original) - 10):
            content = bytearray(original)
            content[at] ^= 1
            altered.write_bytes(content)
            result = self.run_raw("wallet", "receive", altered, "--wallet", self.dir / "ned", "--json", secrets={"--passphrase-fd": "secret of ned"})
            self.assertIn(result.returncode, (Codes.failed, Codes.damaged, Codes.wrong_network), result.stdout)   # a bit of the network's id too
        self.assertEqual(self.balance("ned").get("EUR", {"arriving": "0"})["arriving"] in ("0", "0.00", "1.00"), True)
        olga = self.create("olga")
        self.assertEqual(self.wallet("olga", "receive", payment, code=Codes.failed)["reject"], "nothing_for_us")
        self.assertEqual(olga["network"], self.devnet.document["network"])
        self.assertEqual(self.wallet("mia", "pay", ned, "1.00", "EUR", "--out", payment, code=Codes.already_exists)["error"], "already_exists")

    def test_nobody_there(self):
        self.create("paul")
        out = self.run_json("wallet", "create", "--wallet", self.dir / "nowhere", "--network", "127.0.0.1:9", code=Codes.unreachable,
                            secrets={"--passphrase-fd": "x"})
        self.assertEqual(out["error"], "unreachable")
        self.assertFalse((self.dir / "nowhere").exists())
        to = self.wallet("paul", "address")["address"]
        refused = self.wallet("paul", "pay", to, "1.00", "EUR", "--network", "127.0.0.1:9", code=Codes.unreachable)
        self.assertIn("money not moved", refused["message"])
        self.run_json("devnet", "fund", to, "1.00", "EUR", "--dir", self.dir / "no-devnet", code=Codes.unreachable)
        self.wallet("missing", "balance", code=Codes.no_such_file)
        self.wallet("paul", "receive", self.dir / "missing", code=Codes.no_such_file)
        self.wallet("paul", "receive", "--wait", "--timeout", 1, code=Codes.timed_out)
        self.assertEqual(self.wallet("paul", "resume")["payments"], [])
        busy = self.run_json("devnet", "up", code=Codes.wallet_in_use)
        self.assertEqual(busy["reject"], "in_use")

    def test_another_network(self):
        other_home = self.dir / "other"
        other = Devnet(other_home)
        try:
            self.create("quinn")
            out = self.wallet("quinn", "receive", "--network", other.network, code=Codes.wrong_network)
            self.assertEqual(out["error"], "wrong_network")
        finally:
            other.stop()

    def test_nothing_of_another_network_is_taken(self):
        """Two devnets that differ in nothing but their salt: addresses, files and checkpoints of one are refused by the other."""
        other_home = self.dir / "another"
        other = Devnet(other_home)
        try:
            self.funded("tess")
            theirs = lambda name, *args, **kw: self.wallet(name, *args, **kw)
            stranger = theirs("uma", "create", "--network", other.network)
            before = self.balance("tess")
            for command in (lambda: self.wallet("tess", "pay", stranger["address"], "0.10", "EUR", code=Codes.wrong_network),
                            lambda: self.run_json("devnet", "fund", stranger["address"], "1.00", "EUR", code=Codes.wrong_network)):
                refused = command()
                self.assertEqual((refused["error"], refused["reject"]), ("wrong_network", "wrong_network"))
                self.assertIn("money not moved", refused["message"])
                self.assertIn(other.document["network"][:16], refused["message"])
            self.assertEqual(self.balance("tess"), before)

            self.run_json("devnet", "fund", stranger["address"], "5.00", "EUR", home=other_home)
            theirs("uma", "receive", "--wait", "--timeout", 60)
            vera = theirs("vera", "create", "--network", other.network)
            payment = self.dir / "uma-payment"
            theirs("uma", "pay", vera["address"], "1.00", "EUR", "--out", payment)
            theirs("vera", "receive", payment)
            for args in (("receive", payment), ("receipt", str(payment) + ".receipt"), ("balance", "--checkpoint", self.dir / "uma.checkpoint"),
                         ("pay", self.create("wilma")["address"], "0.10", "EUR", "--checkpoint", self.dir / "uma.checkpoint")):
                self.assertEqual(self.wallet("tess", *args, code=Codes.wrong_network)["reject"], "wrong_network")
            # A wallet beside the description of another network.
            for part in ("", ".network"):
                shutil.copy(str(self.dir / ("tess" if part == "" else "uma")) + part, str(self.dir / "mixed") + part)
            self.assertEqual(self.wallet("mixed", "balance", passphrase="secret of tess", code=Codes.wrong_network)["reject"], "wrong_network")
        finally:
            other.stop()

    def test_command_lines_that_make_no_sense(self):
        to = self.create("rosa")["address"]
        for args in ([], ["nonsense"], ["wallet"], ["wallet", "pay"], ["devnet", "fund", "x"], ["devnet", "up", "--port", "70000"],
                     ["genesis", "draft", "--dir", "/nowhere", "--name", "n", "--kind", "real", "card"],
                     ["wallet", "balance", "--passphrase-fd", "x"]):
            result = self.run_raw(*args, "--json")
            self.assertEqual(result.returncode, Codes.usage, args)
            self.assertEqual(json.loads(result.stdout)["error"], "usage")
        for address, amount, asset in ((to, "1.00", "XYZ"), (to, "-1", "EUR"), (to, "0", "EUR"), (to, "1.005", "EUR"),
                                       (to[:-1] + ("q" if to[-1] != "q" else "p"), "1.00", "EUR"), ("sottodev1x", "1.00", "EUR")):
            self.assertIn("money not moved", self.wallet("rosa", "pay", address, amount, asset, code=Codes.usage)["message"])
            self.run_json("devnet", "fund", address, amount, asset, code=Codes.usage)
        for words in ("abandon " * 24, "one two three", "zzzz " * 24):
            self.wallet("rosa2", "restore", "--network", self.devnet.network, secrets={"--words-fd": words.strip()}, code=Codes.usage)
        self.wallet("rosa", "balance", "--network", "nonsense", code=Codes.usage)

    def test_what_is_no_address_is_told_why(self):
        to = self.create("xena")["address"]
        for address, reject in ((to[:30] + " " + to[30:], "white_space"), (to + "\n", "white_space"), ("sotto:" + to, "link"), (to[:40].upper() + to[40:], "mixed_case"),
                                (to[:40] + "b" + to[41:], "bad_character"), (to[:-4], "too_short"), (to + "qq", "too_long"),
                                (to[:40] + ("q" if to[40] != "q" else "p") + to[41:], "wrong_checksum"), ("bob", "not_an_address"),
                                ("sottodev1q9vxsqd5cntrlfzjjw65kx0sx2h5tgha0v2pdnwyhj9snn0ta594r60y4f5yne9qmkvl8jhu30963tswfwpmyk8ar4jvz5p7u8r9c9fcu2mt7dvna6tr0e034xeamdx8qcsrfsu8",
                                 "old_version")):
            refused = self.wallet("xena", "pay", address, "1.00", "EUR", code=Codes.usage)
            self.assertEqual(refused["reject"], reject)
            self.assertIn("money not moved", refused["message"])
            self.assertTrue("_" not in reject or reject not in refused["message"])         # a sentence, not its name

    def test_memos_are_text(self):
        self.funded("yara", "20.00")
        zoe = self.create("zoe")["address"]
        pay = lambda memo, **kw: self.wallet("yara", "pay", zoe, "1.00", "EUR", "--memo", memo, **kw)
        for memo, reject, said in (("a" * 513, "memo_too_long", "513"), ("a\u202eb", "memo_hidden_mark", "U+202E"), ("a\u200bb", "memo_hidden_mark", "U+200B"),
                                   ("a\x1b[31m", "memo_hidden_mark", "U+001B"), ("caf\udce9", "memo_not_utf8", "byte 4")):
            refused = pay(memo, code=Codes.usage)
            self.assertEqual(refused["reject"], reject)
            self.assertIn(said, refused["message"])
            self.assertIn("money not moved", refused["message"])
        memo, payment = "1 pizza\n2 beer\t3.50 \u2764\ufe0f", self.dir / "yara-payment"
        pay(memo + "\n", code=Codes.ok)
        self.wallet("yara", "pay", zoe, "1.00", "EUR", "--memo", memo, "--out", payment)
        self.assertEqual(self.wallet("zoe", "receive", payment)["received"][0]["memo"], memo)
        self.assertIn(memo, [sent["memo"] for p in self.wallet("yara", "history")["payments"] for sent in p["sent"]])
        shown = self.run_raw("wallet", "history", "--wallet", self.dir / "yara", secrets={"--passphrase-fd": "secret of yara"}).stdout
        self.assertIn("1 pizza<U+000A>2 beer<U+0009>3.50", shown)

    def test_a_passphrase_and_words_however_they_are_typed(self):
        composed, decomposed = "caf\u00e9", "cafe\u0301"
        made = self.wallet("adele", "create", "--network", self.devnet.network, passphrase=composed)
        self.assertEqual(self.wallet("adele", "address", passphrase=decomposed)["address"], made["address"])
        self.wallet("adele", "address", passphrase="cafe", code=Codes.wrong_passphrase)
        words = made["words"].split()
        for i, typed in enumerate(("\n".join(f"{n}. {w}" for n, w in enumerate(words, 1)), "  ".join(w.upper() for w in words),
                                   "\n".join(" ".join(words[k:k + 4]) for k in range(0, 24, 4)), "".join(f"{n}){w}\r\n\r\n" for n, w in enumerate(words, 1)))):
            again = self.wallet(f"adele{i}", "restore", "--network", self.devnet.network, secrets={"--words-fd": typed})
            self.assertEqual(again["address"], made["address"])
        wrong = words[:6] + ["abandn"] + words[7:11] + ["xqzwv"] + words[12:]
        refused = self.wallet("bert", "restore", "--network", self.devnet.network, secrets={"--words-fd": " ".join(wrong)}, code=Codes.usage)
        self.assertEqual(refused["reject"], "unknown_word")
        self.assertIn('word 7 (perhaps "abandon"), word 12', refused["message"])
        self.assertNotIn(words[0] + " " + words[1], refused["message"])
        for count, reject, said in ((23, "wrong_word_count", "23 words"), (0, "wrong_word_count", "24")):
            refused = self.wallet("bert", "restore", "--network", self.devnet.network, secrets={"--words-fd": " ".join(words[:count]) or "1."}, code=Codes.usage)
            self.assertEqual(refused["reject"], reject)
            self.assertIn(said, refused["message"])
        refused = self.wallet("bert", "restore", "--network", self.devnet.network, secrets={"--words-fd": "abandon " * 24}, code=Codes.usage)
        self.assertEqual(refused["reject"], "bad_checksum")

    def test_localhost_is_this_machine(self):
        port = self.devnet.network.split(":")[1]
        made = self.wallet("carl", "create", "--network", "localhost:" + port)
        self.assertEqual(self.wallet("carl", "address")["address"], made["address"])
        self.assertTrue(self.wallet("carl", "balance", "--network", "localhost:" + port)["fresh"])
        self.wallet("dora", "create", "--network", "example.org:" + port, code=Codes.usage)

    def test_the_control_file_is_private(self):
        control = self.home / "devnet" / "control"
        self.assertEqual(control.stat().st_mode & 0o777, 0o600)
        content = json.loads(control.read_text())
        import http.client
        for token, status in (("wrong", 403), (content["token"], 404)):
            connection = http.client.HTTPConnection("127.0.0.1", content["port"], timeout=10)
            connection.request("GET", "/", headers={"Authorization": "Bearer " + token})
            self.assertEqual(connection.getresponse().status, status)
            connection.close()

    def test_help_version_and_documented_codes(self):
        self.assertEqual(self.run_json("version")["version"], self.run_raw("version").stdout.split()[1])
        for args in (["--help"], ["wallet", "--help"], ["wallet", "pay", "--help"], ["devnet", "up", "--help"]):
            result = self.run_raw(*args)
            self.assertEqual(result.returncode, Codes.ok)
            self.assertIn("Usage", result.stdout)
        rows = re.findall(r"^\s+(\d+)  (\w+)\s+(.*)$", self.run_raw("--help").stdout.split("Exit codes:")[1], re.M)
        documented = re.findall(r"^\| (\d+) \| `(\w+)` \| (.*) \|$", (ROOT / "docs" / "cli.md").read_text(), re.M)
        self.assertEqual([(a, b, c.replace("`", "")) for a, b, c in documented], [(a, b, c.replace("`", "").strip()) for a, b, c in rows])
        self.assertEqual([getattr(Codes, name) for _, name, _ in rows], list(range(16)))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
