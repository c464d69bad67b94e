#!/usr/bin/env python3
"""Searches the model of settlement exhaustively: the protocol's own rules must hold in every state, every mutant must break one.

run.py [--dir FOLDER] [--long] [--only NAME]   prints a table; exit 1 unless everything comes out as expected
run.py --trace NAME                            the shortest way found into the error of a mutant, or to a witness
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PROPERTIES = {1: "lost", 2: "lost at the close", 3: "conflict", 4: "two reported", 5: "stale lock", 6: "convicted", 7: "stuck"}

# name -> flags. Exhaustive within these bounds; README.md has the state counts.
SHORT = {
    "recovery": "GA=1",
    "recovery, one restored": "GA=1 RESTORE NO_NEW",
    "recovery, crashes": "GA=1 SPLIT NO_NEW",
    "two recoveries of a note": "GA=2 NO_NEW",
    "close, next epoch": "GA=0 CLOSE NEXT",
    "bundle": "GA=0 BUNDLE",
}
LONG = {
    "recovery, payment, one restored": "GA=1 RESTORE",
    "recovery, payment, crashes": "GA=1 SPLIT",
    "recovery, close, next epoch": "GA=1 CLOSE NEXT",
    "close, next epoch, one restored": "GA=0 CLOSE NEXT RESTORE",
    "close, next epoch, crashes": "GA=0 CLOSE NEXT SPLIT",
    "recovery, bundle": "GA=1 BUNDLE",
    "two recoveries, payment": "GA=2",
    "recoveries of both notes": "GA=1 GB=1",
    "recovery, votes while frozen": "GA=1 VOTE_WHILE_FROZEN",
    "close, votes while frozen": "GA=0 CLOSE NEXT VOTE_WHILE_FROZEN",
}
# Rules broken on purpose: name -> flags, properties one of which must break.
MUTANTS = {
    "ONE_ROUND": ("GA=1", {"lost"}),
    "EXECUTE_UNCERTIFIED": ("GA=1", {"lost"}),
    "REPORT_QUORUM_LESS_ONE": ("GA=1", {"lost"}),
    "REPORT_BEFORE_FREEZE": ("GA=1", {"lost"}),
    "REPORT_OWN_LOCKS_ONLY": ("GA=1", {"lost"}),
    "REPLAYED_REPORTS": ("GA=2", {"lost"}),
    "CLOSE_WITHOUT_REPORTS": ("GA=0 CLOSE", {"lost at the close"}),
    "CLOSE_QUORUM_LESS_ONE": ("GA=0 CLOSE", {"lost at the close"}),
    "OLD_EPOCH_CERTIFICATES": ("GA=0 CLOSE NEXT", {"lost", "conflict"}),
    "AMNESIAC_REPORTS": ("GA=1 RESTORE", {"lost"}),
    "AMNESIAC_VOTES": ("GA=0 RESTORE MONEY_ONLY", {"lost", "conflict"}),
    "OLD_AND_NEW_VOTES": ("GA=1", {"lost", "conflict", "two reported"}),
    "SIGN_THEN_PERSIST": ("GA=0 SPLIT MONEY_ONLY", {"lost", "conflict"}),
    "ACK_THEN_PERSIST": ("GA=0 CLOSE SPLIT", {"lost", "lost at the close"}),
    "REPORT_BEFORE_WRITES_END": ("GA=0 CLOSE SPLIT", {"lost", "lost at the close"}),
    "ACK_WHILE_FROZEN": ("GA=1", {"lost"}),
    "ACK_OUTDATED": ("GA=1", {"lost"}),
    "EXECUTE_OUTDATED": ("GA=1", {"lost", "conflict"}),
    "RISE_BOTH": ("GA=1", {"lost"}),
    "RISE_ONLY_IF_NONE_REPORTED": ("GA=1 GB=1", {"stuck"}),
    "KEEP_LOCKS": ("GA=1", {"stuck", "stale lock"}),
    "RELEASE_BY_ONE_NOTE": ("GA=1", {"stuck", "stale lock"}),
    "EVIDENCE_OF_COMMON_NOTE": ("GA=1", {"convicted"}),
    "BUNDLE_WITHOUT_REPORTS": ("GA=0 BUNDLE", {"lost", "conflict"}),
    "BUNDLE_THAWS": ("GA=1 BUNDLE", {"lost"}),
}
# Things that must be reachable: a search that never gets there proves little.
WITNESSES = {
    "PAID_AFTER_RECOVERY": "GA=1",
    "REPORTED_EXECUTES": "GA=1",
    "CERTIFICATE_DIES": "GA=1",
    "ACKNOWLEDGED_AGAINST_OWN_LOCK": "GA=0",
    "PAID_IN_NEXT_EPOCH": "GA=0 CLOSE NEXT",
    "CLOSE_EXECUTES": "GA=0 CLOSE",
    "BUNDLE_EXECUTES": "GA=0 BUNDLE",
    "BUNDLE_LOSES": "GA=0 BUNDLE",
}


def defines(flags):
    return [f"-D{flag}" for flag in flags.split()]


def search(folder, flags, seconds, megabytes, optimise):
    """What pan says: {"states", "complete", "error", "seconds"}; error = None or the broken property."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(HERE / "settlement.pml", folder)              # spin puts its trail beside it
    run = lambda *command: subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    run("spin", "-a", *defines(flags), "settlement.pml")
    run("gcc", "-w", optimise, "-DSAFETY", "-DNOCLAIM", "-DNOFAIR", f"-DMEMLIM={megabytes}", "-o", "pan", "pan.c")
    start = time.monotonic()
    try:
        text = subprocess.run(["./pan", "-m20000", "-w22"], cwd=folder, capture_output=True, text=True, timeout=seconds).stdout
    except subprocess.TimeoutExpired:
        return {"states": 0, "complete": False, "error": None, "seconds": seconds}
    states = re.search(r"(\d+) states, stored", text)
    error = None
    if violated := re.search(r"assertion violated (.*) \(at depth", text):
        number = re.search(r"\|\|\(?\((\d)==0\)\)?", violated.group(1))
        error = PROPERTIES[int(number.group(1))] if number else "assertion"
    elif "errors: 0" not in text:
        error = "?"
    complete = "errors: 0" in text and not re.search(r"not completed|too small|out of memory|reached -DMEMLIM", text)
    return {"states": int(states.group(1)) if states else 0, "complete": complete, "error": error,
            "seconds": time.monotonic() - start}


