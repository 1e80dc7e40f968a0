"""What the texts name is there: files, folders, modules and links. Lists that stand twice say the same."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest
import yaml
from django.apps import apps

from tests.rooms import FILES, ROOMS, ROOT, short

# moved.md is a map from names that are gone.
TEXTS = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {ROOT / "docs/moved.md"})
# Not of the project: what is made on a machine.
MADE = {".git", ".venv", "var", "secrets", "staticfiles", "node_modules"}
TREE = [path for path in ROOT.iterdir() if path.name not in MADE]
FOLDERS = {path.name for path in TREE if path.is_dir()}
NAMES = {path.name for path in TREE} | {path.name for top in TREE if top.is_dir() for path in top.rglob("*")}
ENDING = re.compile(r"\.(?:py|m?js|css|html|typ|md|toml|ya?ml|json|conf|lock|png)$")
# {module's last name: modules}, for `trail.change`.
MODULES: dict[str, list[str]] = {}
for _path in FILES:
    _module = short(_path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    MODULES.setdefault(_module.rsplit(".", 1)[-1], []).append(_module)
# {name: why it is not here}
ELSEWHERE = {"docker-compose.override.yml": "whoever installs writes it"}


def resolves(name: str) -> bool:
    """Whether the dotted name is a module, something in one, or a model by its label."""
    app, _, model = name.partition(".")
    if model.lower() in apps.all_models.get(app, {}):
        return True
    try:
        resolve_name(name)
    except (ImportError, AttributeError, ValueError):
        return False
    return True


def there(word: str, beside: Path) -> bool:
    """Whether a word of a text is there; a word that names nothing of ours counts as there."""
    word = word.split("::")[0].rstrip(".,:;)/").removeprefix("(").removeprefix("./")
    if not re.fullmatch(r"[\w./-]+", word) or word in ELSEWHERE or word.split("/")[0] in MADE:
        return True
    if "/" in word and (word.split("/")[0] in FOLDERS or ENDING.search(word)):
        # A template is named from its own folder.
        return word.startswith("/") or any((top / word).exists() for top in (ROOT, beside, ROOT / "templates"))
    if ENDING.search(word):
        return word in NAMES
    first, _, rest = word.partition(".")
    if not rest or "/" in word or not (first in ROOMS or first in MODULES):
        return True
    return any(resolves(f"{module}.{rest}") for module in [first, *MODULES.get(first, [])])


def gone(text: str, beside: Path) -> list[str]:
    """What the text names that is not there."""
    links = [link for link in re.findall(r"\]\(([^)\s#]+)", text) if ":" not in link]
    text = re.sub(r"\]\([^)]*\)|https?://\S+", "", text)
    spans = [word for span in re.findall(r"`([^`\n]+)`", text) for word in span.split()]
    # In prose and in examples: whatever has a folder and a file's ending.
    plain = [word for word in re.findall(r"[\w./-]+/[\w.-]*\w", text) if ENDING.search(word)]
    return [link for link in links if not (beside / link).exists()] + [
        word for word in dict.fromkeys([*spans, *plain]) if not there(word, beside)
    ]


@pytest.mark.parametrize("path", TEXTS, ids=short)
def test_what_the_text_names_is_there(path: Path) -> None:
    assert gone(path.read_text(encoding="utf-8"), path.parent) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("see `boards/live.py`", ["boards/live.py"]),
        ("see `botilbud/lib`", ["botilbud/lib"]),
        ("see `retention/rows.py`", ["retention/rows.py"]),
        ("see `nowhere.py`", ["nowhere.py"]),
        ("see `./test tests/nowhere`", ["tests/nowhere"]),
        ("see tests/control/test_insight.py.", ["tests/control/test_insight.py"]),
        ("see [it](docs/nowhere.md#here)", ["docs/nowhere.md"]),
        ("see `organisation.access`", ["organisation.access"]),
        ("see `trail.nothing`", ["trail.nothing"]),
        ("see `trail.change`, `boards.Pen`, `boards/live/`, `rules.py`, `privacy.samples.daily`", []),
        ("see `/helbred/`, `level.closed`, `tavle/stroem/`, https://www.sqlite.org/wal.html", []),
    ],
)
def test_what_is_gone_is_found(text: str, missing: list[str]) -> None:
    assert gone(text, ROOT) == missing


def test_map_of_what_moved_leads_somewhere() -> None:
    """Each row of moved.md says where the file is now."""
    rows = re.findall(r"^\| \S+ \| (.+) \|$", (ROOT / "docs/moved.md").read_text(encoding="utf-8"), re.M)
    places = [word for row in rows for word in row.split() if ENDING.search(word.rstrip(",;"))]
    assert len(places) > 100
    assert [place for place in places if not there(place, ROOT)] == []


def test_architecture_lists_the_rooms() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    assert f"`{' ← '.join(ROOMS)}`" in text
    assert re.findall(r"^\| `(\w+)` \|", text, re.M) == ROOMS


def test_hooks_before_a_commit_are_the_checks_of_ci() -> None:
    checks, _, _ = (ROOT / ".ci/run").read_text(encoding="utf-8").partition("./test")
    wanted = [line.replace("$bin/", ".venv/bin/") for line in checks.splitlines() if "$bin/" in line]
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert local["repo"] == "local"
    assert [hook["entry"].removeprefix("env ") for hook in local["hooks"]] == wanted
    assert {hook["language"] for hook in local["hooks"]} == {"system"}


def test_there_are_texts_to_look_at() -> None:
    assert {"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/architecture.md"} <= {
        short(path) for path in TEXTS
    }
