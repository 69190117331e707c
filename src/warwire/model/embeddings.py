"""Training only the rows of the embedding table that the articles use."""

from collections.abc import Iterable
from typing import Any

import torch


class UsedRows(torch.nn.Module):  # type: ignore[misc]
    """An embedding table of which only the rows in use are trained.

    A row that no window holds gets no gradient anyway, but it costs its share of clearing, clipping
    and AdamW at each step: in a small encoder that is most of them. The state dict is that of the
    plain table, so that checkpoints are ordinary ones.
    """

    def __init__(self, table: torch.nn.Embedding, used: Iterable[int]):
        super().__init__()
        self.weight = table.weight.requires_grad_(False)
        ids = torch.tensor(sorted(set(used)), device=table.weight.device)
        self.rows = torch.nn.Parameter(self.weight[ids].clone())
        places = torch.zeros(table.num_embeddings, dtype=torch.long, device=ids.device)
        places[ids] = torch.arange(len(ids), device=ids.device)
        self.register_buffer("ids", ids, persistent=False)
        self.register_buffer("places", places, persistent=False)
        pad = table.padding_idx
        self._pad = None if pad is None or pad not in ids else int(places[pad])
        self.register_state_dict_post_hook(_show_as_table)
        self.register_load_state_dict_pre_hook(_take_from_table)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """The rows of the token ids; in training these must be ids in use."""
        if self.training:
            return torch.nn.functional.embedding(self.places[ids], self.rows, self._pad)
        return torch.nn.functional.embedding(ids, self.fold())

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def fold(self) -> torch.nn.Parameter:
        """The whole table with the trained rows in their places."""
        self.weight[self.ids] = self.rows
        return self.weight


def train_used_rows(model: Any, used: Iterable[int]) -> None:
    """Put `UsedRows` in the place of a model's embedding table, unless the table is frozen."""
    table = model.get_input_embeddings()
    if isinstance(table, torch.nn.Embedding) and table.weight.requires_grad:
        model.set_input_embeddings(UsedRows(table, used))


def restore_table(model: Any) -> None:
    """Put a plain embedding table with the trained rows back in its place."""
    rows = model.get_input_embeddings()
    if isinstance(rows, UsedRows):
        table = torch.nn.Embedding.from_pretrained(rows.fold(), freeze=False)
        model.set_input_embeddings(table)


def _show_as_table(module: Any, state: Any, prefix: str, _: Any) -> None:
    state[f"{prefix}weight"][module.ids] = state.pop(f"{prefix}rows")


def _take_from_table(module: Any, state: Any, prefix: str, *_: Any) -> None:
    state[f"{prefix}rows"] = state[f"{prefix}weight"][
        module.ids.to(state[f"{prefix}weight"].device)
    ]
