#!/usr/bin/env python3
"""What strangers cost honest people: real payments through four `sottod` on this machine, first in peace, then while others send
oversized, malformed, slow and invalid requests, replay a recorded hello, open thousands of connections, or share an address with them. The attackers run here too, when nobody else wants a core:
what they take from the cores themselves is part of the figures.

strangers.py BUILD [--payments N] [--rounds N] [--connections N] [--only ATTACK]... [--json FILE]

Honest figures of a round are the times from the finished proof to the settlement certificate (`sotto_load`, one wallet that pays another; what had to be
sent again is counted, for those times would hide it), and what somebody waits for who comes anew: connection, TLS, one answer. FILE keeps the rounds of
earlier runs; the summary is of all of them, medians over the rounds. Goal: the 99th percentile stays under twice its value in peace, and each
validator's memory is bounded.
"""
import argparse
import http.client
import json
import multiprocessing
import os
import pathlib
import random
import resource
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
import wire  # noqa: E402

SOURCES = 64                                       # strangers' addresses at most
NEWCOMER = "127.0.0.2"
EVALUATION = -(4 + 64 + 32)                                                      # of a transaction: the proof's last scalar

STATUSES = 600

# By attacker, each of which writes its own: a lock would be held for ever by one that is killed.
OPENED = multiprocessing.Array("q", SOURCES, lock=False)               # connections
ANSWERED = multiprocessing.Array("q", SOURCES * STATUSES, lock=False)  # answers, by status
HELD = multiprocessing.Array("q", SOURCES, lock=False)                 # open at the last look, of the attack that counts them


def number(source):
    return int(source.rpartition(".")[2]) - 1


def connect(source, member, timeout=5):
    connection = socket.create_connection(member[:2], timeout=timeout, source_address=(source, 0))
    OPENED[number(source)] += 1
    return connection


def answer(connection):
    """False: the other side is done with us."""
    got = connection.recv(4096)
    if got[:9] == b"HTTP/1.1 ":
        ANSWERED[number(connection.getsockname()[0]) * STATUSES + int(got[9:12])] += 1
    return bool(got)


def secure(plain, tls=wire.context()):
    return tls.wrap_socket(plain)


def quietly(attack):
    """An attacker's life: whatever is refused is tried again."""
    def run(*arguments):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            try:
                attack(*arguments)
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)
    return run


@quietly
def oversized(members, source, _):
    member = random.choice(members)
    said = random.choice([
        b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n" + bytes(1 << 20),
        b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"z" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + bytes(65536) + b"\r\n",
    ])
    with secure(connect(source, member)) as connection:
        connection.sendall(said)
        answer(connection)


@quietly
def malformed(members, source, _):
    member = random.choice(members)
    with secure(connect(source, member)) as connection:
        for _ in range(50):
            body = random.randbytes(random.randrange(1, 5000))
            path = random.choice(["/v1/transactions", "/v1/transactions?hints=9", "/v1/certificates", "/v1/peer/votes", "/v1/status?txid=7"])
            connection.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(body)) + body)
            if not answer(connection):
                return
        connection.sendall(random.randbytes(3000))


@quietly
def slow(members, source, _):
    """As many connections as it gets; a byte a second on each."""
    held = []
    for i in range(300):
        try:
            held.append(secure(connect(source, members[i % len(members)])))
        except OSError:
            pass
    text = b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    for byte in range(len(text) + 100_000):
        for connection in held:
            try:
                connection.send(text[byte:byte + 1] or b"x")
            except OSError:
                held.remove(connection)
        time.sleep(1)
        if not held:
            return


def crowd(members, source, options, first_word):
    """Its share of the connections, all silent after the first word; those that were closed are opened again every other second."""
    share = options.connections // SOURCES
    held = []
    while True:
        for i in range(share - len(held)):
            try:
                held.append(connect(source, members[i % len(members)], 1))
                held[-1].send(first_word)
            except OSError:
                pass
        for connection in list(held):
            connection.setblocking(False)
            try:
                if connection.recv(1) == b"":
                    raise OSError
            except BlockingIOError:
                pass
            except OSError:
                held.remove(connection)
                connection.close()
        HELD[number(source)] = len(held)
        time.sleep(2)


@quietly
def connections(members, source, options):
    crowd(members, source, options, b"")


@quietly
def half_greetings(members, source, options):
    """The same, but each begins a TLS handshake."""
    crowd(members, source, options, b"\x16\x03\x01")


