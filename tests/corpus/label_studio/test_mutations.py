"""Two thousand mutated exports: each has the ledger entry or the one line that it calls for."""

import random
import re
from pathlib import Path

import pytest

import tests.corpus.label_studio.file_mutations
import tests.corpus.label_studio.region_mutations
import tests.corpus.label_studio.task_mutations  # noqa: F401
from tests.corpus.label_studio.mutated import (
    MUTATIONS,
    Effect,
    expected,
    sound_export,
    to_bytes,
)
from warwire.corpus.label_studio import load_export
from warwire.errors import InputError

EACH = -(-2000 // len(MUTATIONS))


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_mutation_has_its_known_effect(name: str, tmp_path: Path) -> None:
    for seed in range(EACH):
        drawn = random.Random(f"{name} {seed}")
        tasks = sound_export(drawn)
        before = sound_export(random.Random(f"{name} {seed}"))
        effect = MUTATIONS[name](tasks, drawn)
        file = tmp_path / f"{seed}.json"
        file.write_bytes((effect.write or to_bytes)(tasks))
        where = f"{name}, seed {seed}"
        if effect.refused:
            _assert_refused(file, effect, where)
        else:
            _assert_ledger(file, expected(before, effect), effect, where)


def _assert_refused(file: Path, effect: Effect, where: str) -> None:
    with pytest.raises(InputError) as caught:
        load_export(file)
    line = str(caught.value)
    assert re.search(effect.refused, line), f"{where}: {line}"
    assert "\n" not in line, where


def _assert_ledger(file: Path, wanted: dict[str, object], effect: Effect, where: str) -> None:
    export = load_export(file)
    ledger = export.ledger
    assert ledger.balanced, where
    found = {
        "kept": ledger.kept,
        "repaired": dict(ledger.repaired),
        "rejected": dict(ledger.rejected),
        "set_aside": dict(ledger.set_aside),
        "tasks": {outcome: count for outcome, count in ledger.tasks.items() if count},
    }
    assert found == wanted, f"{where}: {ledger.rejects}"
    kinds = [each.kind for each in ledger.rejects]
    assert kinds == [*effect.rejected, *([effect.task_reject] if effect.task_reject else [])], where
    assert all(each.task and each.reason for each in ledger.rejects), where
    taken = sum(len(document.spans) for document in export.documents)
    assert taken == ledger.kept + ledger.repaired.total(), where
