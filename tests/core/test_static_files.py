"""Static files as production serves them."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_each_script_has_one_name_so_that_it_runs_once(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"], "BOTILBUD_SECRET_KEY": "x" * 60, "BOTILBUD_VAR": str(tmp_path),
    }  # fmt: skip
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    folder = tmp_path / "static" / "js"
    hashed = [path for path in folder.glob("*.js") if re.search(r"\.[0-9a-f]{12}\.js$", path.name)]
    asked = [
        (path.name, name)
        for path in hashed
        for name in re.findall(r"(?:^import\b[^;]*?|\bimport\()[\"']\./([^\"']+)[\"']", path.read_text(), re.M)
    ]
    assert len(asked) >= 8
    assert [pair for pair in asked if not (folder / pair[1]).is_file() or pair[1] not in {p.name for p in hashed}] == []
    assert all(path.with_name(f"{path.name}.gz").is_file() for path in hashed)
