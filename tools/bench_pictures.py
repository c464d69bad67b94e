#!/usr/bin/env python3
"""Draws SVG pictures from the benchmark's files: bench_pictures.py BENCH_JSON PEERS_JSON FOLDER.

A picture whose figures are missing is left out, and that is said. Readable on light and dark pages: colours follow the reader's
scheme inside the file, and nothing has a background."""
import json
import math
import os
import statistics
import sys
from html import escape

WIDTH, LEFT, RIGHT = 720, 190, 30
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-size: 16px; font-weight: 600 } .dim { fill: #57606a }
.axis { stroke: #8c959f; stroke-width: 1; fill: none } .grid { stroke: #8c959f; stroke-opacity: .25 } .end { text-anchor: end }
.middle { text-anchor: middle } .own { fill: #0969da } .other { fill: #8c959f } .line { fill: none; stroke-width: 2 }
.stroke-a { stroke: #0969da } .stroke-b { stroke: #bc4c00 } .stroke-c { stroke: #1a7f37 }
.fill-a { fill: #0969da } .fill-b { fill: #bc4c00 } .fill-c { fill: #1a7f37 } .goal { stroke-dasharray: 5 4; stroke-opacity: .7 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .dim { fill: #9198a1 } .own { fill: #4493f8 }
.stroke-a { stroke: #4493f8 } .stroke-b { stroke: #f0883e } .stroke-c { stroke: #3fb950 }
.fill-a { fill: #4493f8 } .fill-b { fill: #f0883e } .fill-c { fill: #3fb950 } }
</style>"""
NAMES = {"sotto": "Sotto", "snarkjs groth16": "snarkjs Groth16", "snarkjs plonk": "snarkjs PLONK", "monero": "Monero, rings of 16",
         "ark-groth16": "ark-groth16, squarings", "sapling": "Zcash Sapling", "orchard": "Zcash Orchard"}


def short(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def duration(ms):
    return f"{ms / 1000:.3g} s" if ms >= 1000 else f"{ms:.3g} ms"


def multiple(ratio):
    return f"{ratio:,.0f}" if ratio >= 9.5 else f"{ratio:.2g}"


def page(height, title, subtitle, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">\n{STYLE}\n'
            f'<text class="title" x="16" y="26">{escape(title)}</text>\n<text class="dim" x="16" y="46">{escape(subtitle)}</text>\n'
            + "\n".join(body) + "\n</svg>\n")


def bars(title, subtitle, rows, logarithmic=False):
    """rows: (label, ms, ours?, note)."""
    most = max(value for _, value, _, _ in rows)
    least = min(value for _, value, _, _ in rows)
    bottom = 10 ** math.floor(math.log10(least / 1.5)) if logarithmic else 0
    room = WIDTH - LEFT - RIGHT - 150

    def length(value):
        if logarithmic:
            return room * math.log(value / bottom) / math.log(most / bottom)
        return room * value / most

    body, end = [], 66 + 30 * len(rows)
    if logarithmic:                                        # decades, so that nobody takes lengths for times
        for k in range(round(math.log10(bottom)), math.floor(math.log10(most)) + 1):
            x = LEFT + length(10.0 ** k)
            body.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="60" y2="{end}"/>')
            body.append(f'<text class="middle dim" x="{x:.1f}" y="{end + 16}">{duration(10.0 ** k)}</text>')
    for i, (label, value, own, note) in enumerate(rows):
        y = 66 + 30 * i
        body.append(f'<text class="end" x="{LEFT - 10}" y="{y + 15}">{escape(label)}</text>')
        body.append(f'<rect class="{"own" if own else "other"}" x="{LEFT}" y="{y}" width="{max(1, length(value)):.1f}" height="20" rx="2"/>')
        body.append(f'<text x="{LEFT + length(value) + 8:.1f}" y="{y + 15}">{duration(value)} <tspan class="dim">{escape(note)}</tspan></text>')
    return page(end + (28 if logarithmic else 10), title, subtitle, body)


def round_steps(low, high):
    """1, 2, 5, 10, 20, ... from the last not above `low` to the first not below `high`."""
    all_steps = [m * 10.0 ** k for k in range(-6, 9) for m in (1, 2, 5)]
    return [s for s, after in zip(all_steps, all_steps[1:]) if after > low and s < high] + [next(s for s in all_steps if s >= high)]


def curves(title, subtitle, series, x_title, y_title, log_x=False, log_y=False, goals=()):
    """series: (name, class suffix, [(x, y)]), named at their ends; goals: (value of y, text, class suffix, at the right?)."""
    left, right, top, bottom, height = 64, 150, 92, 350, 404
    edge = WIDTH - right
    xs = sorted({x for _, _, points in series for x, _ in points})
    ys = [y for _, _, points in series for _, y in points] + [goal[0] for goal in goals]
    if log_y:
        y_steps = round_steps(min(ys), max(ys))
    else:
        size = next(s for s in round_steps(max(ys) / 100, max(ys)) if max(ys) * 1.05 / s <= 7)
        y_steps = [size * k for k in range(int(max(ys) * 1.05 / size) + 2)]
    size = next(s for s in round_steps(max(xs) / 100, max(xs)) if max(xs) / s <= 7)
    x_steps = xs if log_x else [size * k for k in range(int(max(xs) / size) + 1)]
    low_x, high_x = (min(xs), max(xs)) if log_x else (0, max(xs) * 1.02)
    low_y, high_y = y_steps[0], y_steps[-1]

    def part(value, low, high, logarithmic):
        return math.log(value / low) / math.log(high / low) if logarithmic else (value - low) / (high - low)

    def at_x(x):
        return left + part(x, low_x, high_x, log_x) * (edge - left)

    def at_y(y):
        return bottom - part(y, low_y, high_y, log_y) * (bottom - top)

    body = []
    for y in y_steps:
        body.append(f'<line class="grid" x1="{left}" x2="{edge}" y1="{at_y(y):.1f}" y2="{at_y(y):.1f}"/>')
        body.append(f'<text class="end dim" x="{left - 8}" y="{at_y(y) + 4:.1f}">{short(y)}</text>')
    for x in x_steps:
        body.append(f'<text class="middle dim" x="{at_x(x):.1f}" y="{bottom + 20}">{short(x)}</text>')
    body.append(f'<path class="axis" d="M{left} {top}V{bottom}H{edge}"/>')
    body.append(f'<text class="middle dim" x="{(left + edge) / 2:.0f}" y="{bottom + 42}">{escape(x_title)}</text>')
    body.append(f'<text class="dim" x="16" y="{top - 18}">{escape(y_title)}</text>')
    for value, text, kind, at_right in goals:
        body.append(f'<line class="goal stroke-{kind}" x1="{left}" x2="{edge}" y1="{at_y(value):.1f}" y2="{at_y(value):.1f}"/>')
        body.append(f'<text class="fill-{kind}{" end" if at_right else ""}" x="{edge - 4 if at_right else left + 10}" y="{at_y(value) - 6:.1f}">{escape(text)}</text>')
    # Names beside the last points, pushed apart where lines end close together.
    ends = sorted((at_y(points[-1][1]), name, kind) for name, kind, points in series)
    below = 0.0
    for y, name, kind in ends:
        y = max(y, below)
        body.append(f'<text class="fill-{kind}" x="{edge + 10}" y="{y + 4:.1f}">{escape(name)}</text>')
        below = y + 17
    for name, kind, points in series:
        path = "L".join(f"{at_x(x):.1f} {at_y(y):.1f}" for x, y in points)
        body.append(f'<path class="line stroke-{kind}" d="M{path}"/>')
        body += [f'<circle class="fill-{kind}" cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="3.5"/>' for x, y in points]
    return page(height, title, subtitle, body)


def figures():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "figures.json")) as file:
        return json.load(file)


def goal_of(key):
    return next(f["goal"] for f in figures()["figures"] if f["key"] == key)


def stages(bench):
    parts = bench["prove_stages_cpu_ms"]
    whole = sum(parts.values())
    largest = max(parts, key=parts.get)
    rows = [(name, value, True, f"{value / whole:.0%}") for name, value in parts.items() if value > 0]
    return bars(f"{parts[largest] / whole:.0%} of a proof's CPU time: {largest}",
                f"of {whole:.0f} ms on all cores together; each kind of work measured apart", rows)


def batches(bench):
    there = figures()["goal_machine_ms"]
    points = {mode: [(b["size"], b["cpu_ratio"] * there) for b in bench["verify_batches"] if b["mode"] == mode]
              for mode in ("single", "batched", "hinted")}
    alone, many = points["hinted"][0][1], points["hinted"][-1][1]
    return curves(f"Verifying together: {alone / many:.0f} times less work a proof",
                  f"CPU time, at the speed of the machine the goals were set for (MSM-1024 in {there} ms)",
                  [("checked singly", "b", points["single"]), ("checked together", "a", points["batched"]),
                   ("and with y hints", "c", points["hinted"])],
                  "proofs in a batch", "ms of CPU a proof", log_x=True, log_y=True,
                  goals=[(goal_of("verify_batch64_single_ms"), "goal, singly", "b", True),
                         (goal_of("verify_batch64_hinted_ms"), "goal, together and with y hints", "c", False)])


def load(bench):
    by_load = {}
    for r in bench["validator_rounds"]:
        if r["offered_per_s"] > 0:
            by_load.setdefault(round(r["offered_per_s"]), []).append(r)

    def median(rounds, key):
        return statistics.median(r[key] for r in rounds)

    rounds = sorted((offered, median(same, "p50_ms"), median(same, "p99_ms")) for offered, same in by_load.items())
    goal = goal_of("validator_p99_ms")
    return curves(f"{bench['validator_tps']:,.0f} payments a second within {goal:g} ms",
                  "one validator, synced writes; payments arrive at a fixed rate, whatever it does",
                  [("median", "a", [(x, p50) for x, p50, _ in rounds]), ("99th percentile", "b", [(x, p99) for x, _, p99 in rounds])],
                  "payments offered a second", "ms from arrival to settlement", log_y=True, goals=[(goal, f"goal for the 99th percentile: {goal:g} ms", "b", False)])


def peer_bars(key, what):
    def draw(result):
        """At the median speed of the sitting: ratios to the reference times its median."""
        own, speed = result["peers"]["sotto"]["ratios"][key], result["blst_msm1024_ms"]
        rows = sorted(((NAMES.get(name, name), f["ratios"][key] * speed, name == "sotto",
                        "" if name == "sotto" else f"{multiple(f['ratios'][key] / own)} × ours")
                       for name, f in result["peers"].items() if key in f["ratios"]), key=lambda row: row[1])
        return bars(what, f"same machine and sitting, {result['threads']} cores; logarithmic; what equals what: bench/peers/README.md", rows, True)
    return draw


def main(bench_file, peers_file, folder):
    os.makedirs(folder, exist_ok=True)
    pictures = [("prove-stages", bench_file, stages), ("verify-batches", bench_file, batches), ("validator-load", bench_file, load),
                ("peers-prove", peers_file, peer_bars("prove_ms", "Time to prove a payment")),
                ("peers-verify", peers_file, peer_bars("verify_ms", "Time to verify one payment"))]
    drawn = 0
    for name, source, draw in pictures:
        try:
            with open(source) as file:
                picture = draw(json.load(file))
        except (OSError, KeyError) as error:
            print(f"{name}: left out, {source} has no {error}" if isinstance(error, KeyError) else f"{name}: left out, no {source}")
            continue
        with open(os.path.join(folder, name + ".svg"), "w") as file:
            file.write(picture)
        drawn += 1
    print(f"{drawn} pictures in {folder}")
    return 0 if drawn else 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(__doc__)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
