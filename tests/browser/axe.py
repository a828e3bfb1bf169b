"""Whatever shuts somebody out, as axe-core sees it."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def complaints(page: Page) -> list[str]:
    """What axe-core finds wrong with what is shown."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    # Halfway through a fade colours are of neither state.
    page.wait_for_timeout(400)
    found: dict[str, Any] = page.evaluate("() => axe.run()")
    return [
        f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:3]}"
        for one in found["violations"]
    ]
