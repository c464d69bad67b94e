#!/usr/bin/env python3
"""Measures a network of real processes on this machine: four `sottod` with their CometBFT, our proxy between them, wallets that pay.

run.py BUILD --json FILE [--picture SVG] [--payments N] [--only PART,...]

Parts: finality (at 0, 10, 50 ms one-way delay, each way of gathering), throughput, sizes, catch_up. Everything shares the processors of one
machine, provers included; the share of each is in the file. Bounded in time; only loopback; ends what it started. What a new validator waits for
(state sync) tests/network_epochs_test.py says.
"""
import argparse
import json
import os
import pathlib
import signal
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests"), str(ROOT / "tools")]
DELAYS = (0, 10, 50)                               # ms, one way
MODES = ("gather", "exchange", "one")
GOAL_MS = 15                                       # beside two round trips and two syncs
TICKS = os.sysconf("SC_CLK_TCK")
COLOURS = dict(zip(DELAYS, "abc"))


def sync_ms(folder, times=50):
    """What a validator's synced write costs on this disk at least: 4 kB appended and fdatasync."""
    taken = []
    with open(folder / "sync", "wb", buffering=0) as file:
        for _ in range(times):
            file.write(bytes(4096))
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(taken)


def cpu_seconds(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    except FileNotFoundError:
        return 0.0


def resident_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def folder_bytes(folder):
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())     # not what is allocated: logs reserve ahead


class Bench:
    def __init__(self, build, scratch):
        import network_test                        # takes the program from the command line
        import network_long_test
        self.t = network_test
        self.Load = network_long_test.Load
        class Net(network_test.Network):
            options = ["--delay", "0"]
        self.net = Net()
        self.kind = Net
        Net.base, Net.home, Net.dir = scratch, scratch / "home", scratch / "net"
        Net.maxDiff = None
        self.net.run_json("testnet", "init", "--dir", Net.dir, "--port", network_test.PORT, *Net.options)
        for config in Net.dir.glob("validator-*/sottod.toml"):
            config.write_text(config.read_text().replace("snapshot_interval = 1000", "snapshot_interval = 10"))
        begin = time.monotonic()
        self.up()
        self.start_s = time.monotonic() - begin
        self.load = self.Load(Net.network_file, scratch / "load", 8)
        for address in self.load.addresses:
            for _ in range(2):
                self.net.run_json("testnet", "fund", address, "10.00", "EUR", "--dir", Net.dir)
        self.load.ask("sync")

    def up(self):
        import wire
        self.kind.up()
        self.kind.members = wire.members(self.kind.dir / "network.json")

    def delay(self, ms):
        self.net.run_json("testnet", "link", "*", "*", "--delay", ms, "--dir", self.kind.dir)
        time.sleep(0.3)

    def processes(self, n):
        return [self.net.pid(n), *self.t.children(self.net.pid(n))]

    def metric(self, n, name):
        for line in self.net.operator(n, "/metrics").splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        return 0.0

    def run(self, **how):
        """A run of the load, with what it cost each kind of process."""
        pids = [self.processes(n) for n in range(4)]
        before = [[cpu_seconds(p) for p in both] for both in pids]
        blocks, took = self.metric(0, "sotto_blocks_total"), time.monotonic()
        result = self.load.run(600, **how)
        if not result["ok"]:
            raise SystemExit(str(result))
        took = time.monotonic() - took
        after = [[cpu_seconds(p) for p in both] for both in pids]
        per = result["payments"]
        result["validator_cpu_ms_per_payment"] = 1e3 / per / 4 * sum(a[0] - b[0] for a, b in zip(after, before))
        result["engine_cpu_ms_per_payment"] = 1e3 / per / 4 * sum(sum(a[1:]) - sum(b[1:]) for a, b in zip(after, before))
        result["blocks"] = self.metric(0, "sotto_blocks_total") - blocks
        result["block_ms"] = 1e3 * took / result["blocks"] if result["blocks"] else None
        busy = result["cpu_ms_per_payment"] + 4 * (result["validator_cpu_ms_per_payment"] + result["engine_cpu_ms_per_payment"])
        result["processors_busy"] = busy * per / 1e3 / took / os.cpu_count()
        return result

    # --- the parts ---
    def finality(self, payments):
        sync = sync_ms(self.kind.base)
        self.run(payments=5, wallets=1)            # warm
        out = {"sync_ms": sync, "payments": payments, "runs": []}
        for delay in DELAYS:
            self.delay(delay)
            for mode in MODES:
                self.run(payments=2, wallets=1, mode=mode)         # connections stand
                result = self.run(payments=payments, wallets=1, mode=mode)
                result |= {"delay_ms": delay, "goal_p50_ms": 4 * delay + GOAL_MS + 2 * sync}
                # A payee elsewhere has it one way later: the payer hands it over (transaction and certificate).
                result["payee_p50_ms"] = result["proof_to_received_ms"]["p50"] + delay
                print("%2d ms  %-8s p50 %6.1f  p90 %6.1f  p99 %6.1f   payee %6.1f   goal %6.1f   processors %3.0f %%" % (
                    delay, mode, result["proof_to_final_ms"]["p50"], result["proof_to_final_ms"]["p90"], result["proof_to_final_ms"]["p99"],
                    result["payee_p50_ms"], result["goal_p50_ms"], 100 * result["processors_busy"]), flush=True)
                out["runs"].append(result)
        self.delay(0)
        return out

    def throughput(self, payments):
        """More and more wallets at once, until the rate no longer rises; proofs are made on the same processors."""
        out = []
        for wallets in (1, 2, 4, 8):
            result = self.run(payments=payments, wallets=wallets)
            out.append(result)
            print("%d wallets: %.1f payments a second, p50 %.0f ms, p99 %.0f ms" % (
                wallets, result["per_second"], result["proof_to_final_ms"]["p50"], result["proof_to_final_ms"]["p99"]), flush=True)
        return out

    def sizes(self, payments):
        folders = [self.kind.dir / f"validator-{n + 1}" for n in range(4)]
        before = [[folder_bytes(f / part) for part in ("store", "engine")] for f in folders]
        self.load.run(300, payments=payments)
        self.net.agree()
        after = [[folder_bytes(f / part) for part in ("store", "engine")] for f in folders]
        disk = [statistics.median((a[k] - b[k]) / payments for a, b in zip(after, before)) for k in range(2)]
        memory = [[resident_mb(p) for p in self.processes(n)] for n in range(4)]
        return {"store_bytes_per_payment": disk[0], "engine_bytes_per_payment": disk[1],
                "validator_mb": statistics.median(m[0] for m in memory), "engine_mb": statistics.median(sum(m[1:]) for m in memory)}

    def catch_up(self, payments):
        """One validator hangs while others pay, and goes on."""
        found = self.processes(3)
        for p in found:
            os.kill(p, signal.SIGSTOP)
        try:
            self.load.run(600, payments=payments)
        finally:
            for p in found:
                os.kill(p, signal.SIGCONT)
        begin = time.monotonic()
        self.net.agree()
        killed = self.net.pid(2)
        caught_up = time.monotonic() - begin
        os.kill(killed, signal.SIGKILL)
        begin = time.monotonic()
        def ready():
            try:
                return self.net.pid(2) != killed and self.net.operator(2, "/ready") == "ready"
            except OSError:
                return False
        self.t.eventually(ready, 90, "ready again")
        return {"payments": payments, "seconds": caught_up, "killed_to_ready_s": time.monotonic() - begin, "of_which_pause_s": 1.0}


