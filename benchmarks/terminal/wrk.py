"""Load by wrk (Debian: apt-get install wrk)."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

MS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
SCRIPT = """
local paths = {%s}
local i = 0
request = function()
  i = i %% #paths + 1
  return wrk.format("GET", paths[i])
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk says: requests a second; milliseconds."""

    rate: float
    p50: float
    p99: float


def load(url: str, connections: int, seconds: int, paths: Sequence[str] = ()) -> Load:
    """Ask for the same, or for many paths by turns, as fast as answers come."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "paths.lua"
        script.write_text(SCRIPT % ",".join(f'"{path}"' for path in paths))
        command = [
            "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
            *(["-s", str(script)] if paths else []), url,
        ]  # fmt: skip
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text, text
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert rate is not None
    p50, p99 = (
        float(found[1]) * MS[found[2]]
        for share in ("50", "99")
        if (found := re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", text)) is not None
    )
    return Load(float(rate[1]), p50, p99)
