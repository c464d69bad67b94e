#!/usr/bin/env python3
"""The regression guard of `make bench-check`: ratios of a fresh report against the last recorded ones of this kind of machine.

  bench_check.py REPORT [--record] [--again COMMAND] [--recorded FILE] [--figures FILE]
      COMMAND measures anew and writes the file named in place of {}
  bench_check.py --self-test

A figure's ratio to the reference, taken in turn with it, may worsen by 15 %. A suspicious one is measured again (twice at most) before
it fails: the best of the runs counts. Another kind of machine compares only what does not depend on the machine."""
import json
import os
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FIGURES = os.path.join(HERE, "..", "bench", "figures.json")
RECORD = os.path.join(HERE, "..", "bench", "recorded.json")
ALLOWED = 0.15


def kind_of(report):
    """What makes ratios comparable: model, features, threads. Not the kernel's version."""
    return {"cpu": report["machine"].split(",")[0], "flags": report["cpu_flags"], "threads": report["threads"]}


def values_of(report, figures):
    """Guarded figures: the ratio where there is a reference, the value itself where it does not depend on the machine."""
    out = {}
    for figure in figures:
        key = figure["key"]
        if key not in report or not figure.get("guard", True) or figure["group"] == "references":
            continue
        if key in report.get("ratios", {}):
            out[key] = report["ratios"][key]
        elif figure.get("portable"):
            out[key] = report[key]
    return out


def worsened(figure, old, new):
    return old / new - 1 if figure.get("more") else new / old - 1


def compare(recorded, report, figures):
    """(complaints {key: text}, notes). Pure: the self-test feeds it doctored files."""
    by_key = {f["key"]: f for f in figures}
    fresh, notes, complaints = values_of(report, figures), [], {}
    kind = kind_of(report)
    same = [m for m in recorded["machines"] if m["kind"] == kind]
    if same:
        base = same[0]["values"]
    else:
        notes.append(f"no record of this kind of machine ({kind['cpu']}, {kind['threads']} threads); only what is the same "
                     "everywhere is compared. `make bench-record` records it.")
        base = recorded["machines"][0]["values"] if recorded["machines"] else {}
        base = {k: v for k, v in base.items() if by_key.get(k, {}).get("portable")}
    for key, old in base.items():
        if key not in by_key:
            notes.append(f"{key}: no longer in figures.json")
        elif key not in fresh:
            complaints[key] = f"{key}: recorded, but not in this report"
        elif worsened(by_key[key], old, fresh[key]) > ALLOWED:
            complaints[key] = f"{key}: {fresh[key]:.4g}, recorded {old:.4g}: {worsened(by_key[key], old, fresh[key]):+.0%}"
    return complaints, notes


def best_of(figures, reports):
    """The first report with each figure's best ratio of all reports."""
    out = json.loads(json.dumps(reports[0]))
    for figure in figures:
        key, better = figure["key"], max if figure.get("more") else min
        seen = [r["ratios"][key] for r in reports if key in r.get("ratios", {})]
        if seen:
            out["ratios"][key] = better(seen)
        elif figure.get("portable") and key in out:
            out[key] = better(r[key] for r in reports if key in r)
    return out


def load(path):
    with open(path) as file:
        return json.load(file)


def record(report, figures, path):
    recorded = load(path) if os.path.exists(path) else {"machines": []}
    kind = kind_of(report)
    old = next((m["values"] for m in recorded["machines"] if m["kind"] == kind), {})
    entry = {"kind": kind, "commit": report["commit"], "values": {**old, **values_of(report, figures)}}
    recorded["machines"] = [m for m in recorded["machines"] if m["kind"] != kind] + [entry]
    with open(path, "w") as file:
        json.dump(recorded, file, indent=2)
        file.write("\n")
    print(f"recorded {len(entry['values'])} figures of {kind['cpu']}")


def check(path, again, figures, record_path):
    if not os.path.exists(record_path):
        print("nothing is recorded yet: make bench-record")
        return 1
    recorded, reports = load(record_path), [load(path)]
    complaints, notes = compare(recorded, reports[0], figures)
    while complaints and again and len(reports) < 3:
        print(f"measuring again, because of {', '.join(complaints)}", flush=True)
        with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(path))) as folder:
            target = os.path.join(folder, "again.json")
            subprocess.run([part.replace("{}", target) for part in shlex.split(again)], check=True, stdout=subprocess.DEVNULL)
            reports.append(load(target))
        complaints, notes = compare(recorded, best_of(figures, reports), figures)
    for line in notes:
        print(line)
    for line in complaints.values():
        print(f"WORSE: {line}")
    print("bench-check:", f"{len(complaints)} figures worse by more than {ALLOWED:.0%}" if complaints else "no figure is worse")
    return 1 if complaints else 0


