#!/usr/bin/env python3
"""Runs `sotto demo --json` and checks what it prints: exactly one JSON document, of the promised shape, everything in order."""
import json
import subprocess
import sys

ran = subprocess.run([sys.argv[1], "demo", "--json"], stdout=subprocess.PIPE, text=True)
if ran.returncode != 0:
    sys.exit(f"the demo ended with {ran.returncode}")
text = ran.stdout
wrong = []


def need(condition, message):
    if not condition:
        wrong.append(message)


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


document = json.loads(text)  # refuses anything before or after the one document
need(set(document) == {"steps", "attempts", "settled_ms", "observer_ok", "supply"}, f"keys are {sorted(document)}")
steps, attempts = document.get("steps", []), document.get("attempts", [])
need(len(steps) >= 5, f"only {len(steps)} steps")
for step in steps:
    need(set(step) == {"name", "ms", "ok"}, f"step with keys {sorted(step)}")
    need(isinstance(step.get("name"), str) and step["name"], "step without a name")
    need(number(step.get("ms")) and step["ms"] >= 0, f"step {step.get('name')}: ms is {step.get('ms')!r}")
    need(step.get("ok") is True, f"step {step.get('name')}: not ok")
need(len(attempts) >= 4, f"only {len(attempts)} attempts that must fail")
for attempt in attempts:
    need(set(attempt) == {"name", "reject"}, f"attempt with keys {sorted(attempt)}")
    need(isinstance(attempt.get("reject"), str) and attempt["reject"] not in ("", "none", "ok"),
         f"attempt {attempt.get('name')}: not rejected")
need(len({a.get("reject") for a in attempts}) >= 3, "the attempts fail for too few different reasons")
need(number(document.get("settled_ms")) and 0 < document["settled_ms"] < 60_000,
     f"settled_ms is {document.get('settled_ms')!r}")
need(document.get("observer_ok") is True, "the observer did not agree")
need(bool(document.get("supply")), "no supply per asset")
for line in wrong:
    print(f"{sys.argv[1]}: {line}", file=sys.stderr)
print(f"{sys.argv[1]}: {'wrong' if wrong else f'{len(steps)} steps ok, {len(attempts)} attempts refused'}")
sys.exit(1 if wrong else 0)