@quietly
def invalid_proofs(members, source, options):
    """A real, unspent payment with another proof each time: everything cheap about it is right."""
    member = random.choice(members)
    with secure(connect(source, member)) as connection:
        while True:
            body = bytearray(options.unsent)
            body[EVALUATION:EVALUATION + 16] = random.randbytes(16)
            connection.sendall(b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            if not answer(connection):
                return


@quietly
def replayed(members, source, options):
    """One recorded hello, dear to whoever computes what it asks for, ten times a second to each validator."""
    held = []
    while True:
        for member in members:
            held.append(connect(source, member, 1))
            held[-1].send(options.hello)
        for connection in held[:-10 * len(members)]:
            connection.close()
        del held[:-10 * len(members)]
        time.sleep(0.1)


def recorded_hello():
    """Of a client that offers ffdhe8192 alone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = subprocess.Popen(["openssl", "s_client", "-connect", "127.0.0.1:%d" % listener.getsockname()[1], "-tls1_3", "-groups", "ffdhe8192"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        connection, _ = listener.accept()
        with connection:
            hello = connection.recv(16384)
            while len(hello) < 5 + int.from_bytes(hello[3:5], "big"):
                hello += connection.recv(16384)
        client.wait()
    return hello


ATTACKS = {"oversized": (oversized, 8), "malformed": (malformed, 8), "slow": (slow, 16), "connections": (connections, 64), "half_greetings": (half_greetings, 64),
           "invalid_proofs": (invalid_proofs, 16), "replayed": (replayed, 1), "neighbour": (malformed, 2)}
NEIGHBOURS = ["127.0.0.1", NEWCOMER]               # whose addresses the last of them shares; they are in debt for minutes after it


class Catcher:
    """Takes the place of the validators for one wallet, passes its questions on, and keeps the transaction it sends to itself."""

    def __init__(self, base, members):
        self.caught = threading.Event()
        self.transaction = b""
        self.places = []
        for i, member in enumerate(members):
            key, certificate = base / f"key{i}", base / f"certificate{i}"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=x", "-keyout", key, "-out", certificate],
                           check=True, capture_output=True)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate, key)
            tls.num_tickets = 0                    # as a validator; our wallets hang up on tickets
            listener = socket.create_server(("127.0.0.1", 0))
            der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
            at = der.index(wire.ED25519_SPKI) + len(wire.ED25519_SPKI)
            self.places.append(("127.0.0.1:%d" % listener.getsockname()[1], der[at:at + 32].hex()))
            threading.Thread(target=self.accept, args=(listener, tls, member), daemon=True).start()

    def accept(self, listener, tls, member):
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=self.serve, args=(plain, tls, member), daemon=True).start()

    def serve(self, plain, tls, member):
        with tls.wrap_socket(plain, server_side=True) as connection, connection.makefile("rwb") as stream:
            while True:
                line = stream.readline().split()
                if not line:
                    return
                length, hints = 0, int(line[1].rpartition(b"hints=")[2] or 0) if b"hints=" in line[1] else 0
                while header := stream.readline().strip():
                    name, _, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                body = stream.read(length)
                if line[0] == b"POST":
                    self.transaction = body[:len(body) - hints]
                    self.caught.set()
                    time.sleep(60)
                    return
                answer = wire.get(member, line[1].decode(), 30)
                stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
                stream.flush()


class Stage:
    """Four validators, and two wallets that pay."""

    def __init__(self, build, base):
        sys.argv[1:] = [str(pathlib.Path(build) / "sotto")]        # network_test takes the program from the command line
        import network_long_test
        import network_test

        class Net(network_test.Network):
            pass
        Net.base, Net.home, Net.dir = base, base / "home", base / "net"
        self.net, self.kind, self.base, self.load, self.attacks = Net(), Net, base, None, 0
        self.Load = network_long_test.Load

    def __enter__(self):
        self.kind.up()
        try:
            self.begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.load:
            self.load.end()
        self.kind.down()

    def begin(self):
        self.members, self.file = self.kind.members, self.kind.network_file
        self.load = self.Load(self.file, self.base / "load", 2)
        for address in self.load.addresses:
            for _ in range(2):
                self.fund(address)
        self.load.ask("sync")

    def fund(self, address):
        self.net.run_json("testnet", "fund", address, "10.00", "EUR", "--dir", self.kind.dir)

    def memory_mb(self, what="VmRSS"):
        """The largest of the validators', without CometBFT."""
        def of(n):
            lines = pathlib.Path(f"/proc/{self.net.pid(n)}/status").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024
        return round(max(of(n) for n in range(len(self.members))))

    def unsent_payment(self):
        self.fund(self.net.wallet("mallory", "create", "--network", self.file)["address"])
        self.net.wallet("mallory", "receive", "--wait", "--timeout", 60)
        catcher = Catcher(self.base, self.members)
        document = json.loads(pathlib.Path(self.file).read_text())
        for member, (api, key) in zip(document["validators"], catcher.places):
            member |= {"api": api, "api_key": key}
        (self.base / "caught.json").write_text(json.dumps(document))
        payment = threading.Thread(target=lambda: self.net.wallet("mallory", "pay", self.load.addresses[0], "1.00", "EUR", "--network", self.base / "caught.json",
                                                                  "--timeout", 2, code=12), daemon=True)
        payment.start()
        if not catcher.caught.wait(30):
            raise RuntimeError("no transaction came")
        payment.join(30)
        return catcher.transaction

    def measure(self, payments):
        came, over = [], threading.Event()

        def newcomers():
            while not over.wait(0.2):
                begin = time.perf_counter()
                try:
                    plain = socket.create_connection(random.choice(self.members)[:2], timeout=5, source_address=(NEWCOMER, 0))
                    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)        # as our wallets do
                    with secure(plain) as connection:
                        connection.sendall(b"GET /v1/tree HTTP/1.1\r\nHost: x\r\n\r\n")
                        sound = connection.recv(4096).startswith(b"HTTP/1.1 200")
                except OSError:
                    sound = False
                came.append((time.perf_counter() - begin) * 1e3 if sound else None)
        beside = threading.Thread(target=newcomers)
        beside.start()
        done = self.load.run(280, payments=payments, wallets=1)
        over.set()
        beside.join()
        if not done["ok"]:
            raise RuntimeError(str(done))
        waited = [t for t in came if t is not None]
        return {"p50_ms": done["proof_to_final_ms"]["p50"], "p99_ms": done["proof_to_final_ms"]["p99"], "sent_again": sum(done["sent_again"].values()),
                "why": done["sent_again"], "new_p50_ms": quantile(waited, 0.5), "new_p99_ms": quantile(waited, 0.99), "new": len(came),
                "new_refused": len(came) - len(waited), "memory_mb": self.memory_mb(), "seconds": done["seconds"]}


