"""``python -m tests.fuzz [TARGET …] [--seconds N] [--runs N] [--findings DIR]``: mutates the seeds under atheris.

All targets run in one process, the first byte of an input chooses among them: importing the vendors costs more than a
thousand inputs. An input that breaks a promise ends the run with status 77 and lies in DIR, without its first byte it
belongs into ``corpus/<target>/``.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from pathlib import Path

import atheris
import structlog

with atheris.instrument_imports(include=["provisioner"]):
    from tests.fuzz.targets import TARGETS, seeds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", help=f"some of {', '.join(TARGETS)}")
    parser.add_argument("--runs", type=int, default=-1)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    given = parser.parse_args()
    wanted = [TARGETS[name] for name in given.targets or TARGETS]
    given.findings.mkdir(exist_ok=True)
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

    def one(data: bytes) -> None:
        if data:
            wanted[data[0] % len(wanted)](data[1:])

    with tempfile.TemporaryDirectory() as corpus:
        for number, target in enumerate(wanted):
            for nth, seed in enumerate(seeds(target.__name__)):
                (Path(corpus) / f"{target.__name__}-{nth}").write_bytes(bytes([number]) + seed)
        options = [
            f"-runs={given.runs}", f"-max_total_time={given.seconds}", "-seed=1", "-max_len=20000",
            "-rss_limit_mb=2048", "-timeout=10", "-print_final_stats=1", f"-artifact_prefix={given.findings}/",
        ]  # fmt: skip
        atheris.Setup([sys.argv[0], *options, corpus], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
