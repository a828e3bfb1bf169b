"""The terminal's own checks: types, style, unit tests, its client, the size of its first view."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def npm(*arguments: str, **environment: str) -> None:
    """Run a script of ``web/`` and show what it said where it fails."""
    done = subprocess.run(
        [str(ROOT / "scripts" / "web.sh"), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]


def test_types_and_style_are_clean_and_the_logic_holds() -> None:
    npm("check")


def test_the_client_is_generated_from_the_committed_document() -> None:
    npm("client:check")


def test_it_builds_and_its_first_view_is_small(tmp_path: Path) -> None:
    npm("build", BAROGRAPH_WEB_OUT=str(tmp_path))
    page = (tmp_path / "index.html").read_text()
    assert "https://" not in page, "the page must load nothing from elsewhere"
    assert list((tmp_path / "assets").glob("*.woff2")), "the fonts are part of the build"
    npm("size", "--", str(tmp_path))
