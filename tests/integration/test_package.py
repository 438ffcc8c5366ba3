from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS_OF_PYTHON = {"__pycache__"}


def test_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    """A built wheel has all that lies in the package: scripts, lists and data as well as Python."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("qtd/")}
    wanted = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "qtd").rglob("*")
        if path.is_file() and not FOLDERS_OF_PYTHON.intersection(path.parts)
    }
    assert packed == wanted
    assert any(name.endswith(".lua") for name in packed)


def test_locked_requirements_name_no_index_and_have_hashes() -> None:
    """The locks can be installed from any index, and from none could something else be slipped in."""
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, path
        assert not [line for line in text.splitlines() if line.startswith("-")], path
        pins = [
            entry for entry in text.replace("\\\n", " ").splitlines() if "==" in entry and entry[0] != " "
        ]
        assert pins, path
        assert all("--hash=sha256:" in pin for pin in pins), path


def test_runtime_and_development_use_the_same_versions() -> None:
    """What is tested is what runs: every version locked for running is the one locked for development."""

    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        return {line.split(" \\")[0] for line in text.splitlines() if "==" in line and line[0] not in " #"}

    assert pins("runtime.txt") <= pins("dev.txt")
