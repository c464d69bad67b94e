#!/usr/bin/env python3
"""Measures the peers of README.md and us in one sitting: run.py BUILD_FOLDER. Writes BUILD_FOLDER/bench-peers.json.

Everything is installed into BUILD_FOLDER/peers by the clients of the package registries, pinned by the lock files here. A peer
that cannot be installed or run is listed with its reason; the others go on."""
import json
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
ROOT = os.path.join(BUILD, "peers")
NODE, RUST = os.path.join(ROOT, "node"), os.path.join(ROOT, "rust")
SAMPLES = os.environ.get("PEER_SAMPLES", "5")
POLITE = ["nice", "-n", "19"]


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, **keywords):
    say("$ " + " ".join(command))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **keywords)
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1][:200])
    return done.stdout


def measure(command):
    """The JSON line a peer prints, and its peak memory in MB (of that process)."""
    say("$ " + " ".join(command))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(write, 1)
        os.close(read)
        os.execvp(command[0], command)
    os.close(write)
    with os.fdopen(read) as out:
        text = out.read()
    _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"ended with {os.waitstatus_to_exitcode(status)}")
    figures = json.loads(text.strip().splitlines()[-1])
    figures["peak_mb"] = usage.ru_maxrss / 1024
    return figures


def prepare_node():
    if shutil.which("npm") is None:
        raise RuntimeError("no npm on this machine")
    os.makedirs(NODE, exist_ok=True)
    stamp = os.path.join(NODE, "installed")
    lock = open(os.path.join(HERE, "package-lock.json")).read()
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
    run([os.path.join(BUILD, "sotto_bench"), "--only", "proving,verifying", "--json", path])
    report = json.load(open(path))
    batch = next(b for b in report["verify_batches"] if b["size"] == 64)
    return report, {"prove_ms": report["prove_ms"], "verify_ms": report["verify_ms"], "verify_batch64_ms": batch["wall_ms"],
                    "proof_bytes": report["proof_bytes"], "peak_mb": report["prove_peak_mb"], "size": "3 in, 3 out, 2^32 leaves; 2^10 rows"}


def table(result):
    base, msm = result["peers"]["sotto"], result["blst_msm1024_ms"]
    columns = (("prove ms", "prove_ms"), ("verify ms", "verify_ms"), ("batch 64 ms", "verify_batch64_ms"), ("bytes", "proof_bytes"),
               ("peak MB", "peak_mb"))
    lines = [f"{'peer':<18}" + "".join(f"{title:>12}{'':>8}" for title, _ in columns) + f"{'prove x MSM-1024':>18}"]
    for name, figures in result["peers"].items():
        line = f"{name:<18}"
        for _, key in columns:
            value = figures.get(key)
            line += f"{'-':>12}{'':>8}" if value is None else f"{value:>12.4g}{value / base[key]:>7.3g}x"
        lines.append(line + f"{figures['prove_ms'] / msm:>18.3g}")
    lines.append("x: multiples of ours of the same sitting. batch 64: wall time a payment in a batch of 64.")
    return "\n".join(lines)


def main():
    peers = [("snarkjs groth16", prepare_node, lambda _: ["node", os.path.join(HERE, "snark.mjs"), "groth16", NODE, SAMPLES]),
             ("snarkjs plonk", prepare_node, lambda _: ["node", os.path.join(HERE, "snark.mjs"), "plonk", NODE, "2"])]
    rust = os.path.join(RUST, "release", "sotto-peers")
    peers += [("ark-groth16", prepare_rust, lambda size: [rust, "ark-groth16", SAMPLES, str(size)])]
    peers += [(name, prepare_rust, lambda _, name=name: [rust, name, SAMPLES]) for name in ("monero", "sapling", "orchard")]
    prepared, had, missing, constraints = {}, {}, {}, 18_000
    for name, prepare, command in peers:
        try:
            if prepare not in prepared:
                prepared[prepare] = None
                prepare()
        except (RuntimeError, OSError) as error:
            prepared[prepare] = str(error)
    report, own = ours()                                   # after all compiling
    had["sotto"] = own
    for name, prepare, command in peers:
        try:
            if prepared[prepare]:
                raise RuntimeError(prepared[prepare])
            had[name] = measure(command(constraints))
            constraints = had[name].pop("constraints", constraints) if name == "snarkjs groth16" else constraints
        except (RuntimeError, OSError, ValueError) as error:
            missing[name] = str(error)
    keys = ("commit", "machine", "threads", "cpu_flags", "blst_msm1024_ms", "blst_pairing_ms")
    result = {key: report[key] for key in keys} | {"when": time.strftime("%Y-%m-%d"), "peers": had, "not_had": missing}
    for figures in had.values():
        figures["prove_to_msm1024"] = figures["prove_ms"] / result["blst_msm1024_ms"]
        figures["prove_to_ours"] = figures["prove_ms"] / own["prove_ms"]
        figures["verify_to_ours"] = figures["verify_ms"] / own["verify_ms"]
    path = os.path.join(BUILD, "bench-peers.json")
    with open(path, "w") as file:
        json.dump(result, file, indent=2)
        file.write("\n")
    print(table(result))
    for name, why in missing.items():
        print(f"not had: {name}: {why}")
    print(f"written to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
