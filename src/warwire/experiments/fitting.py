"""Models for experiments: trained on all they are given, nothing held out to choose an epoch."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from warwire.config import Config
from warwire.documents import Document

if TYPE_CHECKING:
    from warwire.model.prediction import Predictor

Watch = Callable[[int, int, str], None]


def fit(
    config: Config,
    labels: tuple[str, ...],
    documents: Sequence[Document],
    *,
    work: Path,
    watch: Watch = lambda done, total, line: None,
) -> "Predictor":
    """The model of these articles after the last epoch; `work` holds checkpoints meanwhile.

    Without validation articles no label is spent on the choice of an epoch.
    """
    from warwire.model.prediction import Predictor
    from warwire.model.training import train

    later = itertools.count(1)  # the trainer keeps the best epoch, so let each be better
    trained = train(
        config,
        labels,
        documents,
        (),
        measure=lambda gold, found: float(next(later)),
        work=work,
        watch=lambda done, total, line: watch(done, total, ""),
    )
    return Predictor(trained.checkpoint)
