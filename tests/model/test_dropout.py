"""Dropout from numbers drawn once: its rate and scale, others at each call, none at rest."""

import pytest
import torch

from warwire.model.attention import lean_attention
from warwire.model.dropout import Dropout, drop, lighten_dropout


@pytest.mark.parametrize("rate", [0.1, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_share_is_put_to_zero_and_the_sum_expected_stays(rate, dtype):
    thinned = drop(torch.ones(200_000, dtype=dtype), rate)
    assert thinned.dtype is dtype
    assert (thinned == 0).float().mean().item() == pytest.approx(rate, abs=0.005)
    assert thinned.float().mean().item() == pytest.approx(1, abs=0.01)


def test_each_call_drops_others_and_a_seed_repeats_them():
    values = torch.ones(64, 64)
    torch.manual_seed(5)
    first, second = drop(values, 0.5), drop(values, 0.5)
    torch.manual_seed(5)
    assert not torch.equal(first, second)
    assert torch.equal(first, drop(values, 0.5))


def test_what_is_dropped_gets_no_gradient():
    values = torch.ones(1000, requires_grad=True)
    thinned = drop(values, 0.3)
    thinned.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad, thinned.detach())


def test_more_values_than_are_drawn_at_once(monkeypatch):
    monkeypatch.setattr("warwire.model.dropout.DRAWN", 16)
    assert (drop(torch.ones(5000), 0.5) == 0).float().mean().item() == pytest.approx(0.5, abs=0.05)


def test_a_model_is_lightened_in_place_and_reads_as_before():
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Sequential(torch.nn.Dropout(0.4)))
    values = torch.randn(3, 8)
    before = model.eval()(values)
    lighten_dropout(model)
    assert [type(module) for module in model[1]] == [Dropout]
    assert torch.equal(model(values), before)
    assert not torch.equal(model.train()(values), before)


def test_attention_drops_in_training_only():
    module = torch.nn.Module()
    query = torch.randn(1, 2, 16, 8)
    plain, _ = lean_attention(module, query, query, query, None)
    thinned, _ = lean_attention(module, query, query, query, None, dropout=0.5)
    at_rest, _ = lean_attention(module.eval(), query, query, query, None, dropout=0.5)
    assert not torch.allclose(plain, thinned)
    assert torch.equal(plain, at_rest)
