"""Warwire marks who acts, what is done with force and how much aid is given in conflict news.

The whole Python API: `load_export` reads a Label Studio export, `Predictor` marks up text,
`score` compares predictions with references. Heavy libraries load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warwire.corpus.label_studio import load_export
    from warwire.documents import Document
    from warwire.evaluation.scoring import Scores, score
    from warwire.model.prediction import Predictor
    from warwire.spans import Span

__version__ = "0.1.0"
__all__ = ["Document", "Predictor", "Scores", "Span", "__version__", "load_export", "score"]

_HOMES = {
    "Document": "warwire.documents",
    "Predictor": "warwire.model.prediction",
    "Scores": "warwire.evaluation.scoring",
    "Span": "warwire.spans",
    "load_export": "warwire.corpus.label_studio",
    "score": "warwire.evaluation.scoring",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'warwire' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
