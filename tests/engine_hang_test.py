#!/usr/bin/env python3
"""Four real validators: a CometBFT that is stopped, and one validator's full disk. Needs the built `sotto` with `sottod` beside it.

engine_hang_test.py PROGRAM
"""
import ctypes
import json
import os
import re
import signal
import time
import unittest
import urllib.error

from network_test import Network, alive, children, eventually

libc = ctypes.CDLL(None, use_errno=True)
MIB = 1 << 20
for inherited in [name for name in dir(Network) if name.startswith("test_")]:
    setattr(Network, inherited, None)            # those are network_test's own


class Hangs(Network):
    def ready(self, n):
        try:
            return self.operator(n, "/ready")
        except urllib.error.HTTPError as refused:
            return refused.read().decode()
        except OSError:
            return None

    def metric(self, n, name):
        return float(re.search(rf"^{name} (\S+)", self.operator(n, "/metrics"), re.M).group(1))

    def log(self, n):
        text = (self.dir / f"validator-{n + 1}" / "sottod.log").read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def configure(self, n, **settings):
        config = self.dir / f"validator-{n + 1}" / "sottod.toml"
        text = config.read_text()
        for key, value in settings.items():
            text, changed = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            self.assertEqual(changed, 1)
        config.write_text(text)

    def wallets(self):
        alice = self.wallet("alice", "create", "--network", self.network_file)["address"]
        type(self).bob = self.wallet("bob", "create", "--network", self.network_file)["address"]
        self.run_json("testnet", "fund", alice, "100.00", "EUR", "--dir", self.dir)
        self.wallet("alice", "receive", "--wait", "--timeout", 60)

    def test_hangs_and_full_disks(self):
        self.wallets()
        type(self).down()
        for n in range(4):
            self.configure(n, stuck_ms=5_000)
        type(self).up()
        self.agree()
        for n in range(4):
            eventually(lambda: self.ready(n) == "ready", 60, "ready")
        with self.subTest("a resting chain is no hang"):
            time.sleep(12)
            self.assertEqual([self.metric(n, "sotto_engine_restarts") for n in range(4)], [0] * 4)
        with self.subTest("a stopped CometBFT"):
            owner = self.pid(1)
            engine, = children(owner)
            os.kill(engine, signal.SIGSTOP)
            eventually(lambda: self.ready(1) in ("engine_silent", "engine_stuck"), 60, "/ready says it")
            self.pay()
            eventually(lambda: not alive(engine) and children(owner), 60, "CometBFT is started again")
            eventually(lambda: self.ready(1) == "ready", 60, "ready again")
            self.assertEqual(self.pid(1), owner)
            self.assertGreaterEqual(self.metric(1, "sotto_engine_restarts"), 1)
            self.assertTrue({"engine_silent", "engine_stuck"} & {line["event"] for line in self.log(1)})
            self.agree()
        with self.subTest("a full disk"):
            self.a_full_disk()

    def a_full_disk(self):
        type(self).down()
        folder = self.dir / "validator-4"
        aside = self.dir / "aside"
        folder.rename(aside)
        folder.mkdir()
        if libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, b"size=160m,mode=0700") != 0:
            folder.rmdir()
            aside.rename(folder)
            self.skipTest("this machine lets nobody mount")
        try:
            for entry in aside.iterdir():
                os.system(f"cp -a '{entry}' '{folder}/'")
            type(self).up()
            self.agree()
            eventually(lambda: self.ready(3) == "ready", 60, "ready")
            fill = folder / "fill"
            def leave(free):
                stat = os.statvfs(folder)
                with open(fill, "ab") as out:
                    size = out.tell() + stat.f_bavail * stat.f_frsize - free
                    os.posix_fallocate(out.fileno(), 0, size)
            # Low: nothing new is locked here, and payments go on elsewhere.
            leave(40 * MIB)
            eventually(lambda: self.ready(3) == "disk_low", 30, "/ready says disk_low")
            self.assertEqual(self.metric(3, "sotto_disk_low"), 1)
            self.assertLess(self.metric(3, "sotto_disk_free_bytes"), 64 * MIB)
            locked = self.metric(3, "sotto_votes_total")
            self.pay()
            self.agree()
            self.assertEqual(self.metric(3, "sotto_votes_total"), locked)
            self.assertIn('sotto_refusals_total{reason="disk_low"}', self.operator(3, "/metrics"))
            # Room again: it votes again, by itself.
            fill.unlink()
            eventually(lambda: self.ready(3) == "ready", 30, "ready again")
            # Full: it ends with a reason, the others go on, and so does `testnet up`.
            was = self.pid(3)
            leave(4 * MIB)
            eventually(lambda: not alive(was), 60, "it ends")
            said = (folder / "sottod.log").read_text()
            self.assertIn("disk full", said)
            self.assertNotIn("ssertion", said)
            self.pay()
            time.sleep(15)
            self.assertIsNone(self.process.poll())
            self.pay()
            fill.unlink()
            eventually(lambda: self.ready(3) == "ready", 90, "started again, with all it had")
            self.agree()
            self.pay()
            self.agree()
        finally:
            if self.process.poll() is None:
                type(self).down()
            libc.umount(str(folder).encode())


if __name__ == "__main__":
    unittest.main(defaultTest="Hangs")
