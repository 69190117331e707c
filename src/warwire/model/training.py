"""Fine-tuning with `transformers.Trainer`: best epoch by strict span F1, resumable, repeatable."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import (
    DataCollatorForTokenClassification,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from warwire.config import Config
from warwire.documents import Document
from warwire.errors import InputError
from warwire.model.attention import LEAN
from warwire.model.batches import Batches
from warwire.model.checkpoints import Checkpoint, load_base, save_run
from warwire.model.dropout import lighten_dropout
from warwire.model.embeddings import restore_table, train_used_rows
from warwire.model.features import IGNORED, training_features
from warwire.model.hardware import choose_device, choose_dtype, hold_memory, peak_memory_mb
from warwire.model.masking import HiddenWords
from warwire.model.prediction import Predictor
from warwire.model.processes import processes, share_work, wait_for_all
from warwire.model.unfinished import ELAPSED, last_whole_checkpoint, seconds_until, start_over

Measure = Callable[[Sequence[Document], Sequence[Document]], float]
"""Strict F1 of marked-up articles (second) against their references (first)."""

Watch = Callable[[int, int, str], None]
"""Told of the steps done, the steps in all, and a line to show after an epoch."""

BEST_METRIC = "eval_f1"
FORWARD_ATTENTION, BACKWARD_ATTENTION = "sdpa", LEAN
"""On a processor the fused attention reads faster, the lean one has the faster backward."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training leaves: the best epoch's checkpoint and what it took."""

    checkpoint: Checkpoint
    best_epoch: float
    validation_f1: float
    seconds: float
    history: list[dict[str, Any]]
    facts: dict[str, Any]


class SpanTrainer(Trainer):  # type: ignore[misc]
    """The library's Trainer, evaluating whole articles by span F1 rather than windows by loss."""

    def __init__(
        self,
        *,
        checkpoint: Checkpoint,
        validation: Sequence[Document],
        measure: Measure,
        **kwargs: Any,
    ):
        super().__init__(model=checkpoint.model, compute_loss_func=mean_loss, **kwargs)
        self._checkpoint = checkpoint
        self._validation = validation
        self._measure = measure
        self._started = time.perf_counter()

    def train_from(self, last: str | None) -> tuple[Any, float]:
        """Train on from a checkpoint, if any; the outcome, and the seconds with those until it."""
        self._started = time.perf_counter() - seconds_until(last)
        outcome = self.train(resume_from_checkpoint=last)
        wait_for_all()
        return outcome, time.perf_counter() - self._started

    def evaluate(
        self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any
    ) -> dict[str, float]:
        """Strict span F1 on the validation articles; the log keeps the seconds until then too."""
        predictor = Predictor(self._checkpoint, dtype="fp32", device=str(self.args.device))
        while_training = self._checkpoint.model.config._attn_implementation
        _use_attention(self._checkpoint.model, FORWARD_ATTENTION)
        with torch.autocast(self.args.device.type, torch.bfloat16, enabled=self.args.bf16):
            marked = share_work(self._validation, predictor.mark_up)
        _use_attention(self._checkpoint.model, while_training)
        found = self._measure(self._validation, marked)
        metrics = {f"{metric_key_prefix}_f1": found}
        self.log({**metrics, ELAPSED: round(time.perf_counter() - self._started, 1)})
        handler: Any = self.callback_handler
        self.control: Any = handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def get_train_dataloader(self) -> Any:
        """This process's share of every batch."""
        windows: Any = self.train_dataset
        batches = Batches(
            windows.lengths,
            batch_size=self._checkpoint.config.training.batch_size,
            seed=self.args.seed,
            rank=self.args.process_index,
            world=self.args.world_size,
        )
        return DataLoader(
            windows,
            batch_sampler=batches,
            collate_fn=self.data_collator,
            pin_memory=self.args.dataloader_pin_memory,
        )

    def create_optimizer(self, *args: Any) -> Any:
        """One parameter group for the encoder, one for the classification layer."""
        if getattr(self, "optimizer", None) is None:
            groups = parameter_groups(self._checkpoint.model, self._checkpoint.config)
            kind, options = self.get_optimizer_cls_and_kwargs(self.args, self.model)
            self.optimizer: Any = kind(groups, **options)
        return self.optimizer


def train(
    config: Config,
    labels: tuple[str, ...],
    training: Sequence[Document],
    validation: Sequence[Document],
    *,
    measure: Measure,
    work: Path,
    data_fingerprint: str = "",
    furniture_rules: str = "",
    resume: bool = False,
    watch: Watch = lambda done, total, line: None,
) -> Trained:
    """Fine-tune on windows of the training articles; the best epoch is chosen on validation.

    `work` holds the best and the last checkpoint while training runs; with `resume` training goes
    on from the last one and ends with the weights of a training never interrupted (same machine
    and seed). `furniture_rules`, a user's own as YAML, stay with the run. Raises InputError where
    the config and the unfinished training differ.
    """
    if not training:
        raise InputError("the train split holds no articles")
    _refuse_idle_processes(config)
    hold_memory()
    section = config.training
    set_seed(section.seed)
    checkpoint = replace(load_base(config, labels), furniture_rules=furniture_rules)
    tokenizer = checkpoint.tokenizer
    if choose_device(section.device).type == "cpu":
        _use_attention(checkpoint.model, BACKWARD_ATTENTION)
        lighten_dropout(checkpoint.model)
    reading = (tokenizer, checkpoint.tags, config.windows)
    features = list(training_features(training, *reading, own_rules=furniture_rules))
    windows = HiddenWords(features, tokenizer, share=section.mask_words, seed=section.seed)
    train_used_rows(checkpoint.model, windows.token_ids)
    args = _arguments(config, work, windows=len(windows))
    with args.main_process_first(local=False):
        begin = last_whole_checkpoint if resume else start_over
        last = begin(work, config, data_fingerprint)
    trainer = SpanTrainer(
        checkpoint=checkpoint,
        validation=validation,
        measure=measure,
        args=args,
        train_dataset=windows,
        eval_dataset=features[:1],
        data_collator=DataCollatorForTokenClassification(tokenizer),
        callbacks=[_Watcher(watch)],
    )
    trainer.remove_callback(PrinterCallback)
    return _trained(trainer, checkpoint, *trainer.train_from(last))


