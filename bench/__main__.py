"""`python -m bench [NAME ...]`: measure, print one table. Without names: everything there is."""

import os
import pkgutil
import platform
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from types import ModuleType

import bench
from bench.frame import Figure, Run
from shared.process import collect_seldom
from shared.zones import use_pinned_zones

HEAD = ("figure", "aim", "measured", "beside", "ratio", "")


def benchmarks() -> dict[str, ModuleType]:
    """The modules of this package that measure something, by name."""
    names = [one.name for one in pkgutil.iter_modules(bench.__path__) if one.name != "__main__"]
    modules = {name: import_module(f"bench.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "measure")}


def machine(run: Run) -> str:
    """What it was measured on, and how."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} cores ({platform.machine()}), {python}, best of {run.rounds} rounds"


def table(figures: Iterable[Figure]) -> str:
    """The figures below one another, each beside its aim and its baseline."""
    rows = [HEAD, *map(_row, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(one: Figure) -> tuple[str, ...]:
    return (
        one.name,
        f"{one.aimed} {_number(one.aim)} {one.unit}",
        f"{_number(one.measured)} {one.unit}",
        f"{one.beside}: {_number(one.baseline)} {one.unit}",
        f"{one.ratio:.2f}",
        "met" if one.met else "not met",
    )


def _number(value: float) -> str:
    """Three digits are all that a shared machine can tell."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main(names: Sequence[str]) -> int:
    """Measure what was named. 2: there is no such benchmark."""
    found = benchmarks()
    if unknown := set(names) - set(found):
        print(f"No benchmark: {', '.join(sorted(unknown))}. There are: {', '.join(found)}.")
        return 2
    use_pinned_zones()
    collect_seldom()
    run = Run()
    figures: list[Figure] = []
    for name in names or found:
        print(f"measuring {name} ...", file=sys.stderr)
        figures += found[name].measure(run)
    print(f"{machine(run)}\n\n{table(figures)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
