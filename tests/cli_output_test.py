#!/usr/bin/env python3
"""What the command line promises about its output, its questions and its files: nothing that could not be written is a
success, no money moves without a yes, looking needs no disk.

cli_output_test.py PROGRAM     (the built `sotto`)
"""
import http.server
import json
import os
import pathlib
import pty
import resource
import select
import shutil
import subprocess
import sys
import threading
import time
import unittest

import cli_test
from cli_test import Codes

# In a mount namespace of its own: DIR becomes what the first argument says, then the command runs.
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
FULL = ('mkdir "$0.copy" && cp -a "$0/." "$0.copy" && mount -t tmpfs -o size=1m none "$0" && cp -a "$0.copy/." "$0" && rm -r "$0.copy"; '
        'head -c 2m /dev/zero > "$0/filler" 2>/dev/null; exec "$@"')


def mounts_permitted():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


class Output(cli_test.Network):
    def started(self, args, stdout, name, secrets=None, **kw):
        """Runs it with `stdout` (a descriptor, or None for a closed one); gives its exit code and what it said on stderr."""
        read, write = os.pipe()
        os.write(write, f"secret of {name}\n".encode())
        os.close(write)
        command = [cli_test.PROGRAM, *map(str, args)]
        if name:
            command += ["--wallet", str(self.dir / name), "--passphrase-fd", str(read)]
        result = subprocess.run(command, env=cli_test.environment(self.home), cwd="/", pass_fds=[read], stdin=subprocess.DEVNULL, stdout=stdout,
                                stderr=subprocess.PIPE, text=True, timeout=120, start_new_session=True,
                                preexec_fn=(lambda: os.close(1)) if stdout is None else None, **kw)
        os.close(read)
        return result.returncode, result.stderr

    def broken_outputs(self):
        full = os.open("/dev/full", os.O_WRONLY)
        read, unread = os.pipe()
        os.close(read)
        yield from (("full", full), ("closed", None), ("unread", unread))
        os.close(full)
        os.close(unread)

    def on_terminal(self, args, answers, stdout=None, variables=None):
        """Runs it on a terminal, and answers what it asks there ([(question, answer or callable), …]). Gives exit code, what the
        terminal showed, and stdout if that is to be a pipe (stdout=True)."""
        out_read, out_write = os.pipe()
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update({"TERM": "xterm", **cli_test.environment(self.home), **(variables or {})})
            if stdout:
                os.dup2(out_write, 1)
            os.execv(cli_test.PROGRAM, [cli_test.PROGRAM, *map(str, args)])
        os.close(out_write)
        shown, answers, end = b"", list(answers), time.monotonic() + 100
        seen = 0
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                shown += os.read(terminal, 4096)
            except OSError:
                break
            if answers and answers[0][0].encode() in shown[seen:]:
                seen = len(shown)
                _, answer = answers.pop(0)
                os.write(terminal, (answer() if callable(answer) else answer).encode() + b"\n")
        os.close(terminal)
        with os.fdopen(out_read, "rb") as out:
            output = out.read() if stdout else b""
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode(), output.decode()

    def run_in(self, way, directory, *args, name):
        """Runs a wallet command where `directory` is read-only or full."""
        read, write = os.pipe()
        os.write(write, f"secret of {name}\n".encode())
        os.close(write)
        result = subprocess.run(["unshare", "-m", "sh", "-c", way, str(directory), cli_test.PROGRAM, "wallet", *map(str, args), "--wallet",
                                 str(directory / name), "--passphrase-fd", str(read), "--json"], env=cli_test.environment(self.home), cwd="/",
                                pass_fds=[read], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        os.close(read)
        return result.returncode, json.loads(result.stdout)

    def paid(self, name):
        return [p for p in self.wallet(name, "history")["payments"] if p["sent"]]

    def test_output_that_cannot_be_written_is_no_success(self):
        self.create("ada")
        for where, stdout in self.broken_outputs():
            for args, name in ((["version"], ""), (["--help"], ""), (["wallet", "pay", "--help"], ""), (["wallet", "balance"], "ada"),
                               (["wallet", "history"], "ada"), (["wallet", "address"], "ada"), (["wallet", "receipt"], "ada")):
                for form in ([], ["--json"]) if "--help" not in args else ([],):
                    code, said = self.started([*args, *form], stdout, name)
                    self.assertEqual(code, Codes.not_written, (where, args, form, said))
                    self.assertIn("standard output could not be written", said)
            # A failure stays what it is, and is said where it can be.
            code, said = self.started(["wallet", "receive", "/nothing-there", "--json"], stdout, "ada")
            self.assertEqual(code, Codes.no_such_file)
            self.assertIn("no file /nothing-there", said)
        self.assertEqual(sorted(p.name for p in self.dir.glob("ada*")), ["ada", "ada.checkpoint", "ada.network"])

    def test_a_payment_whose_answer_cannot_be_written_is_told_on_stderr(self):
        self.funded("ben", "9.00")
        to = self.create("cleo")["address"]
        for where, stdout in self.broken_outputs():
            code, said = self.started(["wallet", "pay", to, "1.00", "EUR", "--again", "--yes", "--json"], stdout, "ben")   # the one before was never told
            self.assertEqual(code, Codes.not_written, said)
            self.assertIn(self.paid("ben")[-1]["txid"], said, where)
            self.wallet("ben", "receive", "--wait", "--timeout", 5) if self.balance("ben")["EUR"]["spendable"] == "0.00" else None
        self.assertEqual(len(self.paid("ben")), 3)

    def words_of(self, name, code=Codes.ok):
        read, write = os.pipe()
        secret, secret_in = os.pipe()
        os.write(secret_in, f"secret of {name}\n".encode())
        os.close(secret_in)
        result = subprocess.run([cli_test.PROGRAM, "wallet", "words", "--words-to-fd", str(write), "--wallet", str(self.dir / name), "--passphrase-fd",
                                 str(secret), "--json"], env=cli_test.environment(self.home), pass_fds=[write, secret], stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, timeout=60)
        os.close(write)
        os.close(secret)
        self.assertEqual(result.returncode, code, result.stdout)
        self.assertEqual(json.loads(result.stdout)["ok"], code == Codes.ok)
        with os.fdopen(read) as words:
            return words.read()

    def test_words_are_not_lost(self):
        for where, stdout in self.broken_outputs():
            for form in ([], ["--json"]):
                name = f"dan-{where}{len(form)}"
                code, said = self.started(["wallet", "create", "--network", self.devnet.network, *form], stdout, name)
                self.assertEqual(code, Codes.not_written, said)
                self.assertIn("sotto wallet words", said)
                words = self.words_of(name).strip()
                self.assertEqual(len(words.split()), 24)
                self.assertNotIn(words.split()[0] + " " + words.split()[1], said)
        again = self.wallet("dan-again", "restore", "--network", self.devnet.network, secrets={"--words-fd": words})
        self.assertEqual(again["address"], self.wallet(name, "address")["address"])
        self.assertEqual(self.words_of("dan-again").strip(), words)

    def test_words_go_to_a_terminal_or_a_named_descriptor_only(self):
        words = self.create("eve")["words"]
        path = ["--wallet", str(self.dir / "eve")]
        code, shown, _ = self.on_terminal(["wallet", "words", *path], [("passphrase", "secret of eve")])
        self.assertEqual(code, Codes.ok)
        position = -1
        for word in words.split():
            position = shown.index(f" {word} ", position + 1)
        code, shown, out = self.on_terminal(["wallet", "words", *path], [("passphrase", "secret of eve")], stdout=True)
        self.assertEqual((code, out), (Codes.usage, ""))
        self.assertNotIn(words.split()[0] + " ", shown)
        for form in ([], ["--json"]):
            for fd in ([], ["--words-to-fd", "1"], ["--words-to-fd", "2"], ["--words-to-fd", "77"]):
                result = self.run_raw("wallet", "words", *path, *form, *fd, secrets={"--passphrase-fd": "secret of eve"})
                self.assertEqual(result.returncode, Codes.usage, (form, fd, result))
                if form:
                    self.assertEqual(json.loads(result.stdout)["reject"], "no_place_for_words")
                self.assertNotIn(words[:20], result.stdout + result.stderr)
        result = self.run_raw("wallet", "words", *path, "--words-to-fd", "77", "--json", secrets={"--passphrase-fd": "wrong"})
        self.assertEqual(result.returncode, Codes.usage)

    def test_a_wallet_that_was_never_told_its_words_says_so(self):
        self.create("fay")
        faucet = self.home / "devnet" / "faucet"
        for end in ("", "-wal"):
            if (faucet / f"wallet{end}").exists():
                shutil.copy(faucet / f"wallet{end}", self.dir / f"told-nothing{end}")
        shutil.copy(self.dir / "fay.network", self.dir / "told-nothing.network")
        result = self.run_raw("wallet", "words", "--wallet", self.dir / "told-nothing", "--json",
                              secrets={"--passphrase-fd": (faucet / "passphrase").read_text(), "--words-to-fd": ""})
        self.assertEqual((result.returncode, json.loads(result.stdout)["reject"]), (Codes.failed, "no_words_kept"), result)

    def test_no_draft_without_its_words(self):
        sottod = pathlib.Path(cli_test.PROGRAM).parent / "sottod"
        cards = []
        for i in range(2):
            made = self.dir / f"operator-{i}"
            subprocess.run([sottod, "init", "--dir", made, "--json"], check=True, capture_output=True)
            cards.append(made / "card.json")
            config = json.loads(cards[-1].read_text())
            for key, value in config.items():                # addresses must differ
                if isinstance(value, str) and value.startswith("127."):
                    config[key] = f"127.0.1.{i + 1}:" + value.split(":")[1]
            config["name"] = f"operator-{i}"
            cards[-1].write_text(json.dumps(config))
        target = self.dir / "drafted"
        full = os.open("/dev/full", os.O_WRONLY)
        code, said = self.started(["genesis", "draft", *cards, "--name", "test", "--dir", target], full, "")
        os.close(full)
        self.assertEqual(code, Codes.failed, said)
        self.assertIn("24 words", said)
        self.assertEqual(list(target.iterdir()), [])

    def test_nothing_is_paid_without_a_yes(self):
        self.funded("gus", "9.00")
        to = self.create("hal")["address"]
        pay = ["wallet", "pay", to, "2.00", "EUR", "--wallet", str(self.dir / "gus")]
        secret = ("passphrase", "secret of gus")
        for form in ([], ["--json"]):
            result = self.run_raw(*pay, *form, secrets={"--passphrase-fd": "secret of gus"})
            self.assertEqual(result.returncode, Codes.usage, result)
            self.assertIn("--yes", result.stdout + result.stderr)
            self.assertIn("money not moved", result.stdout + result.stderr)
            if form:
                self.assertEqual(json.loads(result.stdout)["reject"], "needs_yes")
            # A person at the terminal is asked there, whatever stdout is; the review too.
            for answer in ("n", "", "never"):
                code, shown, out = self.on_terminal([*pay, *form], [secret, ("[y/N]", answer)], stdout=True)
                self.assertEqual(code, Codes.failed, shown)
                self.assertIn("2.00 EUR", shown)
                self.assertIn(to, shown)
                self.assertNotIn("[y/N]", out)
                if form:
                    self.assertEqual(json.loads(out)["reject"], "not_agreed")
                self.assertIn("money not moved", shown + out)
        self.assertEqual(self.paid("gus"), [])
        code, shown, out = self.on_terminal([*pay, "--json"], [secret, ("[y/N]", "y")], stdout=True)
        self.assertEqual((code, json.loads(out)["state"]), (Codes.ok, "final"), shown)
        self.assertEqual(len(self.paid("gus")), 1)
        for command in (["bond", "ab", "1"], ["unbond", "ab", "all"], ["register", "--dir", "/nowhere", "--amount", "1"]):
            refused = self.run_json("stake", *command, "--wallet", self.dir / "gus", secrets={"--passphrase-fd": "secret of gus"}, code=Codes.usage)
            self.assertEqual(refused["reject"], "needs_yes")
            self.assertIn("money not moved", refused["message"])

    def test_refusals_of_what_moves_money_say_that_none_has(self):
        to = self.create("ian")["address"]
        for args in (["wallet", "pay"], ["wallet", "pay", to, "1.00", "EUR", "--nonsense"], ["wallet", "pay", to, "1.00", "EUR", "--timeout", "x"],
                     ["stake", "bond"], ["stake", "unbond", "x"], ["stake", "register"], ["devnet", "fund", to], ["devnet", "fund", to, "-1", "EUR"]):
            refused = self.run_json(*args, code=Codes.usage)
            self.assertIn("money not moved", refused["message"], args)
        for amount, asset in (("1.00", "XYZ"), ("-1", "EUR"), ("0", "EUR"), ("1.005", "EUR")):
            self.assertIn("money not moved", self.wallet("ian", "pay", to, amount, asset, code=Codes.usage)["message"])
        self.assertIn("money not moved", self.wallet("ian", "pay", to, "1.00", "EUR", passphrase="wrong", code=Codes.wrong_passphrase)["message"])
        self.assertNotIn("money", self.run_json("wallet", "balance", "--nonsense", code=Codes.usage)["message"])

    def test_a_devnet_that_does_not_answer_may_have_paid(self):
        """In the place of a devnet: something that answers whether it is there, and goes away when it is told to pay."""
        to = self.create("bo")["address"]
        orders = []

        class Silent(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.send_response(404)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def do_POST(self):
                orders.append(self.rfile.read(int(self.headers["Content-Length"])))
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args):
                pass

        place = self.dir / "silent-devnet"
        place.mkdir()
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            (place / "control").write_text(json.dumps({"address": "127.0.0.1", "port": server.server_port, "token": "x"}))
            for times, (answer, reject) in enumerate(((None, "no_answer"), (b"nonsense", "no_answer"), (b'{"ok":false,"error":"pending","message":"sent","reject":"gone","txid":"ab"}', "gone")), 1):
                asked = self.run_json("devnet", "fund", to, "1.00", "EUR", "--dir", place, code=Codes.pending)
                self.assertEqual(asked["reject"], reject)
                self.assertNotIn("not moved", asked["message"])
                self.assertEqual(len(orders), times)              # told once
            self.assertEqual(asked["txid"], "ab")
            server.shutdown()
        gone = self.run_json("devnet", "fund", to, "1.00", "EUR", "--dir", place, code=Codes.unreachable)
        self.assertIn("money not moved", gone["message"])

    def test_a_place_for_the_payment_is_looked_for_before_money_moves(self):
        self.funded("jim", "9.00")
        to = self.create("kay")["address"]
        place = self.dir / "kay.payment"

        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))

        result = self.run_raw("wallet", "pay", to, "1.00", "EUR", "--yes", "--out", place, "--wallet", self.dir / "jim", "--json",
                              secrets={"--passphrase-fd": "secret of jim"}, preexec_fn=small_files)
        refused = json.loads(result.stdout)
        self.assertEqual((result.returncode, refused["reject"]), (Codes.failed, "cannot_write"))
        self.assertIn("money not moved", refused["message"])
        if mounts_permitted():
            directory = self.dir / "read-only"
            directory.mkdir()
            for suffix in ("", ".network", ".checkpoint"):
                shutil.copy(self.dir / f"jim{suffix}", directory / f"jim{suffix}")
            code, refused = self.run_in(READ_ONLY, directory, "pay", to, "1.00", "EUR", "--yes", "--out", directory / "out", name="jim")
            self.assertEqual((code, refused["reject"]), (Codes.failed, "cannot_write"))
            self.assertIn("money not moved", refused["message"])
            code, refused = self.run_in(READ_ONLY, directory, "pay", to, "1.00", "EUR", "--yes", name="jim")
            self.assertEqual(code, Codes.failed)
            self.assertIn("money not moved", refused["message"])
        self.assertEqual(self.paid("jim"), [])
        self.assertEqual(list(self.dir.glob("kay.payment*")), [])

    def test_a_payment_file_that_was_not_written_can_be_written_later(self):
        self.funded("lou", "9.00")
        to = self.create("moe")["address"]
        gone = self.dir / "gone"
        gone.mkdir()

        def answer():
            shutil.rmtree(gone)
            return "y"

        code, shown, out = self.on_terminal(["wallet", "pay", to, "1.00", "EUR", "--out", gone / "file", "--wallet", self.dir / "lou", "--json"],
                                            [("passphrase", "secret of lou"), ("[y/N]", answer)], stdout=True)
        paid = json.loads(out)
        self.assertEqual((code, paid["ok"], paid["state"]), (Codes.not_written, True, "final"), shown)
        self.assertIn("payment-file " + paid["txid"], paid["out_error"])
        self.assertNotIn("out", paid)
        place = self.dir / "later"
        written = self.wallet("lou", "payment-file", paid["txid"], "--out", place)
        self.assertEqual((written["txid"], written["out"]), (paid["txid"], str(place)))
        self.assertEqual(self.wallet("moe", "receive", place)["received"][0]["txid"], paid["txid"])
        self.assertEqual(self.wallet("lou", "payment-file", paid["txid"], "--out", place, code=Codes.already_exists)["error"], "already_exists")
        other = self.dir / "other"
        self.assertEqual(self.wallet("lou", "payment-file", "00" * 32, "--out", other, code=Codes.no_such_file)["reject"], "unknown_payment")
        self.assertEqual(self.wallet("lou", "payment-file", "00", "--out", other, code=Codes.usage)["reject"], "not_a_txid")
        self.assertEqual(self.wallet("moe", "payment-file", paid["txid"], "--out", other, code=Codes.no_such_file)["reject"], "unknown_payment")
        self.assertFalse(other.exists())

    def test_a_receipt_that_was_not_written_can_be_signed_again(self):
        self.funded("ned", "9.00")
        to = self.create("ora")["address"]
        payment = self.dir / "ned.payment"
        paid = self.wallet("ned", "pay", to, "1.00", "EUR", "--out", payment)
        nowhere = self.dir / "no-such-directory" / "receipt"
        result = self.run_raw("wallet", "receive", payment, "--receipt", nowhere, "--wallet", self.dir / "ora", "--json",
                              secrets={"--passphrase-fd": "secret of ora"})
        received = json.loads(result.stdout)
        self.assertEqual((result.returncode, received["ok"], received["received"][0]["credited"]), (Codes.not_written, True, True))
        self.assertIn("signs it again", received["receipt_error"])
        self.assertNotIn("receipt", received)
        again = self.wallet("ora", "receive", payment)
        self.assertFalse(again["received"][0]["credited"])
        self.assertEqual(self.wallet("ned", "receipt", again["receipt"])["receipts"][0]["txid"], paid["txid"])

    @unittest.skipUnless(mounts_permitted(), "needs a mount namespace")
    def test_looking_needs_no_disk_to_write_to(self):
        self.funded("pam", "9.00")
        for way, reason in ((READ_ONLY, "read_only"), (FULL, "store_failed")):
            directory = self.dir / reason
            directory.mkdir()
            for suffix in ("", ".network", ".checkpoint"):
                shutil.copy(self.dir / f"pam{suffix}", directory / f"pam{suffix}")
            if reason == "store_failed":                     # news there is no room for
                to = self.create("quy")["address"]
                self.wallet("pam", "pay", to, "1.00", "EUR")
                self.wallet("pam", "receive", "--wait", "--timeout", 3, code=None)
            code, balance = self.run_in(way, directory, "balance", name="pam")
            self.assertEqual((code, balance["fresh"], balance["not_fresh"]), (Codes.ok, False, reason), balance)
            self.assertEqual(balance["balances"][0]["total"], "9.00")
            code, history = self.run_in(way, directory, "history", name="pam")
            self.assertEqual((code, history["fresh"], len(history["payments"])), (Codes.ok, False, 1), history)
            self.assertEqual(self.run_in(way, directory, "address", name="pam")[0], Codes.ok)
            self.assertEqual(self.run_in(way, directory, "receipt", name="pam")[0], Codes.ok)
            code, refused = self.run_in(way, directory, "address", "--new", name="pam")
            self.assertEqual(code, Codes.failed)
        (self.dir / "read_only" / "pam-wal").write_bytes(b"left by a process that ended badly")
        code, balance = self.run_in(READ_ONLY, self.dir / "read_only", "balance", name="pam")
        self.assertEqual((code, balance["not_fresh"]), (Codes.ok, "read_only_earlier"), balance)

    def test_damaged_wallets_name_the_words(self):
        self.create("ray")
        path = self.dir / "ray"
        content = path.read_bytes()
        network = pathlib.Path(f"{path}.network").read_bytes()
        for spoil in (lambda: path.write_bytes(b"not a wallet at all"),
                      lambda: path.write_bytes(content[:4096] + bytes(len(content) - 4096)),
                      lambda: pathlib.Path(f"{path}.network").write_bytes(network[:50])):
            path.write_bytes(content)
            pathlib.Path(f"{path}.network").write_bytes(network)
            spoil()
            damaged = self.wallet("ray", "balance", code=Codes.damaged)
            self.assertIn("24 words restore", damaged["message"])
            self.assertIn("sotto wallet restore", damaged["message"])

    def test_colours_and_clearing_lines_are_for_terminals_that_want_them(self):
        self.create("sam")
        args = ["wallet", "balance", "--wallet", self.dir / "sam"]
        asked = [("passphrase", "secret of sam")]
        colour = "\x1b[32m"
        self.assertIn(colour, self.on_terminal(args, asked)[1])
        shown = self.on_terminal(args, asked, variables={"NO_COLOR": "1"})[1]
        self.assertNotIn(colour, shown)
        self.assertIn("\x1b[2K", shown)
        self.assertIn(colour, self.on_terminal(args, asked, variables={"NO_COLOR": ""})[1])
        for term in ("dumb", ""):
            shown = self.on_terminal(args, asked, variables={"TERM": term})[1]
            self.assertIn("as of block", shown)
            self.assertNotIn("\x1b", shown)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
