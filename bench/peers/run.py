#!/usr/bin/env python3
"""Measures the peers of README.md and us in one sitting: run.py BUILD_FOLDER [--prepare]. Writes BUILD_FOLDER/bench-peers.json.

Everything is installed into BUILD_FOLDER/peers by the clients of the package registries, pinned by the lock files here. A peer
that cannot be installed or run is listed with its reason; the others go on. --prepare: only install, build and make keys.

The reference (blst's sum of 1,024 points) is taken before every sample of every peer, in turn, by a process of ours; a peer asks and
waits. So peers are compared by their ratios to it, and the machine's speed may drift."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
ROOT = os.path.join(BUILD, "peers")
NODE, RUST = os.path.join(ROOT, "node"), os.path.join(ROOT, "rust")
BENCH = os.path.join(BUILD, "sotto_bench")
SAMPLES = os.environ.get("PEER_SAMPLES", "5")
POLITE = ["nice", "-n", "19"]
TIMES = ("prove_ms", "verify_ms", "verify_batch64_ms")
LONGEST = 900                                              # seconds a peer may take, keys included


def say(text):
    print(text, file=sys.stderr, flush=True)


def step(what, job):
    """Runs a step and says how long it took."""
    say(f"{what} ...")
    start = time.monotonic()
    try:
        return job()
    finally:
        say(f"{what}: {time.monotonic() - start:.0f} s")


def run(command, **keywords):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **keywords)
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1][:200])
    return done.stdout


class Reference:
    """A process of ours that answers every line with the reference in ms."""

    def __init__(self):
        self.process = subprocess.Popen([BENCH, "--serve-reference"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.all = []

    def take(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.all.append(float(self.process.stdout.readline()))
        return self.all[-1]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(command, reference):
    """What a peer prints, as medians and as medians of ratios, and the peak memory of its process in MB."""
    to_peer, from_peer = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(to_peer[0], 0)
        os.dup2(from_peer[1], 1)
        os.closerange(3, 64)
        os.execvp("timeout", ["timeout", str(LONGEST)] + command)
    os.close(to_peer[0])
    os.close(from_peer[1])
    samples, facts, base = {}, None, None
    with os.fdopen(from_peer[0]) as lines, os.fdopen(to_peer[1], "w") as answers:
        for line in lines:
            if not line.startswith("{"):
                continue                                   # a library that talks
            message = json.loads(line)
            if "ready" in message:
                base = reference.take()
                answers.write("\n")
                answers.flush()
            elif "sample" in message:
                samples.setdefault(message["sample"], []).append((message["ms"], message["ms"] / base))
            else:
                facts = message
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != 0 or facts is None:
        raise RuntimeError(f"not done in {LONGEST} s" if code == 124 else f"ended with {code}")
    figures = dict(facts)
    for key, pairs in samples.items():
        figures[key] = statistics.median(ms for ms, _ in pairs)
        figures.setdefault("ratios", {})[key] = statistics.median(ratio for _, ratio in pairs)
    figures["peak_mb"] = usage.ru_maxrss / 1024            # of the largest process: timeout's own is small
    return figures


def prepare_node():
    if shutil.which("npm") is None:
        raise RuntimeError("no npm on this machine")
    os.makedirs(NODE, exist_ok=True)
    stamp = os.path.join(NODE, "installed")
    with open(os.path.join(HERE, "package-lock.json")) as file:
        lock = file.read()
    if not os.path.exists(stamp) or open(stamp).read() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(HERE, name), NODE)
        run(POLITE + ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], cwd=NODE)
        with open(stamp, "w") as file:
            file.write(lock)
    run(POLITE + ["node", os.path.join(HERE, "snark.mjs"), "prepare", NODE])


def prepare_rust():
    if shutil.which("cargo") is None:
        raise RuntimeError("no cargo on this machine")
    environment = dict(os.environ, CARGO_TARGET_DIR=RUST)
    manifest = ["--locked", "--manifest-path", os.path.join(HERE, "rust", "Cargo.toml")]
    build = POLITE + ["cargo", "build", "--release", "--quiet", "-j1"] + manifest
    try:
        run(build + ["--offline"], env=environment)
    except RuntimeError:
        run(build, env=environment)                        # the first time


def ours():
    path = os.path.join(BUILD, "bench-peers-ours.json")
    run([BENCH, "--only", "references,proving,verifying", "--json", path])
    with open(path) as file:
        report = json.load(file)
    own = {"proof_bytes": report["proof_bytes"], "peak_mb": report["prove_peak_mb"], "size": "3 in, 3 out, 2^32 leaves; 2^10 rows",
           "ratios": {}}
    for key, source in zip(TIMES, ("prove_ms", "verify_ms", "verify_batch64_wall_ms")):
        own[key], own["ratios"][key] = report[source], report["ratios"][source]
    return report, own


def compare(had):
    """How many times ours each of a peer's figures is: ratios of ratios where there is one."""
    own = had["sotto"]
    for figures in had.values():
        figures["to_ours"] = {key: figures["ratios"][key] / own["ratios"][key] for key in TIMES if key in figures["ratios"]}
        figures["to_ours"] |= {key: figures[key] / own[key] for key in ("proof_bytes", "peak_mb")}


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(result):
    columns = (("prove ms", "prove_ms"), ("verify ms", "verify_ms"), ("batch 64 ms", "verify_batch64_ms"), ("bytes", "proof_bytes"),
               ("peak MB", "peak_mb"))
    lines = [f"{'peer':<18}" + "".join(f"{title:>12}{'':>8}" for title, _ in columns) + f"{'prove x MSM-1024':>18}"]
    for name, figures in result["peers"].items():
        line = f"{name:<18}"
        for _, key in columns:
            value = figures.get(key)
            line += f"{'-':>12}{'':>8}" if value is None else f"{number(value):>12}{number(figures['to_ours'][key]):>7}x"
        lines.append(line + f"{number(figures['ratios']['prove_ms']):>18}")
    low, high = result["blst_msm1024_range_ms"]
    lines.append("x: multiples of ours; of times, by their ratios to blst's MSM-1024 taken in turn with each sample "
                 f"({low:.1f} to {high:.1f} ms in this sitting). batch 64: wall time a payment in a batch of 64.")
    return "\n".join(lines)


