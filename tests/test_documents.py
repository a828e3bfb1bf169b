"""What the documents tell a reader to type exists, and what they show works."""

import re
import shlex
from pathlib import Path

import polars as pl
import pytest
import typer.main
from typer.core import TyperGroup

from barograph.cli.app import app
from barograph.features.base import Feature

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:barograph|make) [^`\n]+)`")


def said(page: Path, program: str) -> list[str]:
    """Every use of a program in a page, continued lines joined, comments cut off."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in BLOCK.findall(text) for line in joined(block).splitlines()]
    lines += INLINE.findall(text)
    return [line.split(" #")[0].strip() for line in lines if line.startswith(f"{program} ")]


def joined(block: str) -> str:
    return re.sub(r"\\\n\s*", "", block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_option_exists(page: Path) -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    for line in said(page, "barograph"):
        name, *words = shlex.split(line)[1:]
        if name == "--help":
            continue
        command = group.commands.get(name)
        if isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
            command, words = command.commands.get(words[0]), words[1:]
        assert command is not None, line
        known = {option for one in command.params for option in one.opts}
        unknown = {word for word in words if word.startswith("--")} - known - {"--help"}
        assert not unknown, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for line in said(page, "make"):
        assert line.split()[1] in targets, line


def test_the_feature_of_the_guide_is_a_feature() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (code,) = (block for block in BLOCK.findall(text) if "FEATURES = (" in block)
    declared: dict[str, tuple[Feature, ...]] = {}
    exec(compile(code, "CONTRIBUTING.md", "exec"), {}, declared)
    (feature,) = declared["FEATURES"]
    bars = pl.DataFrame({"high": [3.0], "low": [1.0], "close": [2.0]})
    assert bars.select(feature.expr).item() == 0.0
    assert set(feature.expr.meta.root_names()) == {"high", "low", "close"}
