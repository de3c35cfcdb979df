"""Files are read again, and compiled again only where their text changed."""

from __future__ import annotations

from fieldcheck.evidence import fingerprint


def test_a_text_is_compiled_once(monkeypatch, tmp_path):
    compiled, plain = [], fingerprint._plain
    monkeypatch.setattr(fingerprint, "_plain", lambda *of: compiled.append(of) or plain(*of))
    file, digests = tmp_path / "a.py", []
    for text in ("x = 1\n", "x = 1\n", "x = 2\n", "x = 1\n"):
        file.write_text(text)
        fingerprint.forget()
        digests.append(fingerprint.code_digest(file))
    assert len(compiled) == 2
    assert digests[0] == digests[1] == digests[3] != digests[2]