TRANSACTIONS = ["{a@0}", "{a@1}", "{a@2}", "{b@0}", "{b@1}", "{a@0,b@0}", "{a@1,b@0}", "{a@2,b@0}", "{a@0,b@1}", "{a@1,b@1}",
                "{a@2,b@1}"]


def readable(trail):
    """The steps up to the error. Honest validators are renumbered after every step: 0 is the one furthest behind."""
    steps = [line for line in trail.split("spin: ")[0].splitlines() if line.strip()]
    name = lambda m: m.group(1) + TRANSACTIONS[int(m.group(2))]
    return "\n".join("    " + re.sub(r"\b((?:votes for|locks|acknowledges|certificate of) )(\d+)", name,
                                     re.sub(r"^(\s*)(\d+)( executes)$", lambda m: TRANSACTIONS[int(m.group(2))] + " is ordered and executes",
                                            step)).strip() for step in steps)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=pathlib.Path, default=pathlib.Path("build/model"), help="where to build the searches")
    parser.add_argument("--long", action="store_true", help="larger bounds too (minutes, up to 8 GB)")
    parser.add_argument("--only", help="the run, mutant or witness of that name alone")
    parser.add_argument("--trace", metavar="NAME", help="show how a mutant breaks, or a witness is reached")
    arguments = parser.parse_args()
    only = arguments.trace or arguments.only

    jobs = [(name, flags, None) for name, flags in {**SHORT, **(LONG if arguments.long or only else {})}.items()]
    jobs += [(name, f"{flags} MUTANT_{name}", broken) for name, (flags, broken) in MUTANTS.items()]
    jobs += [(name, f"{flags} WITNESS_{name}", {"assertion"}) for name, flags in WITNESSES.items()]
    jobs = [job for job in jobs if only in (None, job[0])]
    if not jobs:
        parser.error(f"nothing is called {only}")

    seconds, megabytes = (3600, 8000) if arguments.long or only else (120, 1500)
    bad = 0
    start = time.monotonic()
    print(f"{'search':32} {'states':>10} {'s':>6}  outcome")
    for name, flags, wanted in jobs:
        folder = arguments.dir / re.sub(r"\W+", "_", name)
        found = search(folder, flags, seconds, megabytes, "-O1" if wanted is None else "-O0")
        good = found["error"] in wanted if wanted else found["complete"] and found["error"] is None
        if wanted is None:
            outcome = "holds, every state" if good else f"BREAKS: {found['error']}" if found["error"] else "NOT SEARCHED TO THE END"
        elif wanted == {"assertion"}:
            outcome = "reached" if good else "NOT REACHED"
        else:
            outcome = f"breaks: {found['error']}" if good else f"wanted {sorted(wanted)}, got {found['error'] or 'no error'}"
        bad += not good
        print(f"{name:32} {found['states']:>10,} {found['seconds']:>6.1f}  {outcome}", flush=True)
        if arguments.trace:
            subprocess.run(["./pan", "-w22", "-i", "-m120"], cwd=folder, capture_output=True, timeout=seconds)  # a shorter way
            shown = subprocess.run(["spin", "-t", "-T", *defines(flags), "settlement.pml"], cwd=folder, capture_output=True, text=True)
            print(readable(shown.stdout))
    print(f"{len(jobs) - bad} of {len(jobs)} as expected, {time.monotonic() - start:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