def self_test():
    figures = [{"key": "a_ms", "group": "g"}, {"key": "rate", "group": "g", "more": True}, {"key": "noisy", "group": "g", "guard": False},
               {"key": "bytes", "group": "g", "portable": True}, {"key": "ref_ms", "group": "references"}]

    def made(**changes):
        report = {"machine": "cpu, system 1", "cpu_flags": "x", "threads": 2, "bytes": 100, "a_ms": 1, "rate": 1, "noisy": 1, "ref_ms": 1,
                  "ratios": {"a_ms": 2.0, "rate": 5.0, "noisy": 1.0, "ref_ms": 1.0}}
        for key, value in changes.items():
            (report["ratios"] if key in report["ratios"] else report)[key] = value
        return report

    recorded = {"machines": [{"kind": kind_of(made()), "values": values_of(made(), figures)}]}

    def bitten(**changes):
        return sorted(compare(recorded, made(**changes), figures)[0])

    missing = made()
    del missing["a_ms"]
    cases = {
        "unchanged": bitten() == [],
        "14 % slower passes": bitten(a_ms=2.28) == [],
        "16 % slower fails": bitten(a_ms=2.32) == ["a_ms"],
        "faster passes": bitten(a_ms=0.5, rate=50.0) == [],
        "a rate that falls fails": bitten(rate=4.0) == ["rate"],
        "unguarded": bitten(noisy=9.0) == [],
        "size grows": bitten(bytes=116) == ["bytes"],
        "a figure gone fails": sorted(compare(recorded, missing, figures)[0]) == ["a_ms"],
        "another kernel is the same kind": bitten(machine="cpu, system 2", a_ms=3.0) == ["a_ms"],
        "another machine compares sizes only": bitten(machine="other, s", a_ms=9.0) == [] and
                                               bitten(machine="other, s", bytes=200) == ["bytes"],
        "another machine says so": "no record" in compare(recorded, made(machine="other, s"), figures)[1][0],
        "one good run clears": compare(recorded, best_of(figures, [made(a_ms=9.0), made(a_ms=2.1)]), figures)[0] == {},
        "bad every time fails": list(compare(recorded, best_of(figures, [made(a_ms=9.0), made(a_ms=8.0)]), figures)[0]) == ["a_ms"],
        "a rate's best is its highest": compare(recorded, best_of(figures, [made(rate=1.0), made(rate=5.0)]), figures)[0] == {},
    }
    # The real table and, if there is one, the real record: made worse, they fail.
    real = load(FIGURES)["figures"]
    keys = [f["key"] for f in real]
    cases["figures.json has each key once"] = len(keys) == len(set(keys))
    cases["every reference is a figure"] = all(f.get("reference", keys[0]) in keys for f in real)
    if os.path.exists(RECORD):
        for machine in load(RECORD)["machines"]:
            doctored = {"machine": machine["kind"]["cpu"], "cpu_flags": machine["kind"]["flags"], "threads": machine["kind"]["threads"], "ratios": {}}
            for figure in real:
                key = figure["key"]
                if key in machine["values"]:
                    bad = machine["values"][key] * (0.8 if figure.get("more") else 1.2)
                    doctored[key] = bad
                    if not figure.get("portable"):
                        doctored["ratios"][key] = bad
            found = compare({"machines": [machine]}, doctored, real)[0]
            cases[f"record of {machine['kind']['cpu']} bites"] = set(found) == set(machine["values"])
    for name, passed in cases.items():
        print(f"{'ok  ' if passed else 'FAIL'} {name}")
    return 0 if all(cases.values()) else 1


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if not arguments or arguments[0].startswith("--"):
        print(__doc__)
        return 2

    def option(name, default=None):
        return arguments[arguments.index(name) + 1] if name in arguments else default

    figures, record_path = load(option("--figures", FIGURES))["figures"], option("--recorded", RECORD)
    if "--record" in arguments:
        record(load(arguments[0]), figures, record_path)
        return 0
    return check(arguments[0], option("--again"), figures, record_path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
