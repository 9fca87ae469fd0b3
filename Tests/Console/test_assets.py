"""The console's files keep the rules that the browser's policy and the house set."""

import re

import pytest
from mock_node import ROOM, policy

ASSETS = sorted((ROOM / "Assets").iterdir())
SCRIPTS = [path for path in ASSETS if path.suffix == ".js"]


def test_every_file_is_in_the_table():
    table = re.findall(r'\("([^"]+)", PackageResources', (ROOM / "Asset.swift").read_text())
    assert sorted(table) == [path.name for path in ASSETS]


def test_every_reference_exists():
    names = {path.name for path in ASSETS}
    for path in ASSETS:
        for name in re.findall(r"""['"]/assets/([^'"]+)|from '\./([^']+)'""", path.read_text()):
            assert (name[0] or name[1]) in names, f"{path.name} names {name}"


def test_the_policy_allows_nothing_but_own_files():
    assert "default-src 'none'" in policy()
    assert "unsafe" not in policy() and "http" not in policy() and "*" not in policy()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_text_never_becomes_markup(path):
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function"
    assert not re.search(banned, path.read_text())


@pytest.mark.parametrize("path", ASSETS, ids=lambda path: path.name)
def test_files_are_short_and_load_nothing_foreign(path):
    lines = path.read_text().splitlines()
    assert len(lines) < 300
    if path.suffix in (".js", ".css"):
        long = [number for number, line in enumerate(lines, 1) if len(line) > 100]
        assert long == []
    text = path.read_text()
    foreign = re.findall(r"https?://(?!t\.me/|www\.w3\.org/|www\.openstreetmap\.org/)[a-z]", text)
    assert foreign == []
    assert not re.search(r"<[^>]+\sstyle=|<script(?![^>]*src=)|\son\w+=\"", text)
