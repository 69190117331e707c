"""What batching brings `warwire serve` under load.

Run as `python benchmarks/serve_load.py MODEL [--seconds 60] [--clients 32] [--rounds 1]`. Starts
the service twice, as it comes and with `--batch 1`, and lets concurrent clients ask one after the
other for sentences of the starter corpus of up to 64 tokens, by turns at the one and at the other.
Prints requests a second, latency at the median and the 99th percentile, the service's processor
time a request (which other load on the machine hardly changes), errors, and the ratios.
"""

import argparse
import asyncio
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
from tokenizers import Tokenizer

from warwire import load_export

EXPORT = Path(__file__).parent.parent / "data" / "starter" / "export.json"
MOST_TOKENS = 64
MODES = {"batched": (), "one at a time": ("--batch", "1")}
ADDRESS = re.compile(r" on (http://\S+) ")


@dataclass
class Load:
    """What a mode's clients met: seconds of each answered request, errors, seconds in all.

    `work` is the service's processor time in seconds.
    """

    latencies: list[float] = field(default_factory=list)
    errors: int = 0
    seconds: float = 0.0
    work: float = 0.0

    @property
    def rate(self) -> float:
        """Requests answered a second."""
        return len(self.latencies) / self.seconds

    @property
    def work_each(self) -> float:
        """Processor time a request, in milliseconds."""
        return 1000 * self.work / len(self.latencies)


def main() -> None:
    """Print one row a mode, and the ratio of their rates."""
    asked = _arguments()
    texts = short_texts(asked.model)
    loads = {mode: Load() for mode in MODES}
    with ExitStack() as stack:
        services = {
            mode: stack.enter_context(service(asked.model, options))
            for mode, options in MODES.items()
        }
        for number in range(asked.rounds):
            for mode, load in loads.items():
                asyncio.run(_press(*services[mode], texts, load, asked, seed=number))
    _show(loads)


def _show(loads: Mapping[str, Load]) -> None:
    print("mode", "requests/s", "p50 ms", "p99 ms", "CPU ms each", "requests", "errors", sep="\t")
    for mode, load in loads.items():
        cuts = [1000 * cut for cut in statistics.quantiles(load.latencies, n=100)]
        figures = (load.rate, cuts[49], cuts[98], load.work_each)
        shown = (f"{figure:.1f}" for figure in figures)
        print(mode, *shown, len(load.latencies), load.errors, sep="\t")
    batched, single = loads.values()
    print(f"requests a second, batched over one at a time\t{batched.rate / single.rate:.2f}")
    print(f"CPU a request, one at a time over batched\t{single.work_each / batched.work_each:.2f}")


def short_texts(model: Path) -> list[str]:
    """The starter corpus's sentences of up to 64 tokens, special ones included."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    articles = load_export(EXPORT, annotators="ground-truth").documents
    found = [part for each in articles for part in re.split(r"(?<=[.!?])\s+", each.text) if part]
    encoded = tokenizer.encode_batch(found)
    kept = [text for text, each in zip(found, encoded, strict=True) if len(each) <= MOST_TOKENS]
    tokens = [len(each) for each in encoded if len(each) <= MOST_TOKENS]
    print(f"{len(kept)} of {len(found)} sentences, {statistics.mean(tokens):.0f} tokens on average")
    return kept


@contextmanager
def service(model: Path, options: Sequence[str]) -> Iterator[tuple[str, psutil.Process]]:
    """A service in a process of its own, and its address."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "warwire.cli", "serve", str(model.resolve()), *options]
        process = subprocess.Popen(
            [*command, "--port", "0"], cwd=folder, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr
        try:
            yield _address(process.stderr), psutil.Process(process.pid)
        finally:
            process.terminate()
            process.communicate()


def _address(said: Iterator[str]) -> str:
    lines = []
    for line in said:
        if found := ADDRESS.search(line):
            return found[1]
        lines.append(line)
    raise SystemExit("".join(lines))


async def _press(
    url: str,
    process: psutil.Process,
    texts: Sequence[str],
    load: Load,
    asked: argparse.Namespace,
    *,
    seed: int,
) -> None:
    limits = httpx2.Limits(max_connections=asked.clients)
    async with httpx2.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        await client.get("/health")
        work, start = _work(process), time.perf_counter()
        end = start + asked.seconds
        clients = range(asked.clients)
        await asyncio.gather(
            *(
                _ask(client, texts, load, end, random.Random(f"{seed}-{number}"))
                for number in clients
            )
        )
        load.seconds += time.perf_counter() - start
        load.work += _work(process) - work


def _work(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _ask(
    client: httpx2.AsyncClient, texts: Sequence[str], load: Load, end: float, draw: random.Random
) -> None:
    while (start := time.perf_counter()) < end:
        try:
            answer = await client.post("/v1/predict", json={"texts": [draw.choice(texts)]})
            answer.raise_for_status()
        except httpx2.HTTPError:
            load.errors += 1
        else:
            load.latencies.append(time.perf_counter() - start)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Load on warwire serve.")
    parser.add_argument("model", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