def mean_loss(outputs: Any, labels: Any, num_items_in_batch: Any) -> Any:
    """Cross entropy, the mean over the owned tokens of a step's batches in all processes."""
    logits = outputs.logits.flatten(0, -2)
    total = torch.nn.functional.cross_entropy(
        logits, labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    return total / num_items_in_batch


class _Watcher(TrainerCallback):  # type: ignore[misc]
    """Tells the batches their epoch, and whoever shows progress the steps and results."""

    def __init__(self, watch: Watch):
        self._watch = watch

    def on_epoch_begin(
        self, args: Any, state: Any, control: Any, train_dataloader: Any, **kwargs: Any
    ) -> None:
        train_dataloader.batch_sampler.epoch = int(state.epoch or 0)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._watch(state.global_step, state.max_steps, "")

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **kwargs: Any) -> None:
        losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
        loss = f", training loss {losses[-1]:.4f}" if losses else ""
        line = f"epoch {state.epoch:.0f}: validation F1 {metrics[BEST_METRIC]:.3f}{loss}"
        self._watch(state.global_step, state.max_steps, line)


def parameter_groups(model: Any, config: Config) -> list[dict[str, Any]]:
    """Encoder and head, each with and without weight decay (none on biases and norms)."""
    section = config.training
    rates = {
        True: section.head_learning_rate or section.learning_rate,
        False: section.learning_rate,
    }
    encoder = model.base_model_prefix
    groups: dict[tuple[bool, bool], list[Any]] = {}
    for name, weights in model.named_parameters():
        if weights.requires_grad:
            kind = (not name.startswith(f"{encoder}."), weights.ndim > 1)
            groups.setdefault(kind, []).append(weights)
    return [
        {"params": weights, "lr": rates[head], "weight_decay": section.weight_decay * decays}
        for (head, decays), weights in groups.items()
    ]


def _use_attention(model: Any, kind: str) -> None:
    """Choose how attention is computed, where the kinds are known to agree."""
    if type(model).__name__.startswith("Bert"):
        model.set_attn_implementation(kind)


def epochs_for(config: Config, windows: int) -> int:
    """The configured epochs, or more where few windows would give less than `min_steps`."""
    section = config.training
    steps_an_epoch = math.ceil(windows / (section.batch_size * section.accumulate))
    return max(section.epochs, math.ceil(section.min_steps / max(1, steps_an_epoch)))


def _arguments(config: Config, work: Path, *, windows: int) -> TrainingArguments:
    section = config.training
    device = choose_device(section.device)
    bf16 = str(choose_dtype(section.precision, device)) == "torch.bfloat16"
    return TrainingArguments(
        output_dir=str(work),
        num_train_epochs=epochs_for(config, windows),
        learning_rate=section.learning_rate,
        per_device_train_batch_size=math.ceil(section.batch_size / processes()),
        gradient_accumulation_steps=section.accumulate,
        warmup_steps=section.warmup_ratio,
        weight_decay=section.weight_decay,
        lr_scheduler_type=section.schedule,
        optim="adamw_torch_fused",
        bf16=bf16,
        use_cpu=device.type == "cpu",
        seed=section.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=BEST_METRIC,
        greater_is_better=True,
        logging_strategy="epoch",
        disable_tqdm=True,
        remove_unused_columns=False,
        report_to=[],
        dataloader_pin_memory=device.type == "cuda",
    )


def _refuse_idle_processes(config: Config) -> None:
    if processes() > config.training.batch_size:
        raise InputError(
            f"training.batch_size {config.training.batch_size} cannot be shared among"
            f" {processes()} processes; raise it or start fewer"
        )


def _trained(trainer: Any, checkpoint: Checkpoint, outcome: Any, seconds: float) -> Trained:
    history = trainer.state.log_history
    scored = [entry for entry in history if BEST_METRIC in entry]
    best = max(scored, key=lambda entry: (entry[BEST_METRIC], -entry["epoch"]))
    facts = {
        "device": str(trainer.args.device),
        "precision": "bf16" if trainer.args.bf16 else "fp32",
        "steps": int(outcome.global_step),
        "epochs": int(trainer.args.num_train_epochs),
        "peak_memory_mb": peak_memory_mb(),
    }
    _leave_training(trainer, checkpoint.model)
    return Trained(checkpoint, best["epoch"], best[BEST_METRIC], seconds, history, facts)


def _leave_training(trainer: Any, model: Any) -> None:
    """Take off what training put on, so that the model answers exactly as it does when loaded."""
    trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    restore_table(model)
    _use_attention(model, FORWARD_ATTENTION)


__all__ = ["SpanTrainer", "Trained", "parameter_groups", "save_run", "train"]