def peers():
    """(name, its preparation, its command given the constraints of the circom circuit)."""
    snark, rust = os.path.join(HERE, "snark.mjs"), os.path.join(RUST, "release", "sotto-peers")
    yield "snarkjs groth16", prepare_node, lambda _: ["node", snark, "groth16", NODE, SAMPLES]
    yield "snarkjs plonk", prepare_node, lambda _: ["node", snark, "plonk", NODE, "2"]     # a minute a proof
    yield "ark-groth16", prepare_rust, lambda size: [rust, "ark-groth16", SAMPLES, str(size)]
    for name in ("monero", "sapling", "orchard"):
        yield name, prepare_rust, lambda _, name=name: [rust, name, SAMPLES]


def main():
    start = time.monotonic()
    prepared, had, missing, constraints = {}, {}, {}, 18_000
    for prepare in dict.fromkeys(prepare for _, prepare, _ in peers()):
        try:
            prepared[prepare] = step(prepare.__name__.replace("_", " "), prepare)
        except (RuntimeError, OSError) as error:
            prepared[prepare] = str(error)
    if "--prepare" in sys.argv:
        for why in filter(None, prepared.values()):
            say(why)
        return 1 if any(prepared.values()) else 0
    report, had["sotto"] = step("sotto", ours)             # after all compiling
    reference = Reference()
    for name, prepare, command in peers():
        try:
            if prepared[prepare]:
                raise RuntimeError(prepared[prepare])
            had[name] = step(name, lambda: measure(command(constraints), reference))
            constraints = had[name].pop("constraints", constraints) if name == "snarkjs groth16" else constraints
        except (RuntimeError, OSError, ValueError) as error:
            missing[name] = str(error)
    reference.close()
    compare(had)
    takes = sorted(reference.all)
    result = {key: report[key] for key in ("commit", "machine", "threads", "cpu_flags", "blst_pairing_ms")} | {
        "blst_msm1024_ms": statistics.median(takes or [report["blst_msm1024_ms"]]),
        "blst_msm1024_range_ms": [takes[len(takes) // 20], takes[-1 - len(takes) // 20]] if takes else report["blst_msm1024_range_ms"],
        "when": time.strftime("%Y-%m-%d"), "seconds": round(time.monotonic() - start), "peers": had, "not_had": missing}
    path = os.path.join(BUILD, "bench-peers.json")
    with open(path, "w") as file:
        json.dump(result, file, indent=2)
        file.write("\n")
    print(table(result))
    for name, why in missing.items():
        print(f"not had: {name}: {why}")
    print(f"written to {path}, {result['seconds']} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
