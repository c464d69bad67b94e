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

CLK = os.sysconf("SC_CLK_TCK")
STEP_S = 0.2


class Validator:
    def __init__(self, program, folder, member):
        self.program, self.folder, self.member, self.process = program, folder, member, None
        listen = next(line for line in (folder / "sottod.toml").read_text().split("[operator]")[1].splitlines() if line.startswith("listen"))
        self.operator = listen.split('"')[1]

    def start(self):
        self.process = subprocess.Popen([self.program, "run", "--dir", str(self.folder)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(self.folder / "log", "ab"))

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()

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
        def of(pid):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / CLK
        engines = [int(p.parent.name) for p in pathlib.Path("/proc").glob("[0-9]*/stat") if self.is_child(p)]
        return of(self.process.pid), sum(map(of, engines))

    def is_child(self, stat):
        try:
            return int(stat.read_text().rsplit(")", 1)[1].split()[1]) == self.process.pid
        except (FileNotFoundError, ProcessLookupError):
            return False

    def block_hash(self, height):
        return wire.get(self.member, f"/v1/hash?height={int(height)}", 10)


def until(holds, seconds, what):
    end = time.monotonic() + seconds
    while not (found := holds()):
        if time.monotonic() > end:
            raise SystemExit("not within %d s: %s" % (seconds, what))
        time.sleep(STEP_S)
    return found


def measure(build, corpus, payments, base):
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
        until(lambda: all(one.metrics() for one in others), 60, "three validators up")
        spent = others[0].metrics()["sotto_spent"]
        fed = json.loads(subprocess.run([build / "sotto_feed", "--corpus", corpus, "--network", base / "net" / "network.json", "--count", str(payments),
                                         "--validators", "3"], check=True, stdout=subprocess.PIPE).stdout)
        payments = fed["payments"]
        done = spent + 3 * payments                                        # three nullifiers each
        until(lambda: all(one.metrics().get("sotto_spent") == done for one in others), 600, "all executed by three")
        height = others[0].metrics()["sotto_height"]
        print("three hold %d payments in %d blocks, after %.0f s" % (payments, height, fed["seconds"]), flush=True)
        begin, course = time.monotonic(), []
        late.start()

        def level():
            now = late.metrics()
            course.append((round(time.monotonic() - begin, 2), now.get("sotto_spent", 0)))
            if len(course) % 25 == 0:
                print("%6.1f s: %d of %d" % (course[-1][0], (course[-1][1] - spent) / 3, payments), flush=True)
            return now.get("sotto_spent") == done
        until(level, 1800, "caught up")
        seconds = time.monotonic() - begin
        assert late.block_hash(height) == others[0].block_hash(height)
        own, engine = late.cpu_s()
        at = lambda part: next(t for t, s in course if s >= spent + 3 * payments * part)      # noqa: E731
        return {"payments": payments, "blocks": height, "seconds": seconds, "per_second": payments / seconds,
                "first_tenth_s": at(0.1), "last_tenth_s": seconds - at(0.9), "sottod_cpu_ms_per_payment": 1e3 * own / payments,
                "engine_cpu_ms_per_payment": 1e3 * engine / payments, "fed_s": fed["seconds"], "processors": os.cpu_count()}
    finally:
        for one in everybody:
            one.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--payments", type=int, default=1_000_000)
    parser.add_argument("--json", type=pathlib.Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sotto-catch-up-") as scratch:
        found = measure(options.build.resolve(), options.corpus.resolve(), options.payments, pathlib.Path(scratch))
    print(json.dumps(found))
    report = json.loads(options.json.read_text()) if options.json.exists() else {}
    report["catch_up_long"] = found
    report.setdefault("commits", {})["catch_up_long"] = os.environ.get("SOTTO_COMMIT", "unknown")
    options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
