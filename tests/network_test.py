#!/usr/bin/env python3
"""A network of real processes: four `sottod`, each with its CometBFT, on loopback addresses of their own; wallets that pay
while validators are killed, stopped and start again. Bounded in time; only loopback; ends what it started.

network_test.py PROGRAM     (the built `sotto`, with `sottod` beside it)
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import wire

PROGRAM = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else None
SOTTOD = os.path.join(os.path.dirname(PROGRAM or ""), "sottod")
PORT = 20_000 + os.getpid() % 20_000             # others may run this on the same machine


def environment(home):
    env = {k: v for k, v in os.environ.items() if not k.startswith("SOTTO_") or k == "SOTTO_COMETBFT"}
    return env | {"SOTTO_HOME": str(home), "SOTTO_CACHE": str(home / "cache")}


def eventually(holds, seconds=30, what=""):
    until = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError("not within %d s: %s" % (seconds, what))
        time.sleep(0.05)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid):
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


class Network(unittest.TestCase):
    options = []                                 # of `testnet up`

    @classmethod
    def setUpClass(cls):
        cls.base = pathlib.Path(tempfile.mkdtemp(prefix="sotto-network-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.base, True)
        cls.home = cls.base / "home"
        cls.dir = cls.base / "net"
        cls.up()
        cls.addClassCleanup(lambda: cls.process.poll() is None and cls.down())

    @classmethod
    def up(cls):
        cls.process = subprocess.Popen([PROGRAM, "testnet", "up", "--dir", str(cls.dir), "--port", str(PORT), "--json", *cls.options], env=environment(cls.home),
                                       cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = cls.process.stdout.readline()
        document = json.loads(line) if line else {}
        if not document.get("ok"):
            raise AssertionError("testnet did not start: " + line + cls.process.stderr.read())
        cls.validators = document["validators"]
        cls.network_file = document["network_file"]
        cls.members = wire.members(cls.network_file)
        cls.document = document

    @classmethod
    def down(cls):
        cls.process.send_signal(signal.SIGTERM)
        out, err = cls.process.communicate(timeout=60)
        assert out == "" and cls.process.returncode == 0, (out, err, cls.process.returncode)

    def run_json(self, *args, secrets=None, code=0):
        """Nobody is asked: what moves money is agreed to."""
        args = (*args, "--yes") if args[:2] in (("wallet", "pay"), ("stake", "bond"), ("stake", "unbond"), ("stake", "register")) else args
        extra, fds = [], []
        for option, text in (secrets or {}).items():
            read, write = os.pipe()
            os.write(write, (text + "\n").encode())
            os.close(write)
            extra += [option, str(read)]
            fds.append(read)
        result = subprocess.run([PROGRAM, *map(str, args), *extra, "--json"], env=environment(self.home), cwd="/", pass_fds=fds,
                                capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        for fd in fds:
            os.close(fd)
        if code is not None:
            self.assertEqual(result.returncode, code, f"{args}: {result.stdout} {result.stderr}")
        return json.loads(result.stdout)

    def wallet(self, name, *args, code=0):
        return self.run_json("wallet", *args, "--wallet", self.base / name, secrets={"--passphrase-fd": "secret of " + name}, code=code)

    def pid(self, n):
        return int((self.dir / f"validator-{n + 1}" / "pid").read_text())

    def health(self, n):
        try:
            return json.loads(wire.get(self.members[n], "/v1/health"))
        except OSError:
            return None

    def operator(self, n, path):
        address, port = self.validators[n].rsplit(":", 1)
        with urllib.request.urlopen(f"http://{address}:{int(port) + 3}{path}", timeout=2) as answer:
            return answer.read().decode()

    def block_hash(self, n, height):
        try:
            return wire.get(self.members[n], f"/v1/hash?height={height}")
        except OSError:
            return None

    def agree(self):
        """All stand at one height, with one hash."""
        def same():
            healths = [self.health(n) for n in range(4)]
            if not all(healths) or len({h["height"] for h in healths}) != 1:
                return None
            height = healths[0]["height"]
            hashes = {self.block_hash(n, height) for n in range(4)}
            self.assertEqual(len(hashes), 1)
            return height if None not in hashes else None
        return eventually(same, 60, "all validators at one height")

    def pay(self, amount="1.00"):
        paid = self.wallet("alice", "pay", self.bob, amount, "EUR")
        self.assertEqual(paid["state"], "final")
        return paid["settled_ms"]

    def executed(self, total):
        """Bob has so much, out of blocks."""
        def has():
            self.wallet("bob", "receive")
            balances = {b["asset"]: b for b in self.wallet("bob", "balance")["balances"]}
            return balances.get("EUR", {}).get("spendable") == total
        eventually(has, 60, "bob has " + total)

    def test_pays_through_crashes_and_restarts(self):
        alice = self.wallet("alice", "create", "--network", self.network_file)["address"]
        type(self).bob = self.wallet("bob", "create", "--network", self.network_file)["address"]
        self.run_json("testnet", "fund", alice, "100.00", "EUR", "--dir", self.dir)
        self.wallet("alice", "receive", "--wait", "--timeout", 60)
        times = [self.pay() for _ in range(3)]
        print("settled in ms, four real processes:", ", ".join("%.0f" % t for t in sorted(times)))
        self.executed("3.00")
        self.agree()
        for n in range(4):
            self.assertEqual(self.operator(n, "/ready"), "ready")
            votes = re.search(r"^sotto_votes_total (\d+)", self.operator(n, "/metrics"), re.M)
            self.assertGreaterEqual(int(votes.group(1)), 3)

        # Every process has one CometBFT; killed, it takes that with it, the others go on, and it is started again.
        victim = self.pid(2)
        engine, = children(victim)
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: not alive(engine), 10, "CometBFT ends with its sottod")
        self.pay()
        eventually(lambda: self.pid(2) != victim and self.health(2), 60, "the killed validator is back")
        self.executed("4.00")
        self.agree()

        # Killed CometBFT: its sottod starts it again.
        owner = self.pid(1)
        engine, = children(owner)
        os.kill(engine, signal.SIGKILL)
        self.pay()
        eventually(lambda: [c for c in children(owner) if c != engine], 30, "CometBFT is started again")
        self.executed("5.00")
        self.agree()
        self.assertEqual(self.pid(1), owner)

        # Everybody stops politely and starts again; rest means rest.
        type(self).down()
        type(self).up()
        self.assertFalse(self.document["created"])
        height = self.agree()
        time.sleep(1)
        self.assertEqual(self.agree(), height)
        self.pay()
        self.executed("6.00")
        self.agree()
        self.a_lost_ledger_is_taken_over_from_others()

    def a_lost_ledger_is_taken_over_from_others(self):
        type(self).down()
        folders = [self.dir / f"validator-{n + 1}" for n in range(4)]
        for folder in folders:
            config = folder / "sottod.toml"
            config.write_text(config.read_text().replace("snapshot_interval = 1000", "snapshot_interval = 1"))
        shutil.rmtree(folders[3] / "store")
        def sottod(*args):
            return subprocess.Popen([SOTTOD, *map(str, args)], env=environment(self.home), cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # Its engine has signed blocks: without its store it does not begin anew.
        refused = sottod("run", "--dir", folders[3])
        self.assertEqual(refused.wait(60), 6, refused.stdout.read())
        refused.stdout.close()
        others = [sottod("run", "--dir", folder) for folder in folders[:3]]
        try:
            eventually(lambda: all(self.health(n) for n in range(3)), 60, "three validators")
            for _ in range(3):
                self.pay()
            self.executed("9.00")
            rpc = ["127.0.0.%d:%d" % (11 + n, PORT + 2) for n in range(2)]
            with urllib.request.urlopen(f"http://{rpc[0]}/commit?height=1", timeout=5) as answer:
                trusted = json.loads(answer.read())["result"]["signed_header"]["commit"]["block_id"]["hash"]
            begin = time.monotonic()
            restore = sottod("restore", "--dir", folders[3], "--rpc", ",".join(rpc), "--trust-height", 1, "--trust-hash", trusted, "--json")
            said = restore.communicate(timeout=120)[0]
            self.assertEqual(restore.returncode, 0, said + (folders[3] / "engine" / "comet.log").read_text()[-3000:])
            print("ledger taken over in %.1f s, of which CometBFT looks for snapshots 5 s" % (time.monotonic() - begin))
        finally:
            for process in others:
                process.terminate()
            for process in others:
                process.communicate(timeout=60)
        type(self).up()
        self.agree()
        self.pay()
        self.executed("10.00")
        self.agree()

    def test_two_devices_pay_with_one_note(self):
        """Two validators lock the note for one device, two for the other: nothing can be final until it is unlocked."""
        carol = self.wallet("carol", "create", "--network", self.network_file)
        dave = self.wallet("dave", "create", "--network", self.network_file)["address"]
        self.run_json("testnet", "fund", carol["address"], "10.00", "EUR", "--dir", self.dir)
        self.wallet("carol", "receive", "--wait", "--timeout", 60)
        self.run_json("wallet", "restore", "--network", self.network_file, "--wallet", self.base / "device",
                      secrets={"--passphrase-fd": "secret of device", "--words-fd": carol["words"]})
        for name, asleep in (("carol", (2, 3)), ("device", (0, 1))):
            for n in asleep:
                os.kill(self.pid(n), signal.SIGSTOP)
            try:
                self.wallet(name, "pay", dave, "1.00", "EUR", "--timeout", 12, code=12)
            finally:
                for n in asleep:
                    os.kill(self.pid(n), signal.SIGCONT)
        for name in ("carol", "device"):
            begin = time.monotonic()
            payment, = self.wallet(name, "resume", code=1)["payments"]
            self.assertEqual(payment["state"], "refused")
            print("%s: its payment is void and its money free after %.1f s" % (name, time.monotonic() - begin))
        for name in ("carol", "device"):
            self.assertEqual(self.wallet(name, "pay", dave, "1.00", "EUR")["state"], "final")

        def has():
            self.wallet("dave", "receive")
            return [b["spendable"] for b in self.wallet("dave", "balance")["balances"] if b["asset"] == "EUR"] == ["2.00"]
        eventually(has, 60, "dave has 2.00")
        self.agree()

    def test_only_by_key(self):
        """Plain HTTP, another key and another network's file lead nowhere."""
        address, port, key = self.members[0]
        with self.assertRaises(OSError):
            wire.get((address, port, bytes(32)), "/v1/health")
        with self.assertRaises(OSError):
            urllib.request.urlopen(f"http://{self.validators[0]}/v1/health", timeout=2)
        self.wallet("nobody", "create", "--network", self.validators[0], code=3)
        self.wallet("nobody", "create", "--network", "192.0.2.1:7600", code=2)
        document = json.loads(pathlib.Path(self.network_file).read_text())
        others = self.base / "other.json"
        others.write_text(json.dumps(document | {"genesis": "00" * 32}))
        self.assertEqual(self.wallet("nobody", "create", "--network", others, code=11)["reject"], "wrong_network")
        for member in document["validators"]:
            member["api_key"] = member["vote_key"][:63] + "%x" % document["validators"].index(member)
        others.write_text(json.dumps(document))
        self.wallet("nobody", "create", "--network", others, code=3)
        self.assertFalse((self.base / "nobody").exists())

    def test_keys_made_apart(self):
        """Four operators, none of whom ever sees another's folder; then a payment of the first money."""
        def sottod(*args, code=0):
            done = subprocess.run([SOTTOD, *map(str, args), "--json"], env=environment(self.home), capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            return json.loads(done.stdout)
        apart = self.base / "apart"
        folders = [apart / name for name in ("ada", "ben", "cyd", "dan")]
        for n, folder in enumerate(folders):
            folder.mkdir(parents=True)
            at = lambda port: f'"127.0.0.{51 + n}:{PORT + port}"'
            (folder / "sottod.toml").write_text(f'[validator]\nname = "{folder.name}"\n[api]\nlisten = {at(0)}\n[operator]\nlisten = {at(3)}\n'
                                                f'[engine]\np2p = {at(1)}\nrpc = {at(2)}\n')
            self.assertEqual(sottod("init", "--dir", folder)["name"], folder.name)
        cards = [folder / "card.json" for folder in folders]
        table = apart / "table"
        self.run_json("genesis", "draft", "--dir", table, "--name", "apart", cards[0], cards[0], code=1)
        drafted = self.run_json("genesis", "draft", "--dir", table, "--name", "apart", *cards)
        self.assertEqual(drafted["kind"], "test")            # unless asked for another
        words = drafted["words"]
        self.run_json("genesis", "draft", "--dir", table, "--name", "apart", *cards, code=9)
        for folder in folders:
            sottod("prove", "--dir", folder, "--draft", table / "draft")
        proofs = [folder / "possession.json" for folder in folders]
        self.run_json("genesis", "seal", "--dir", table, *proofs[:3], code=1)
        self.assertFalse((table / "network.json").exists())
        network = self.run_json("genesis", "seal", "--dir", table, *proofs)["network_file"]
        sottod("prove", "--dir", folders[0], "--draft", table / "genesis", code=1)
        for folder in folders:
            for name in ("network.json", "genesis"):
                shutil.copy(table / name, folder / name)
        running = [subprocess.Popen([SOTTOD, "run", "--dir", str(folder)], env=environment(self.home), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                   for folder in folders]
        try:
            for member in wire.members(network):
                def healthy():
                    try:
                        return json.loads(wire.get(member, "/v1/health"))["ok"]
                    except OSError:
                        return False
                eventually(healthy, 60, "a validator of the new network")
            owner = self.run_json("wallet", "restore", "--wallet", self.base / "owner", "--network", network,
                                  secrets={"--passphrase-fd": "x", "--words-fd": words})
            self.assertFalse(owner["network_on_trust"])
            self.assertEqual({b["asset"] for b in owner["balances"]}, {"SOT", "USD", "EUR"})
            eva = self.wallet("eva", "create", "--network", network)["address"]
            self.assertTrue(eva.startswith("sottotest1"), eva)
            paid = self.run_json("wallet", "pay", eva, "5.00", "EUR", "--wallet", self.base / "owner", secrets={"--passphrase-fd": "x"})
            self.assertEqual(paid["state"], "final")
        finally:
            for process in running:
                process.terminate()
            logs = [process.communicate(timeout=60)[1].decode() for process in running]
        for log in logs:
            events = [json.loads(line) for line in log.splitlines()]
            self.assertEqual([e["event"] for e in events if e["event"] in ("started", "listening", "stopped")], ["listening", "started", "stopped"])
            self.assertNotIn(paid["txid"], log)

    def test_relays(self):
        """A wallet behind two relays: validators see the second, the second sees the first."""
        def relay(n, *to):
            process = subprocess.Popen([SOTTOD, "relay", "--dir", str(self.base / f"relay{n}"), "--listen", f"127.0.0.{70 + n}:{PORT}", *map(str, to), "--json"],
                                       env=environment(self.home), stdout=subprocess.PIPE, text=True)
            self.addCleanup(process.communicate)
            self.addCleanup(process.terminate)
            return json.loads(process.stdout.readline())["relay"]
        leave = relay(2, "--network", self.network_file)
        enter = relay(1, "--next", leave.split("@")[1])
        self.wallet("gus", "create", "--network", self.network_file, "--relay", f"{enter},{leave}")
        address = self.wallet("gus", "address")["address"]
        self.run_json("testnet", "fund", address, "3.00", "EUR", "--dir", self.dir)
        self.wallet("gus", "receive", "--wait", "--timeout", 60)
        back = self.wallet("hal", "create", "--network", self.network_file)["address"]
        self.assertEqual(self.wallet("gus", "pay", back, "1.00", "EUR")["state"], "final")
        # Remembered, and nothing goes around them.
        forged = "00" * 32 + "@" + leave.split("@")[1]
        self.assertFalse(self.wallet("gus", "balance", "--relay", f"{enter},{forged}")["fresh"])
        self.assertFalse(self.wallet("gus", "balance")["fresh"])
        self.assertFalse(self.wallet("gus", "balance", "--relay", enter)["fresh"])       # the first knows no validator
        self.assertTrue(self.wallet("gus", "balance", "--relay", "none")["fresh"])
        self.wallet("gus", "balance", "--relay", "somewhere", code=2)

    def test_sottod_refuses(self):
        def run(*args):
            return subprocess.run([SOTTOD, *map(str, args), "--json"], env=environment(self.home), capture_output=True, text=True, timeout=60)
        used = run("run", "--dir", self.dir / "validator-1")
        self.assertEqual((used.returncode, json.loads(used.stdout)["reject"]), (5, "in_use"))
        made = run("init", "--dir", self.base / "lone")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(json.loads(made.stdout)["vote_key"], json.loads((self.base / "lone" / "card.json").read_text())["vote_key"])
        lone = run("run", "--dir", self.base / "lone")
        self.assertEqual((lone.returncode, json.loads(lone.stdout)["reject"]), (1, "bad_config"))
        config = self.base / "lone" / "sottod.toml"
        config.write_text(config.read_text().replace('file = "network.json"', f'file = "{self.dir}/network.json"')
                          .replace('genesis = "genesis"', f'genesis = "{self.dir}/genesis"'))
        stranger = run("run", "--dir", self.base / "lone")
        self.assertIn("not in the network file", json.loads(stranger.stdout)["message"])
        config.write_text("[api]\nspeed = 11\n")
        self.assertIn("api.speed", json.loads(run("run", "--dir", self.base / "lone").stdout)["message"])
        self.assertEqual(json.loads(run("version").stdout)["ok"], True)


if __name__ == "__main__":
    unittest.main()
