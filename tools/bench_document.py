#!/usr/bin/env python3
"""Writes the measured tables of docs/performance.md: bench_document.py BENCH_JSON PEERS_JSON DOCUMENT.

Only what stands between `<!-- figures -->`, `<!-- batches -->` or `<!-- peers -->` and the `<!-- end -->` after it is replaced, and the list of
pictures beside the document; a table whose file is missing stays as it is."""
import json
import os
import re
import sys

FIGURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "figures.json")


def short(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def row(cells):
    return "| " + " | ".join(cells) + " |"


IN_MS = {"ms": 1.0, "us": 1e-3, "ns": 1e-6, "s": 1e3}


def at_speed(figure, ratio, reference_ms):
    """What a ratio comes to on a machine whose reference takes reference_ms."""
    return ratio * 1e3 / reference_ms if figure["unit"] == "1/s" else ratio * reference_ms / IN_MS[figure["unit"]]


def figures_table(bench):
    table = json.load(open(FIGURES))
    there, flags = table["goal_machine_ms"], bench["cpu_flags"].split()
    low, high = bench["blst_msm1024_range_ms"]
    lines = [f"Measured on {bench['machine']}; {bench['threads']} threads; {bench['cpu_flags']}; commit {bench['commit']}. The reference, blst's "
             f"MSM-1024, was taken before every sample; it lay between {low:.1f} and {high:.1f} ms (5th and 95th in a hundred). Goals were "
             f"set where it takes {there} ms: the last two columns are the ratio there.", "",
             row(["figure", "what", "measured here", "× MSM-1024", "goal", f"at {there} ms", ""]), "|---|---|---|---|---|---|---|"]
    for figure in table["figures"]:
        key = figure["key"]
        if key not in bench:
            continue
        goal = next((g for flag, g in figure.get("goal_with", {}).items() if flag in flags), figure.get("goal"))
        ratio = bench.get("ratios", {}).get(key)
        value = bench[key] if ratio is None else at_speed(figure, ratio, there)
        met = "" if goal is None else "met" if (value >= goal if figure.get("more") else value <= goal) else "**missed**"
        lines.append(row([f"`{key}`", figure["what"], f"{short(bench[key])} {figure['unit']}", "" if ratio is None else short(ratio),
                          "" if goal is None else f"{goal:,g} {figure['unit']}", "" if ratio is None else f"{short(value)} {figure['unit']}", met]))
    return "\n".join(lines)


def batches_table(bench):
    there = json.load(open(FIGURES))["goal_machine_ms"]
    modes = ("single", "batched", "hinted")
    ratios = {(b["size"], b["mode"]): b["cpu_ratio"] for b in bench["verify_batches"]}
    lines = [f"CPU time a proof × MSM-1024, and in brackets ms where that takes {there} ms.", "",
             row(["batch of", "every point checked singly", "checked together", "and y-coordinates sent along"]), "|---|---|---|---|"]
    for size in sorted({size for size, _ in ratios}):
        lines.append(row([f"{size:,}"] + [f"{ratios[size, mode]:.4f} ({ratios[size, mode] * there:.2f})" for mode in modes]))
    return "\n".join(lines)


def peers_table(result):
    def cell(f, key):
        return "" if f.get(key) is None else f"{short(f[key])} ({short(f['to_ours'][key])} ×)"

    low, high = result["blst_msm1024_range_ms"]
    lines = [f"Measured on {result['machine']}, commit {result['commit']}, {result['when']}. In brackets, multiples of ours; those of times are by "
             f"their ratios to blst's MSM-1024, which was taken before every sample ({low:.1f} to {high:.1f} ms).", "",
             row(["peer", "size", "prove ms", "prove × MSM-1024", "verify ms", "batch of 64, wall ms each", "bytes", "peak MB"]), "|---|---|---|---|---|---|---|---|"]
    for name, f in result["peers"].items():
        lines.append(row([name, f["size"], cell(f, "prove_ms"), short(f["ratios"]["prove_ms"]), cell(f, "verify_ms"), cell(f, "verify_batch64_ms"),
                          short(f["proof_bytes"]), short(f["peak_mb"])]))
    lines += [f"\nNot had: {name}: {why}." for name, why in result["not_had"].items()]
    return "\n".join(lines)


def pictures(folder):
    known = (("prove-stages", "What one proof's CPU time goes into"), ("verify-batches", "CPU time a proof in batches of 1 to 1,024"),
             ("validator-load", "Latency against offered load"), ("peers-prove", "Time to prove a payment, peers beside us"),
             ("peers-verify", "Time to verify a payment, peers beside us"))
    return "\n\n".join(f"![{text}](pictures/{name}.svg)" for name, text in known if os.path.exists(os.path.join(folder, name + ".svg")))


def main(bench_file, peers_file, document):
    text = open(document).read()
    for mark, source, table in (("figures", bench_file, figures_table), ("batches", bench_file, batches_table), ("peers", peers_file, peers_table)):
        if not os.path.exists(source):
            print(f"{mark}: left as it is, no {source}")
            continue
        body = table(json.load(open(source)))
        text, found = re.subn(rf"(<!-- {mark} -->\n).*?(<!-- end -->)", lambda m: m[1] + body + "\n" + m[2], text, count=1, flags=re.S)
        if not found:
            print(f"{document} has no place for {mark}")
            return 1
    listed = pictures(os.path.join(os.path.dirname(document), "pictures"))
    text = re.sub(r"(<!-- pictures -->\n).*?(<!-- end -->)", lambda m: m[1] + listed + "\n" + m[2], text, count=1, flags=re.S)
    with open(document, "w") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(__doc__)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