def quantile(times, q):
    return sorted(times)[min(len(times) - 1, int(q * len(times)))] if times else None


def under(stage, name, options):
    """What honest people see while that attack goes on."""
    attack, count = ATTACKS[name]
    for counters in (OPENED, ANSWERED, HELD):
        counters[:] = [0] * len(counters)
    before = stage.memory_mb()
    stage.attacks += 1                             # from addresses nobody holds anything against yet
    sources = NEIGHBOURS if name == "neighbour" else ["127.1.%d.%d" % (stage.attacks, 1 + i) for i in range(count)]
    attackers = [multiprocessing.Process(target=attack, args=(stage.members, source, options), daemon=True) for source in sources]
    for attacker in attackers:
        attacker.start()
    try:
        time.sleep(3)
        figures = stage.measure(options.payments)
    finally:
        for attacker in attackers:
            attacker.kill()
        for attacker in attackers:
            attacker.join()
    figures |= {"memory_before_mb": before, "memory_peak_mb": stage.memory_mb("VmHWM"), "opened": sum(OPENED), "held": sum(HELD),
                "answered": {status: n for status in range(STATUSES) if (n := sum(ANSWERED[status::STATUSES]))}}
    time.sleep(2)                                  # what they left is closed, and debts of honest addresses there are none
    return figures


def summary(rounds):
    """The middle round of each figure; attacks beside what was measured in peace in the same rounds."""
    found = {}
    for name in dict.fromkeys(name for figures in rounds for name in figures):
        mine = [figures for figures in rounds if name in figures]
        middle = lambda key, of=name: statistics.median(figures[of][key] for figures in mine)
        found[name] = {"rounds": len(mine), "p50_ms": middle("p50_ms"), "p99_ms": middle("p99_ms"), "new_p50_ms": middle("new_p50_ms"),
                       "new_p99_ms": middle("new_p99_ms"), "sent_again": sum(f[name]["sent_again"] for f in mine),
                       "new_refused": sum(f[name]["new_refused"] for f in mine), "memory_mb": middle("memory_mb")}
        if name != "peace":
            found[name] |= {"p99_ratio": middle("p99_ms") / middle("p99_ms", "peace"), "new_p99_ratio": middle("new_p99_ms") / middle("new_p99_ms", "peace"),
                            "memory_before_mb": middle("memory_before_mb"), "memory_peak_mb": max(f[name]["memory_peak_mb"] for f in mine),
                            "opened": middle("opened"), "held": middle("held")}
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--payments", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--only", action="append", choices=ATTACKS)
    parser.add_argument("--json")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kept = pathlib.Path(options.json) if options.json else None
    rounds = json.loads(kept.read_text())["rounds"] if kept and kept.exists() else []
    base = pathlib.Path(tempfile.mkdtemp(prefix="sotto-strangers-"))
    try:
        with Stage(os.path.abspath(options.build), base) as stage:
            attacks = options.only or list(ATTACKS)
            if "invalid_proofs" in attacks:
                options.unsent = stage.unsent_payment()
            options.hello = recorded_hello()
            stage.load.run(120, payments=5, wallets=1)
            for left in reversed(range(options.rounds)):
                rounds.append({"peace": stage.measure(options.payments)})
                print("peace", rounds[-1]["peace"], flush=True)
                for name in [name for name in attacks if left == 0 or name != "neighbour"]:
                    rounds[-1][name] = under(stage, name, options)
                    print(name, rounds[-1][name], flush=True)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    found = summary(rounds)
    for name, figures in found.items():
        print(name, {key: round(value, 2) for key, value in figures.items()})
    if kept:
        kept.write_text(json.dumps({"summary": found, "rounds": rounds}, indent=2) + "\n")


if __name__ == "__main__":
    main()
