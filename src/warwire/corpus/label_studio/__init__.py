"""Label Studio exports → Documents and a ledger; every Label Studio word stays in this room."""

from warwire.corpus.label_studio.importing import Export, load_export
from warwire.corpus.label_studio.labeling_config import LabelingConfig, load_labeling_config
from warwire.corpus.label_studio.policies import POLICIES

__all__ = ["POLICIES", "Export", "LabelingConfig", "load_export", "load_labeling_config"]
