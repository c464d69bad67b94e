#!/usr/bin/env python3
"""How long a validator that was away needs to have what the others have: real `sottod` with real CometBFT, one that starts from genesis while
the other three hold many payments. Each is verified, executed and stored again: nothing is taken on trust.

catch_up.py BUILD --corpus DIR [--payments N] --json FILE

DIR: `sotto testnet init --dir DIR/net --epoch-seconds 0`, then `sotto_corpus --dir DIR --testnet DIR/net --count N` (90 ms a payment on two
cores; it goes on where it stopped). `make bench-catch-up` does both. Everything runs on this machine, on loopback; the three others rest meanwhile.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))
import wire  # noqa: E402
from run import cpu_seconds  # noqa: E402


class Validator:
    def __init__(self, program, folder, member):
        self.program, self.folder, self.member, self.process = program, folder, member, None
        listen = next(line for line in (folder / "sottod.toml").read_text().split("[operator]")[1].splitlines() if line.startswith("listen"))
        self.operator = listen.split('"')[1]

    def start(self):
        self.process = subprocess.Popen([self.program, "run", "--dir", str(self.folder)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(self.folder / "log", "ab"))

    def metrics(self):
        """{} while it is not there."""
        try:
            with urllib.request.urlopen(f"http://{self.operator}/metrics", timeout=5) as answer:
                lines = [line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#")]
        except OSError:
            return {}
        return {name: float(value) for name, value in lines}

    def cpu_s(self):
        """Its own and its CometBFT's."""
        import network_test                        # takes the program from the command line
        return cpu_seconds(self.process.pid), sum(map(cpu_seconds, network_test.children(self.process.pid)))

    def block_hash(self, height):
        return wire.get(self.member, f"/v1/hash?height={int(height)}", 10)


def measure(build, corpus, payments, base):
    import network_test
    shutil.copytree(corpus / "net", base / "net")
    for config in (base / "net").glob("validator-*/sottod.toml"):          # all payments come from one address
        text = config.read_text().replace("source_requests_per_s = 500", "source_requests_per_s = 1000000")
        config.write_text(text.replace("source_burst = 1000\n", "source_burst = 1000000\n").replace("source_connections = 64", "source_connections = 1000"))
    members = wire.members(base / "net" / "network.json")
    everybody = [Validator(build / "sottod", base / "net" / f"validator-{n + 1}", members[n]) for n in range(4)]
    others, late = everybody[:3], everybody[3]
    try:
        for one in others:
            one.start()
        network_test.eventually(lambda: all(one.metrics() for one in others), 60, "three validators up")
        spent = others[0].metrics()["sotto_spent"]
        fed = json.loads(subprocess.run([build / "sotto_feed", "--corpus", corpus, "--network", base / "net" / "network.json", "--count", str(payments),
                                         "--validators", "3"], check=True, stdout=subprocess.PIPE).stdout)
        payments = fed["payments"]
        done = spent + 3 * payments                                        # three nullifiers each
        network_test.eventually(lambda: all(one.metrics().get("sotto_spent") == done for one in others), 600, "all executed by three")
        height = others[0].metrics()["sotto_height"]
        print("three hold %d payments in %d blocks, after %.0f s" % (payments, height, fed["seconds"]), flush=True)
        begin, course = time.monotonic(), []
        late.start()

        def level():
            now = late.metrics()
            course.append((round(time.monotonic() - begin, 2), now.get("sotto_spent", 0)))
            if len(course) % 100 == 0:
                print("%6.1f s: %d of %d" % (course[-1][0], (course[-1][1] - spent) / 3, payments), flush=True)
            return now.get("sotto_spent") == done
        network_test.eventually(level, 1800, "caught up")
        seconds = time.monotonic() - begin
        assert late.block_hash(height) == others[0].block_hash(height)
        own, engine = late.cpu_s()
        at = lambda part: next(t for t, s in course if s >= spent + 3 * payments * part)      # noqa: E731
        return {"payments": payments, "blocks": height, "seconds": seconds, "per_second": payments / seconds,
                "first_tenth_s": at(0.1), "last_tenth_s": seconds - at(0.9), "sottod_cpu_ms_per_payment": 1e3 * own / payments,
                "engine_cpu_ms_per_payment": 1e3 * engine / payments, "fed_s": fed["seconds"], "processors": os.cpu_count()}
    finally:
        for one in everybody:
            if one.process and one.process.poll() is None:
                one.process.terminate()
        for one in everybody:
            if one.process:
                one.process.wait(60)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--payments", type=int, default=1_000_000)
    parser.add_argument("--json", type=pathlib.Path, required=True)
    options = parser.parse_args()
    sys.argv[1:] = [str(options.build / "sotto")]
    with tempfile.TemporaryDirectory(prefix="sotto-catch-up-") as scratch:
        found = measure(options.build.resolve(), options.corpus.resolve(), options.payments, pathlib.Path(scratch))
    print(json.dumps(found))
    report = json.loads(options.json.read_text()) if options.json.exists() else {}
    report["catch_up_long"] = found
    report.setdefault("commits", {})["catch_up_long"] = os.environ.get("SOTTO_COMMIT", "unknown")
    options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
