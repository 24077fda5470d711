"""Prints recall and false alerts: ``-m benchmarks.misuse [SEED...]``."""

import sys
from collections import Counter

from benchmarks.misuse.measuring import measure
from benchmarks.misuse.scripts import SCRIPTS, said

SEEDS = (1, 2, 3, 4, 5)


def main() -> None:
    """Measure with each seed, and print what was found."""
    seeds = [int(word) for word in sys.argv[1:]] or SEEDS
    figures = []
    for seed in seeds:
        one = measure(seed)
        figures.append(one)
        _say(
            f"seed {seed}: {one.accesses:,} accesses, {len(one.false)} false alerts"
            f" ({one.per_thousand:.2f} for a thousand), recall {one.recall:.2f}"
            f" ({dict(one.topics)})"
        )
    _say("")
    for script in SCRIPTS:
        name = script.__name__
        topics = Counter(one.found[name] or "-" for one in figures)
        looks = [one.after[name] for one in figures if one.found[name]]
        found = f"{len(looks)}/{len(figures)}"
        after = f"after {min(looks)}-{max(looks)} looks" if looks else ""
        _say(f"{found:>5}  {said(script)}\n         {', '.join(topics)} {after}".rstrip())
    total = sum(one.accesses for one in figures)
    false = sum(len(one.false) for one in figures)
    recall = sum(one.recall for one in figures) / len(figures)
    _say(f"\nrecall {recall:.3f}, {1000 * false / total:.2f} false alerts for a thousand accesses")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
