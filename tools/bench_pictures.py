#!/usr/bin/env python3
"""Draws SVG pictures from the benchmark's files: bench_pictures.py BENCH_JSON PEERS_JSON FOLDER.

A picture whose figures are missing is left out, and that is said. Readable on light and dark pages: colours follow the reader's
scheme inside the file, and nothing has a background."""
import json
import math
import os
import sys
from html import escape

WIDTH, LEFT, RIGHT = 720, 190, 30
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-size: 16px; font-weight: 600 } .dim { fill: #57606a }
.axis { stroke: #8c959f; stroke-width: 1; fill: none } .grid { stroke: #8c959f; stroke-opacity: .25 } .end { text-anchor: end }
.middle { text-anchor: middle } .a { fill: #0969da } .b { fill: #8c959f } .line-a { stroke: #0969da } .line-b { stroke: #bc4c00 }
.line { fill: none; stroke-width: 2 } .dot-a { fill: #0969da } .dot-b { fill: #bc4c00 } .goal { stroke: #1a7f37; stroke-dasharray: 5 4 }
.goal-text { fill: #1a7f37 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .dim { fill: #9198a1 } .a, .dot-a { fill: #4493f8 } .line-a { stroke: #4493f8 }
.line-b { stroke: #f0883e } .dot-b { fill: #f0883e } .goal { stroke: #3fb950 } .goal-text { fill: #3fb950 } }
</style>"""


def short(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def page(height, title, subtitle, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">\n{STYLE}\n'
            f'<text class="title" x="16" y="26">{escape(title)}</text>\n<text class="dim" x="16" y="46">{escape(subtitle)}</text>\n'
            + "\n".join(body) + "\n</svg>\n")


def bars(title, subtitle, rows, unit, logarithmic=False):
    """rows: (label, value, ours?, note)."""
    most = max(value for _, value, _, _ in rows)
    least = min(value for _, value, _, _ in rows)
    bottom = 10 ** math.floor(math.log10(least)) / 2 if logarithmic else 0
    room = WIDTH - LEFT - RIGHT - 120

    def length(value):
        if logarithmic:
            return room * math.log(value / bottom) / math.log(most / bottom)
        return room * value / most

    body = []
    for i, (label, value, own, note) in enumerate(rows):
        y = 66 + 30 * i
        body.append(f'<text class="end" x="{LEFT - 10}" y="{y + 15}">{escape(label)}</text>')
        body.append(f'<rect class="{"a" if own else "b"}" x="{LEFT}" y="{y}" width="{max(1, length(value)):.1f}" height="20" rx="2"/>')
        body.append(f'<text x="{LEFT + length(value) + 8:.1f}" y="{y + 15}">{short(value)} {unit} <tspan class="dim">{escape(note)}</tspan></text>')
    return page(66 + 30 * len(rows) + 10, title, subtitle, body)


def curves(title, subtitle, series, x_title, y_title, log_x=False, log_y=False, goal=None):
    """series: (name, class suffix, [(x, y)]); goal: (value of y, text)."""
    left, top, bottom, height = 64, 92, 350, 400
    xs = [x for _, _, points in series for x, _ in points]
    ys = [y for _, _, points in series for _, y in points] + ([goal[0]] if goal else [])
    low_x, high_x = (min(xs), max(xs)) if log_x else (0, max(xs) * 1.05)
    low_y, high_y = (10 ** math.floor(math.log10(min(ys))), 10 ** math.ceil(math.log10(max(ys)))) if log_y else (0, max(ys) * 1.15)

    def at_x(x):
        part = math.log(x / low_x) / math.log(high_x / low_x) if log_x else (x - low_x) / (high_x - low_x)
        return left + part * (WIDTH - RIGHT - left)

    def at_y(y):
        part = math.log(y / low_y) / math.log(high_y / low_y) if log_y else (y - low_y) / (high_y - low_y)
        return bottom - part * (bottom - top)

    def steps(low, high, logarithmic):
        if logarithmic:
            return [10 ** k for k in range(round(math.log10(low)), round(math.log10(high)) + 1)]
        size = 10 ** math.floor(math.log10(high / 4))
        size = next(size * m for m in (1, 2, 5, 10) if high / (size * m) <= 6)
        return [size * k for k in range(int(high / size) + 1)]

    body = []
    for y in steps(low_y, high_y, log_y):
        body.append(f'<line class="grid" x1="{left}" x2="{WIDTH - RIGHT}" y1="{at_y(y):.1f}" y2="{at_y(y):.1f}"/>')
        body.append(f'<text class="end dim" x="{left - 8}" y="{at_y(y) + 4:.1f}">{short(y)}</text>')
    for x in sorted(set(xs)) if log_x else steps(low_x, high_x, False):
        body.append(f'<text class="middle dim" x="{at_x(x):.1f}" y="{bottom + 20}">{short(x)}</text>')
    body.append(f'<path class="axis" d="M{left} {top}V{bottom}H{WIDTH - RIGHT}"/>')
    body.append(f'<text class="middle dim" x="{(left + WIDTH - RIGHT) / 2:.0f}" y="{bottom + 42}">{escape(x_title)}</text>')
    body.append(f'<text class="dim" x="16" y="{top - 18}">{escape(y_title)}</text>')
    if goal:
        body.append(f'<line class="goal" x1="{left}" x2="{WIDTH - RIGHT}" y1="{at_y(goal[0]):.1f}" y2="{at_y(goal[0]):.1f}"/>')
        body.append(f'<text class="goal-text" x="{left + 10}" y="{at_y(goal[0]) - 6:.1f}">{escape(goal[1])}</text>')
    for i, (name, kind, points) in enumerate(series):
        path = "L".join(f"{at_x(x):.1f} {at_y(y):.1f}" for x, y in points)
        body.append(f'<path class="line line-{kind}" d="M{path}"/>')
        body += [f'<circle class="dot-{kind}" cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="3.5"/>' for x, y in points]
        body.append(f'<circle class="dot-{kind}" cx="{WIDTH - RIGHT - 150}" cy="{22 + 18 * i}" r="5"/>')
        body.append(f'<text x="{WIDTH - RIGHT - 138}" y="{26 + 18 * i}">{escape(name)}</text>')
    return page(height, title, subtitle, body)


def goal_of(key):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "figures.json")
    return next(f["goal"] for f in json.load(open(path))["figures"] if f["key"] == key)


def stages(bench):
    parts = bench["prove_stages_cpu_ms"]
    rows = [(name, value, True, f"{value / sum(parts.values()):.0%}") for name, value in parts.items() if value > 0]
    return bars("What one proof's CPU time goes into", f"{sum(parts.values()):.0f} ms of CPU, each kind of work measured apart", rows, "ms")


def batches(bench):
    points = bench["verify_batches"]
    return curves("Verifying in batches", "time per proof, every proof checked in full",
                  [("CPU", "a", [(p["size"], p["cpu_ms"]) for p in points]), ("wall", "b", [(p["size"], p["wall_ms"]) for p in points])],
                  "proofs in a batch", "ms per proof", log_x=True)


def load(bench):
    rounds = sorted((r for r in bench["validator_rounds"] if r["offered_per_s"] > 0), key=lambda r: r["offered_per_s"])
    goal = goal_of("validator_p99_ms")
    return curves("Settling under load", "one validator, arrivals at a fixed rate whatever it does",
                  [("median", "a", [(r["offered_per_s"], r["p50_ms"]) for r in rounds]),
                   ("99th percentile", "b", [(r["offered_per_s"], r["p99_ms"]) for r in rounds])],
                  "payments offered a second", "ms to settlement", log_y=True, goal=(goal, f"goal: p99 of {goal:g} ms"))


def peer_bars(key, title):
    def draw(peers):
        rows = sorted(((name, f[key], name == "sotto", f"{f[key] / peers['peers']['sotto'][key]:.3g} ×" if name != "sotto" else "")
                       for name, f in peers["peers"].items()), key=lambda row: row[1])
        return bars(title, "same machine, same sitting, all cores; logarithmic; what equals what: bench/peers/README.md", rows, "ms", True)
    return draw


def main(bench_file, peers_file, folder):
    os.makedirs(folder, exist_ok=True)
    pictures = [("prove-stages", bench_file, stages), ("verify-batches", bench_file, batches), ("validator-load", bench_file, load),
            ("peers-prove", peers_file, peer_bars("prove_ms", "Proving a payment")),
            ("peers-verify", peers_file, peer_bars("verify_ms", "Verifying a payment"))]
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
