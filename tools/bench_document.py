#!/usr/bin/env python3
"""Writes the measured tables of docs/performance.md: bench_document.py BENCH_JSON PEERS_JSON DOCUMENT.

Only what stands between `<!-- figures -->` and `<!-- end -->`, and between `<!-- peers -->` and `<!-- end -->`, is replaced, and the list of
pictures beside the document; a table whose file is missing stays as it is."""
import json
import os
import re
import sys

FIGURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "figures.json")


def short(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def figures_table(bench):
    machine = f"{bench['machine']}; {bench['threads']} threads; {bench['cpu_flags']}; commit {bench['commit']}"
    lines = [f"Measured on {machine}.", "", "| figure | what | goal | measured | × `blst_msm1024_ms` | goal as a ratio | |", "|---|---|---|---|---|---|---|"]
    for figure in json.load(open(FIGURES))["figures"]:
        key = figure["key"]
        if key not in bench:
            continue
        value, goal, ratio = bench[key], figure.get("goal"), bench.get("ratios", {}).get(key)
        met = "" if goal is None else "met" if (value >= goal if figure.get("more") else value <= goal) else "**missed**"
        lines.append(f"| `{key}` | {figure['what']} | {'' if goal is None else f'{goal:,g} ' + figure['unit']} | {short(value)} {figure['unit']} | "
                     f"{'' if ratio is None else short(ratio)} | {figure.get('goal_ratio', '')} | {met} |")
    return "\n".join(lines)


def peers_table(result):
    def cell(value, own):
        return "" if value is None else f"{short(value)} ({short(value / own)} ×)"
    base = result["peers"]["sotto"]
    lines = [f"Measured on {result['machine']}, commit {result['commit']}, {result['when']}; in brackets, multiples of ours. "
             f"blst's MSM-1024 of the sitting: {result['blst_msm1024_ms']:.1f} ms.", "",
             "| peer | size | prove ms | prove × MSM-1024 | verify ms | batch of 64, ms each | bytes | peak MB |", "|---|---|---|---|---|---|---|---|"]
    for name, f in result["peers"].items():
        lines.append(f"| {name} | {f['size']} | {cell(f['prove_ms'], base['prove_ms'])} | {short(f['prove_ms'] / result['blst_msm1024_ms'])} | "
                     f"{cell(f['verify_ms'], base['verify_ms'])} | {cell(f.get('verify_batch64_ms'), base['verify_batch64_ms'])} | "
                     f"{short(f['proof_bytes'])} | {short(f['peak_mb'])} |")
    lines += [f"\nNot had: {name}: {why}." for name, why in result["not_had"].items()]
    return "\n".join(lines)


def pictures(folder):
    known = (("prove-stages", "What one proof's CPU time goes into"), ("verify-batches", "Verifying in batches"),
             ("validator-load", "Settling under load"), ("peers-prove", "Proving a payment, peers"), ("peers-verify", "Verifying a payment, peers"))
    return "\n\n".join(f"![{text}](pictures/{name}.svg)" for name, text in known if os.path.exists(os.path.join(folder, name + ".svg")))


def main(bench_file, peers_file, document):
    text = open(document).read()
    for mark, source, table in (("figures", bench_file, figures_table), ("peers", peers_file, peers_table)):
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
