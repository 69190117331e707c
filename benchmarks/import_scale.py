"""How import scales: seconds and peak memory at 1,000, 10,000 and 100,000 tasks.

Run as `python benchmarks/import_scale.py [--sizes 1000,10000,100000] [--folder DIR]`. Each size is
measured in a process of its own; the near-duplicate search is timed apart. Needs about 2 GB of
disk at 100,000 tasks.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SYLLABLES = ("ka", "ro", "mi", "ten", "sal", "vor", "di", "eck", "lu", "ban", "shi", "ost", "per")
ACTORS = ("Russian forces", "Ukraine", "NATO", "the Kremlin", "Houthi fighters", "Kyiv", "Poland")
ACTIONS = ("shelled", "struck", "captured", "advanced", "missile strike", "withdrew", "deployed")
AMOUNTS = ("$5 million", "€1.1 billion", "31 Abrams tanks", "5,000 helmets", "£500m")
MARKED = tuple((words, "ACTOR") for words in ACTORS) + tuple(
    (words, "MILITARY_ACTION") for words in ACTIONS
)
LIMIT_SECONDS, LIMIT_GIGABYTES, LIMIT_SEARCH = 120, 1.5, 600


def write_export(file: Path, tasks: int) -> None:
    """An export of tasks of about 6 KB, each with 18 spans in an article of its own words."""
    drawn = random.Random(13)
    words = ["".join(drawn.choices(SYLLABLES, k=drawn.randint(1, 4))) for _ in range(30_000)]
    with file.open("w", encoding="utf-8") as out:
        for number in range(1, tasks + 1):
            out.write("[" if number == 1 else ",")
            out.write(json.dumps(make_task(number, drawn, words), ensure_ascii=False))
        out.write("]")


def make_task(number: int, drawn: random.Random, words: list[str]) -> dict[str, object]:
    """One task; every tenth article holds a character beyond the first 65,536."""
    text = "🇺🇦 " if number % 10 == 0 else ""
    result = []
    for sentence in range(18):
        surface, label = (
            drawn.choice(MARKED) if sentence % 5 else (drawn.choice(AMOUNTS), "AID_AMOUNT")
        )
        text += " ".join(drawn.choices(words, k=10)) + " "
        start, end = len(text), len(text) + len(surface)
        text += (
            surface + " " + " ".join(drawn.choices(words, k=8)) + (". " if sentence % 4 else ".\n")
        )
        value = {"start": start, "end": end, "text": surface, "labels": [label]}
        entry = {"id": f"r{sentence}", "from_name": "label", "to_name": "text", "type": "labels"}
        result.append({**entry, "origin": "manual", "value": value})
    day = f"{2014 + number % 12}-{number % 12 + 1:02}-{number % 28 + 1:02}"
    annotation = {"id": number, "completed_by": 1, "was_cancelled": False, "result": result}
    data = {"id": f"article-{number}", "text": text, "date": day, "source": f"outlet {number % 40}"}
    return {"id": number, "data": data, "meta": {}, "annotations": [annotation], "predictions": []}


def measure(export: Path, out: Path) -> dict[str, float]:
    """Seconds of reading and writing and of the search, and peak memory, of this process."""
    from warwire.corpus import preparing
    from warwire.corpus.furniture import mark_furniture
    from warwire.corpus.label_studio import open_export
    from warwire.evaluation.matching import count_article

    search = _timed(preparing, "cluster"), _timed(preparing.Fingerprints, "add")
    started, busy = time.perf_counter(), time.process_time()
    source = open_export(export)
    preparing.write_dataset(
        out, source, recipe={}, spec="70/10/20", step=mark_furniture, count=count_article
    )
    seconds = time.perf_counter() - started
    cpu = time.process_time() - busy
    searched = sum(clock[0] for clock in search)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "tasks": source.ledger.tasks_read,
        "megabytes": round(export.stat().st_size / 1e6),
        "seconds": round(seconds - searched, 1),
        "cpu_seconds": round(cpu - sum(clock[1] for clock in search), 1),
        "search_seconds": round(searched, 1),
        "peak_gigabytes": round(peak, 2),
        "milliseconds_a_task": round((seconds - searched) / source.ledger.tasks_read * 1000, 3),
    }


def _timed(owner: object, name: str) -> list[float]:
    """Replace a function by itself with a clock, whose seconds come back."""
    clock, function = [0.0, 0.0], getattr(owner, name)

    def timed(*arguments: object) -> object:
        started, busy = time.perf_counter(), time.process_time()
        try:
            return function(*arguments)
        finally:
            clock[0] += time.perf_counter() - started
            clock[1] += time.process_time() - busy

    setattr(owner, name, timed)
    return clock


def main() -> None:
    """Print a table, and leave with 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--folder", type=Path, help="where to work; by default a scratch folder")
    parser.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(measure(*chosen.measure)))
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder) as scratch:
        rows = [_row(int(size), Path(scratch)) for size in chosen.sizes.split(",")]
    sys.exit(0 if all(_within(row) for row in rows) else 1)


def _row(tasks: int, folder: Path) -> dict[str, float]:
    export = folder / f"{tasks}.json"
    write_export(export, tasks)
    command = [sys.executable, __file__, "--measure", str(export), str(folder / f"{tasks}")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    row: dict[str, float] = json.loads(done.stdout)
    print(
        "  ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in row.items()), flush=True
    )
    export.unlink()
    return row


def _within(row: dict[str, float]) -> bool:
    return (
        row["seconds"] <= LIMIT_SECONDS
        and row["search_seconds"] <= LIMIT_SEARCH
        and row["peak_gigabytes"] <= LIMIT_GIGABYTES
    )


if __name__ == "__main__":
    main()
