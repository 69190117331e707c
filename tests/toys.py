"""Toy articles, and every architecture of configs/ at toy size with random weights."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from warwire.documents import Document
from warwire.spans import Span

LABELS = ("ACTOR", "MILITARY_ACTION", "AID_AMOUNT")
SHORT = {"A": "ACTOR", "M": "MILITARY_ACTION", "G": "AID_AMOUNT"}
MARKED = (
    "[A:Russian forces] [M:shelled] the port of Kherson on Friday; [A:Ukraine] [M:struck] back.",
    "The [A:United States] pledged [G:$5 million] to [A:Kyiv] after [A:rebels] [M:raided] a depot.",
    "[A:Germany] sent [G:14 tanks]. The weather in the port was mild, and nobody was hurt.",
    "On Friday [A:the army] [M:bombed] a depot near Kherson. [A:Poland] gave [G:200 shells].",
)
_MARK = re.compile(r"\[([AMG]):([^\]]+)\]")


def marked(identity: str, body: str, **rest: Any) -> Document:
    """An article from text with `[A:actor]`, `[M:action]` and `[G:amount]` marks."""
    text, spans, position = "", [], 0
    for mark in _MARK.finditer(body):
        text += body[position : mark.start()]
        spans.append(Span(len(text), len(text) + len(mark[2]), SHORT[mark[1]]))
        text, position = text + mark[2], mark.end()
    return Document(identity, text + body[position:], tuple(spans), **rest)


ARTICLES = tuple(marked(f"toy-{number}", body) for number, body in enumerate(MARKED, start=1))
WORDS = sorted({word for article in ARTICLES for word in re.findall(r"\w+|[^\w\s]", article.text)})


def build_base(kind: str, folder: Path, *, positions: int = 64) -> Path:
    """Save a toy encoder of a kind with its tokenizer, in the files that its hub page offers."""
    import torch

    torch.manual_seed(1)
    folder.mkdir(parents=True, exist_ok=True)
    _BUILDERS[kind](folder, positions)
    return folder


_TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}


def _bert(folder: Path, positions: int) -> None:
    """The bundled MiniLM's kind: a bare BertModel, safetensors, tokenizer.json."""
    from transformers import BertConfig, BertModel, BertTokenizer

    tokenizer = BertTokenizer(vocab=_word_pieces())
    tokenizer.save_pretrained(str(folder))
    shape = {"vocab_size": len(_word_pieces()), "max_position_embeddings": positions}
    BertModel(BertConfig(**_TINY, **shape)).save_pretrained(str(folder))


def _bert_pickle(folder: Path, positions: int) -> None:
    """ConfliBERT's kind: a masked-language BERT as pytorch_model.bin, vocab.txt alone."""
    from transformers import BertConfig, BertForMaskedLM

    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in _word_pieces()))
    shape = {"vocab_size": len(_word_pieces()), "max_position_embeddings": positions}
    _save_pickle(BertForMaskedLM(BertConfig(**_TINY, **shape)), folder)


def _roberta(folder: Path, positions: int) -> None:
    """RoBERTa's kind: byte-level BPE, positions that begin after the padding id."""
    from transformers import RobertaConfig, RobertaForMaskedLM, RobertaTokenizer

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    vocab, merges = _byte_pairs(special)
    RobertaTokenizer(vocab=vocab, merges=merges).save_pretrained(str(folder))
    ids = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "type_vocab_size": 1}
    shape = {"vocab_size": len(vocab), "max_position_embeddings": positions + 2}
    RobertaForMaskedLM(RobertaConfig(**_TINY, **ids, **shape)).save_pretrained(str(folder))


def _modernbert(folder: Path, positions: int) -> None:
    """ModernBERT's kind: byte-level BPE whose offsets count the leading space in."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from tokenizers.processors import TemplateProcessing
    from transformers import ModernBertConfig, ModernBertForMaskedLM, PreTrainedTokenizerFast

    special = ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"]
    vocab, merges = _byte_pairs(special)
    backend = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True)
    backend.decoder = decoders.ByteLevel()
    ends = [("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])]
    backend.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    names = {name: f"[{name[:-6].upper()}]" for name in ("cls_token", "pad_token", "sep_token")}
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="[UNK]", mask_token="[MASK]", **names
    )
    wrapped.save_pretrained(str(folder))
    ids = {f"{name}_id": vocab[token] for name, token in names.items()}
    shape = {"vocab_size": len(vocab), "max_position_embeddings": positions, "local_attention": 8}
    config = ModernBertConfig(**_TINY, **ids, **shape, bos_token_id=0, eos_token_id=2)
    ModernBertForMaskedLM(config).save_pretrained(str(folder))


def _deberta(folder: Path, positions: int) -> None:
    """DeBERTa-v3's kind: sentence pieces in spm.model alone, weights as pytorch_model.bin."""
    from transformers import DebertaV2Config, DebertaV2ForMaskedLM

    pieces = _sentence_pieces()
    (folder / "spm.model").write_bytes(pieces.SerializeToString())
    (folder / "tokenizer_config.json").write_text(
        '{"do_lower_case": false, "vocab_type": "spm", "tokenizer_class": "DebertaV2Tokenizer"}'
    )
    relative = {
        "relative_attention": True,
        "pos_att_type": "p2c|c2p",
        "position_buckets": 8,
        "norm_rel_ebd": "layer_norm",
        "share_att_key": True,
        "position_biased_input": False,
        "max_relative_positions": -1,
        "type_vocab_size": 0,
    }
    shape = {"vocab_size": len(pieces.pieces) + 1, "max_position_embeddings": positions}
    _save_pickle(DebertaV2ForMaskedLM(DebertaV2Config(**_TINY, **relative, **shape)), folder)


_BUILDERS: dict[str, Callable[[Path, int], None]] = {
    "bert": _bert,
    "bert-pickle": _bert_pickle,
    "roberta": _roberta,
    "modernbert": _modernbert,
    "deberta-v3": _deberta,
}


def _save_pickle(model: Any, folder: Path) -> None:
    import torch

    model.config.save_pretrained(str(folder))
    torch.save(model.state_dict(), folder / "pytorch_model.bin")


def _word_pieces() -> dict[str, int]:
    """Whole lower-case words, and every letter at the start and inside of a word."""
    characters = sorted({character for word in WORDS for character in word.lower()})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    pieces += [f"##{character}" for character in characters]
    pieces += [word.lower() for word in WORDS if len(word) > 1]
    return {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}


def _byte_pairs(special: list[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges of a byte-level BPE trained on the toy articles."""
    import json

    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator([article.text for article in ARTICLES], trainer)
    trained = json.loads(backend.to_str())["model"]
    return trained["vocab"], [(left, right) for left, right in trained["merges"]]


def _sentence_pieces() -> Any:
    """A SentencePiece unigram model: words with the space before them, and single letters."""
    from sentencepiece import sentencepiece_model_pb2 as protocol

    model = protocol.ModelProto()
    model.trainer_spec.model_type = 1
    model.trainer_spec.unk_id = 3
    for piece, kind in (("[PAD]", 3), ("[CLS]", 3), ("[SEP]", 3), ("[UNK]", 2)):
        model.pieces.add(piece=piece, score=0.0, type=kind)
    characters = sorted({character for word in WORDS for character in word})
    words = [f"\u2581{word}" for word in WORDS if len(word) > 1]
    for piece in ["\u2581", *characters, *words]:
        model.pieces.add(piece=piece, score=-2.0 if piece in words else -8.0, type=1)
    return model