def picture(report, file):
    from bench_pictures import curves
    series = []
    for run in report["finality"]["runs"]:
        if run["mode"] == "one":
            continue
        points = [(x, i + 1) for i, x in enumerate(run["proof_to_final_curve"]) if (i + 1) % 5 == 0 and i < 99]
        series.append((f"{run['delay_ms']} ms, {run['mode']}", COLOURS[run["delay_ms"]] + (" goal" if run["mode"] == "gather" else ""), points))
    pathlib.Path(file).write_text(curves(
        "From a finished proof to final, through real processes",
        "By one-way delay between all of them; dashed: the wallet gathers; all on %d shared processors" % os.cpu_count(),
        series, "ms", "percent of payments"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--json", required=True)
    parser.add_argument("--picture")
    parser.add_argument("--payments", type=int, default=100)
    parser.add_argument("--only", default="finality,throughput,sizes,catch_up")
    options = parser.parse_args()
    sys.argv[1:] = [str(pathlib.Path(options.build) / "sotto")]
    only = options.only.split(",")
    file = pathlib.Path(options.json)
    report = json.loads(file.read_text()) if file.exists() else {}        # the parts of earlier runs stay until measured again
    report |= {"processors": os.cpu_count()}
    with tempfile.TemporaryDirectory(prefix="sotto-bench-network-") as scratch:
        bench = Bench(options.build, pathlib.Path(scratch))
        try:
            report["four_validators_start_s"] = bench.start_s
            for part in only:
                found = getattr(bench, part)(options.payments)
                report[part] = found
                report.setdefault("commits", {})[part] = os.environ.get("SOTTO_COMMIT", "unknown")
                file.write_text(json.dumps(report, indent=1) + "\n")
                if part not in ("finality", "throughput"):
                    print(part, found, flush=True)
        finally:
            if bench.kind.process.poll() is None:
                bench.kind.down()
    if options.picture and "finality" in report:
        picture(report, options.picture)


if __name__ == "__main__":
    main()
