"""What is installed from the wheel works without the repository beside it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
LOADS = """
import sys, barograph
from barograph.pipelines.prepare import SIZES, settings_of
print(barograph.__file__, *(settings_of(size).size for size in SIZES))
"""


def test_the_wheel_holds_its_run_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps"]
    quiet = ["--no-index", "--quiet", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run([*command, *quiet], check=True, timeout=120, capture_output=True)
    (wheel,) = tmp_path.glob("barograph-*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    for size in ("small", "medium", "large"):
        run_file = installed / "barograph" / "config" / f"{size}.yaml"
        assert yaml.safe_load(run_file.read_text(encoding="utf-8"))["size"] == size
    found = subprocess.run(
        [sys.executable, "-c", LOADS],
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed)},
    ).stdout.split()
    assert Path(found[0]).is_relative_to(installed), "another installation was read"
    assert found[1:] == ["small", "medium", "large"]
