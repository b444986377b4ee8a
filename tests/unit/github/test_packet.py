"""What goes from the job of a pull request to the one that comments."""

import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iaipy.config import load_config
from iaipy.errors import IaipyError
from iaipy.github import packet as module
from iaipy.github.packet import BASE, HEAD, REPORT, VERDICT, Packet, pack, render, settings_of, unpack
from iaipy.model.run import Failure, Run

from .conftest import PLACE, result, run, zipped

HOSTILE = "a::b`|@everyone <img src=x> [x](javascript:y) -->\n::error::no\r\n# big\n\x1b[31m‮\ud800"


def files(folder: Path) -> dict[str, str | bytes]:
    """The files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_packed_is_unpacked(packet: Packet, tmp_path: Path) -> None:
    """The runs, the name, and the settings come out as they went in, and the report is of them."""
    pack(packet, tmp_path)
    assert set(files(tmp_path)) == {HEAD, BASE, VERDICT, REPORT}
    found = unpack(zipped(files(tmp_path)))
    assert found == packet
    assert (tmp_path / REPORT).read_text() == render(found, 1_000_000)
    assert "`benchmarks/bench_a.py::parse`" in render(found, 1_000_000)
    assert "FAIL (exceeds 10% threshold)" in render(found, 1_000_000)


def test_earlier_packet_is_replaced(packet: Packet, tmp_path: Path) -> None:
    """A check that fails early leaves nothing of an earlier one behind."""
    pack(packet, tmp_path)
    pack(Packet(None, None, "", "there is no baseline", {}), tmp_path)
    assert set(files(tmp_path)) == {VERDICT, REPORT}
    found = unpack(zipped(files(tmp_path)))
    assert found.problem == "there is no baseline"
    assert "Nothing was compared" in render(found, 1_000_000)


def test_settings_judge_as_configured(tmp_path: Path) -> None:
    """Settings written down judge as those they were taken from: odd ratios, none, and large ones."""
    (tmp_path / "iaipy.yaml").touch()
    given_ = {
        "limit": ["all=33.3%", "ram_accesses=off", "l1_accesses=250%"],
        "hard_limit": ["instructions=5"],
    }
    config = load_config(tmp_path, {**given_, "min_change": "0.07%", "allow_environment_change": True})
    again = load_config(tmp_path, json.loads(json.dumps(settings_of(config))))
    assert again == config


def altered(verdict: dict[str, Any], **changes: object) -> str:
    """A verdict's text with other values."""
    return json.dumps(verdict | changes)


@pytest.mark.parametrize(
    ("files_", "why"),
    [
        ({HEAD: "{}"}, "no verdict.json"),
        ({VERDICT: "]"}, "not readable as JSON"),
        ({VERDICT: "[" * 100_000}, "not readable as JSON"),
        ({VERDICT: "[]"}, "not of the format"),
        ({VERDICT: "{}", "run.sh": ""}, "don't belong"),
        ({VERDICT: "{}", "../head.json": ""}, "don't belong"),
        ({VERDICT: b"\xff\xfe"}, "damaged"),
    ],
)
def test_what_is_no_packet_is_refused(files_: dict[str, str | bytes], why: str) -> None:
    """Anything but the known files in the known form is refused, in one sentence."""
    with pytest.raises(IaipyError, match="artifact is refused") as refused:
        unpack(zipped(files_))
    assert why in refused.value.message


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": "other"}, "format"),
        ({"version": 2}, "version"),
        ({"base_name": 3}, "base_name"),
        ({"base_name": "x" * 5000}, "too long"),
        ({"problem": None}, "problem"),
        ({"settings": []}, "settings"),
        ({"settings": {}}, "other settings"),
        ({"settings": {"storage": "/etc"}}, "other settings"),
    ],
)
def test_verdict_of_another_form_is_refused(
    changes: dict[str, Any], why: str, verdict: dict[str, Any]
) -> None:
    """Each key of the verdict must be there, of its type and of a bearable length."""
    with pytest.raises(IaipyError, match="artifact is refused") as refused:
        unpack(zipped({VERDICT: altered(verdict, **changes), HEAD: "{}"}))
    assert why in refused.value.message


