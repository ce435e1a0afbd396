#!/usr/bin/env python3
"""Runs the conformance suites and fails where fewer cases hold than before.

  conformance.py [--raise] RUN.PY MESHLINT FLOORS.JSON

FLOORS.JSON is {suite: {only: floor}}: of the cases of the suite whose group or id contains `only` (all when empty), at
least `floor` hold. With --raise, a better result becomes the floor; a floor never falls.
"""
import argparse, json, re, subprocess, sys

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("--raise", action="store_true", dest="higher")
ap.add_argument("runner")
ap.add_argument("binary")
ap.add_argument("floors")
a = ap.parse_args()

with open(a.floors, encoding="utf-8") as f:
    floors = json.load(f)
below = raised = False
for suite, parts in floors.items():
    for only, floor in parts.items():
        run = [sys.executable, a.runner, suite, "--bin", a.binary, "--only", only]
        p = subprocess.run(run, stdout=subprocess.PIPE, text=True)
        last = (p.stdout.strip().splitlines() or [""])[-1]
        held = re.fullmatch(r"(\d+) passed, (\d+) failed", last)
        name = suite + (" --only " + only if only else "")
        if not held:
            print("%-40s did not run: exit %d" % (name, p.returncode))
            below = True
            continue
        passed, failed = map(int, held.groups())
        verdict = "below its floor" if passed < floor else "above its floor" if passed > floor else ""
        print(("%-40s %4d/%d, floor %d  %s" % (name, passed, passed + failed, floor, verdict)).rstrip())
        below |= passed < floor
        if a.higher and passed > floor:
            parts[only], raised = passed, True
if raised:
    with open(a.floors, "w", encoding="utf-8") as f:
        json.dump(floors, f, indent=2)
        f.write("\n")
sys.exit(1 if below else 0)
