"""Small folders of weights: random BERT and GPT-2 networks with a tokenizer of a few words."""

import json

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, GPT2Config, GPT2Model

WORDS = 60


def _tokenizer(folder):
    words = {"[UNK]": 0} | {word: i for i, word in enumerate("abcdefghijklmnopqrstuvwxyz", 1)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.save(str(folder / "tokenizer.json"))


def _save(net, folder):
    net.save_pretrained(folder)
    _tokenizer(folder)
    return folder


def bert(layers=2, heads=4, channels=32):
    torch.manual_seed(0)
    return BertModel(
        BertConfig(vocab_size=WORDS, hidden_size=channels, num_hidden_layers=layers,
                   num_attention_heads=heads, intermediate_size=2 * channels,
                   max_position_embeddings=64, initializer_range=0.3)
    ).double().eval()  # fmt: skip


def gpt2(layers=2, heads=4, channels=32):
    torch.manual_seed(0)
    return GPT2Model(
        GPT2Config(vocab_size=WORDS, n_embd=channels, n_layer=layers, n_head=heads, n_positions=64,
                   initializer_range=0.3)
    ).double().eval()  # fmt: skip


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory):
    return _save(bert(), tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="session")
def gpt2_folder(tmp_path_factory):
    return _save(gpt2(), tmp_path_factory.mktemp("gpt2"))


@pytest.fixture
def changed(bert_folder, tmp_path):
    """A copy of the BERT folder whose config is changed by a function."""

    def make(change):
        for file in bert_folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        config = json.loads((tmp_path / "config.json").read_text())
        (tmp_path / "config.json").write_text(json.dumps(change(config)))
        return tmp_path

    return make
