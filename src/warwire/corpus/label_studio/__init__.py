"""Label Studio exports → Documents and a ledger; every Label Studio word stays in this room."""

from warwire.corpus.label_studio.importing import (
    OVERLAPS,
    Export,
    OpenExport,
    load_export,
    open_export,
)
from warwire.corpus.label_studio.labeling_config import (
    LabelingConfig,
    load_labeling_config,
    parse_labeling_config,
)
from warwire.corpus.label_studio.policies import POLICIES

__all__ = [
    "OVERLAPS",
    "POLICIES",
    "Export",
    "LabelingConfig",
    "OpenExport",
    "load_export",
    "load_labeling_config",
    "open_export",
    "parse_labeling_config",
]
