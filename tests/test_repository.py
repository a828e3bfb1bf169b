"""What must never be committed, and files that must agree with each other."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import barograph

ROOT = Path(__file__).parent.parent
MEGABYTE = 1024 * 1024


def tracked() -> list[Path]:
    """Every committed file; skips outside a git checkout (an unpacked source archive)."""
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    """Committed text files with their content."""
    found = []
    for path in tracked():
        try:
            found.append((path, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_no_path_of_a_machine_is_committed() -> None:
    """Absolute paths of a person's machine mean nothing on another."""
    private = re.compile(r"(?<![\w.])/(?:" + "|".join(("home", "Users", "root", "work")) + r")/\w")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if private.search(line)
    ]
    assert not found


def test_no_secret_is_committed() -> None:
    shapes = re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    )
    assert not [str(path.relative_to(ROOT)) for path, text in texts() if shapes.search(text)]


def test_no_market_data_or_large_file_is_committed() -> None:
    large = {str(p.relative_to(ROOT)): p.stat().st_size for p in tracked()}
    assert not {name: size for name, size in large.items() if size > MEGABYTE}


def test_requirements_name_versions_and_no_addresses() -> None:
    files = sorted(ROOT.glob("requirements*.txt"))
    assert ROOT / "requirements.txt" in files
    for path in files:
        pins = [
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")
        ]
        wrong = [line for line in pins if not re.match(r"^[A-Za-z0-9._-]+==[\w.]+( ; .+)?$", line)]
        assert not wrong, path.name


def test_requirements_cover_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {"": project["dependencies"], **project["optional-dependencies"]}
    for extra, requirements in wanted.items():
        file = ROOT / f"requirements{'-' if extra else ''}{extra}.txt"
        pinned = {normal(line) for line in file.read_text(encoding="utf-8").splitlines()}
        missing = [one for one in requirements if normal(one) not in pinned]
        assert not missing, f"{file.name}: run `make requirements`"


def normal(requirement: str) -> str:
    """Name of a requirement as indexes compare it."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", match.group()).lower() if match else ""


def test_the_version_is_said_once_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["version"] == barograph.__version__
    assert f"## [{barograph.__version__}]" in changelog


def test_links_between_documents_lead_somewhere() -> None:
    link = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
    broken = [
        f"{path.relative_to(ROOT)} -> {target}"
        for path, text in texts()
        if path.suffix == ".md"
        for target in link.findall(text)
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert not broken


def test_every_run_file_is_complete_and_valid() -> None:
    from barograph.core.settings import load_settings

    for path in sorted((ROOT / "config").glob("*.yaml")):
        settings = load_settings(path)
        assert settings.size == ("small" if path.stem == "live" else path.stem)
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert written.keys() == settings.model_dump().keys(), "a run file states every setting"


def test_continuous_integration_runs_the_documented_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in script
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