@pytest.mark.parametrize(
    "text", ["", "no JSON", "{}", '{"format": "iaipy.run", "version": 1}', '{"a": 1e999}']
)
def test_run_of_another_form_is_refused(text: str, verdict: dict[str, Any]) -> None:
    """The runs are read as any stored run is."""
    with pytest.raises(IaipyError, match=r"head\.json can't be used as a stored run"):
        unpack(zipped({VERDICT: json.dumps(verdict), HEAD: text}))


def test_head_must_be_there(verdict: dict[str, Any]) -> None:
    """Without a problem there must be a run."""
    with pytest.raises(IaipyError, match=r"no head\.json"):
        unpack(zipped({VERDICT: json.dumps(verdict)}))


@pytest.mark.parametrize("archive", [b"", b"PK\x03\x04", b"\0" * 1000])
def test_what_is_no_archive_is_refused(archive: bytes) -> None:
    """Bytes that are no zip archive are refused."""
    with pytest.raises(IaipyError, match="damaged"):
        unpack(archive)


def test_damaged_content_is_refused(verdict: dict[str, Any]) -> None:
    """A well-formed archive whose content can't be unpacked is refused, and so is one of a rare kind."""
    text = json.dumps(verdict)
    archive = zipped({VERDICT: text})
    start = 30 + len(VERDICT)
    with pytest.raises(IaipyError, match="damaged"):
        unpack(archive[:start] + b"\xff" * 20 + archive[start + 20 :])
    with pytest.raises(IaipyError, match="GitHub doesn't pack"):
        unpack(zipped({VERDICT: text}, zipfile.ZIP_LZMA))


def test_size_is_bounded(verdict: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a large archive nor a small one that grows is read, whatever its header says."""
    bomb = zipped({VERDICT: json.dumps(verdict), HEAD: " " * 11_000_000})
    assert len(bomb) < 20_000
    with pytest.raises(IaipyError, match=r"head\.json has more than"):
        unpack(bomb)
    lying = bomb.replace((11_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != bomb
    with pytest.raises(IaipyError):
        unpack(lying)
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    with pytest.raises(IaipyError, match="bytes, and 100 are allowed"):
        unpack(b"\0" * 101)


@pytest.mark.parametrize(
    "settings_", [{"limit": "x"}, {"min_change": [[]]}, {"hard_limit": {"instructions": -1}}]
)
def test_wrong_settings_are_refused(settings_: dict[str, object], packet: Packet) -> None:
    """Settings are parsed as those of a configuration are."""
    with pytest.raises(IaipyError):
        render(replace(packet, settings={**packet.settings, **settings_}), 1_000_000)


def everywhere(text: str, packet: Packet) -> Packet:
    """The packet with this text wherever the artifact can bring any."""
    place = replace(PLACE, notes={text: text})
    odd = replace(result("parse", 1), id=text, path=text, notes=(text,), minus="")
    failed = (Failure(f"{text}2", text, text),)
    head = Run(text, text, place, (odd,), failed)
    before = replace(odd, counters=dict.fromkeys(odd.counters, 9))
    base = replace(head, environment=PLACE, benchmarks=(before,))
    gone = replace(odd, id=f"{text}3")
    return replace(packet, head=head, base=replace(base, benchmarks=(*base.benchmarks, gone)), base_name=text)


def inert(report: str) -> str:
    """What is left of a report without its code spans and blocks: nothing there may come from outside."""
    report = re.sub(r"^(`{3,})text\n.*?^\1$", "", report, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`]*`|<code>[^<]*</code>", "", report)


ODD = st.text(min_size=1, max_size=20, alphabet=st.sampled_from("`@<>|\\&#\n\r*_[]!:-~ a\u202e\ud800"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.one_of(st.just(HOSTILE), ODD))
def test_nothing_in_a_packet_acts_as_markup(text: str, packet: Packet) -> None:
    """Ids, reasons, output and names from outside stand in code alone, so no mention, link or tag is made."""
    report = render(everywhere(text, packet), 1_000_000)
    report.encode()
    left = inert(report)
    assert not re.search(r"@|javascript|<img|\u202e|::", left), left
    assert set(re.findall(r"<(/?\w+)", left)) <= {"details", "/details", "summary", "/summary"}


def test_large_report_is_cut(packet: Packet) -> None:
    """A comment is never too large for GitHub."""
    many = run(**{f"b{number}": number + 1 for number in range(3000)})
    report = render(replace(packet, head=many, base=many), 60_000)
    assert 10_000 < len(report.encode()) <= 60_000
