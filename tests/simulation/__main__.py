"""`python -m tests.simulation [--from SEED] [--seconds N]`: schedules without end, until one breaks a promise."""

from __future__ import annotations

import argparse
import itertools
import sys
import time

import structlog

from orchestrator.project import SHIPPED, Project
from tests.simulation.schedule import Schedule, prepared


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=0, metavar="SEED")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(60))
    shared, until = prepared(Project(SHIPPED).read()), time.monotonic() + options.seconds
    played = 0
    for seed in itertools.count(options.first):
        wrong = Schedule(seed, shared).play()
        if wrong:
            sys.stdout.write("\n".join([f"seed {seed} breaks a promise:", *wrong, ""]))
            return 1
        played += 1
        if time.monotonic() > until:
            break
    sys.stdout.write(f"{played} schedules from seed {options.first} in {options.seconds:g} s, none breaks a promise\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
