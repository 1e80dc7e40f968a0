"""What a region has chosen for its homes: words, timers, columns. Defaults are the project's own (settings.py)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from core import weeks
from core.errors import Denied
from core.period import holds
from core.prepared import prepared
from core.text import blank
from organisation.models import Home, RegionSettings, Team, TeamHome

PROMPTS = (
    "Hvad siger beboeren selv?",
    "Hvorfor på tavlen, siden hvornår? Hvad er nyt, og hvad går godt?",
    "Hvad gør vi, hvem fra botilbud og team, hvornår, sammen med hvem?",
    "Op, ned eller uændret? Drøftes igen hvornår?",
    "Hvad siger vi til beboeren, hvem gør det og hvornår?",
)
LEVEL_WORDS = {"akut": "Akut", "subakut": "Subakut", "none": "Almindelig"}
LEVEL_MEANINGS = {
    "akut": "Der skal handles i dag eller i morgen, og begge sider skal vide det.",
    "subakut": "Der er brug for en fælles indsats i den kommende uge.",
    "none": "Den indsats, I altid giver. Beboeren står ikke på tavlen.",
}

# The source names the rest (000:256-266), or the meeting cannot be held without it.
OPTIONAL_COLUMNS = ("coordination",)
RANGES = {
    "rotation_weeks": (1, 52),
    "follow_up_days": (1, 365),
    "stale_days": (1, 365),
    "stale_days_slow": (1, 365),
    "akut_minutes": (1, 120),
    "subakut_minutes": (1, 120),
    "other_minutes": (1, 120),
}
# How many days each kind of data is kept: the default, the least and the most (what they are: privacy.retention.kinds).
# The least leaves room for what rests on the data: 'Fortryd' looks 14 days back, reminders 30, the log two years.
KEEP = {
    "drafts": (1, 1, 7),
    "cell_history": (180, 30, 365),
    "left": (30, 7, 180),
    "episodes": (730, 180, 1825),
    "minutes": (730, 365, 1825),
    "notices": (90, 60, 365),
    "keys": (7, 1, 30),
    "samples": (730, 90, 730),
    "staff": (180, 30, 730),
    "searches": (90, 30, 365),
    "log_detail": (1825, 730, 3650),
    "log": (1825, 730, 3650),
}
RANGES |= {f"keep_{kind}": (low, high) for kind, (_, low, high) in KEEP.items()}
TITLE_LENGTH, WORD_LENGTH, MEANING_LENGTH, PROMPT_LENGTH = 40, 20, 200, 120


@dataclass(frozen=True)
class Rules:
    """A region's settings. Days, weeks and minutes are whole numbers; titles and words are as shown on screen."""

    rotation_weeks: int = settings.ROTATION_WEEKS
    follow_up_days: int = settings.FOLLOW_UP_DAYS
    stale_days: int = settings.STALE_DAYS
    stale_days_slow: int = settings.STALE_DAYS_SLOW
    akut_minutes: int = settings.ITEM_MINUTES["akut"]
    subakut_minutes: int = settings.ITEM_MINUTES["subakut"]
    other_minutes: int = settings.ITEM_MINUTES["other"]
    column_titles: dict[str, str] = field(default_factory=dict)
    hidden_columns: tuple[str, ...] = ()
    level_words: dict[str, str] = field(default_factory=lambda: dict(LEVEL_WORDS))
    level_meanings: dict[str, str] = field(default_factory=lambda: dict(LEVEL_MEANINGS))
    prompts: tuple[str, ...] = PROMPTS
    keep_drafts: int = KEEP["drafts"][0]
    keep_cell_history: int = KEEP["cell_history"][0]
    keep_left: int = KEEP["left"][0]
    keep_episodes: int = KEEP["episodes"][0]
    keep_minutes: int = KEEP["minutes"][0]
    keep_notices: int = KEEP["notices"][0]
    keep_keys: int = KEEP["keys"][0]
    keep_samples: int = KEEP["samples"][0]
    keep_staff: int = KEEP["staff"][0]
    keep_searches: int = KEEP["searches"][0]
    keep_log_detail: int = KEEP["log_detail"][0]
    keep_log: int = KEEP["log"][0]

    def keeps(self, kind: str) -> int:
        """How many days a kind of data is kept."""
        days: int = getattr(self, f"keep_{kind}")
        return days

    def title(self, column: str, default: str) -> str:
        """A column's heading."""
        return self.column_titles.get(column) or default

    def level(self, level: str) -> str:
        """A level's word."""
        return self.level_words.get(level) or LEVEL_WORDS[level]

    @property
    def follow_up(self) -> str:
        """How long after coming off the board a resident is discussed once more: '14 dage'."""
        return weeks.days_label(self.follow_up_days)

    @property
    def item_minutes(self) -> dict[str, int]:
        """Minutes given to an item of the agenda, by kind."""
        return {"akut": self.akut_minutes, "subakut": self.subakut_minutes, "other": self.other_minutes}


def of_values(values: dict[str, Any]) -> Rules:
    """Rules from stored values; what is not there, or no longer known, is the default."""
    known = {name: value for name, value in values.items() if name in Rules.__dataclass_fields__}
    for name in ("hidden_columns", "prompts"):
        if name in known:
            known[name] = tuple(known[name])
    for name, words in (("level_words", LEVEL_WORDS), ("level_meanings", LEVEL_MEANINGS)):
        known[name] = {**words, **{k: v for k, v in known.get(name, {}).items() if v}}
    return Rules(**known)


def check(values: dict[str, Any]) -> None:
    """Raises Denied, at the form's field, for a number out of range, a column that must be shown, a text too long or
    missing, and two levels called the same.
    """
    for name, (low, high) in RANGES.items():
        if name in values and not (isinstance(values[name], int) and low <= values[name] <= high):
            raise Denied(f"Skriv et tal fra {low} til {high}.", name)
    for column in values.get("hidden_columns", []):
        if column not in OPTIONAL_COLUMNS:
            raise Denied("Den kolonne skal altid vises.", f"show_{column}")
    for column, title in values.get("column_titles", {}).items():
        _check_text(title, TITLE_LENGTH, f"title_{column}")
    for level, word in values.get("level_words", {}).items():
        _check_text(word, WORD_LENGTH, f"word_{level}")
    for level, meaning in values.get("level_meanings", {}).items():
        _check_text(meaning, MEANING_LENGTH, f"meaning_{level}")
    words = {**LEVEL_WORDS, **values.get("level_words", {})}
    if len({word.strip().casefold() for word in words.values()}) < len(words):
        raise Denied("To niveauer kan ikke hedde det samme.", "word_subakut")
    prompts = values.get("prompts", PROMPTS)
    if len(prompts) != len(PROMPTS):
        raise Denied(f"Der skal være {len(PROMPTS)} spørgsmål.", "prompt_1")
    for number, prompt in enumerate(prompts, start=1):
        _check_text(prompt, PROMPT_LENGTH, f"prompt_{number}")


def _check_text(text: str, limit: int, field_name: str) -> None:
    if blank(text):
        raise Denied("Skriv noget her.", field_name)
    if len(text) > limit:
        raise Denied(f"Teksten fylder {len(text)} tegn. Der er plads til {limit}.", field_name)


def rules_of(home: Home, day: date) -> Rules:
    """The settings of the region whose team serves the home on the day. One query."""
    return of_values(_values.first(home.pk, day) or {})


def rules_by_home(homes: list[int], day: date) -> dict[int, Rules]:
    """The settings of the region that serves each of the homes on the day. One query."""
    served = TeamHome.objects.filter(holds(day), home__in=homes, team__organisation__regionsettings__isnull=False)
    # As above: where two regions serve a home, the one that made its settings first.
    rows = served.order_by("-team__organisation__regionsettings__pk")
    values = rows.values_list("home_id", "team__organisation__regionsettings__values")
    return dict.fromkeys(homes, Rules()) | {home: of_values(chosen) for home, chosen in values}


@prepared
def _values(home: int, day: date) -> QuerySet[RegionSettings, dict[str, Any]]:
    regions = TeamHome.objects.filter(holds(day), home=home).order_by("-from_day").values("team__organisation")
    return RegionSettings.objects.filter(organisation__in=regions).order_by("pk").values_list("values", flat=True)


def strictest(kind: str) -> int:
    """The days of a kind that belongs to no home: the least any region with teams has chosen. Two queries."""
    regions = set(Team.objects.values_list("organisation", flat=True))
    chosen = dict(RegionSettings.objects.filter(organisation__in=regions).values_list("organisation", "values"))
    return min((of_values(chosen.get(region, {})).keeps(kind) for region in regions), default=Rules().keeps(kind))


def neighbours(home: Home, day: date) -> QuerySet[Home]:
    """The homes a resident may move on to, by name: the others of the home's region.

    Where its organisation is in no region, those of the organisation itself, and those the home's teams serve as well.
    """
    region = home.organisation.region_id or home.organisation_id
    near = Q(organisation=region) | Q(organisation__region=region)
    if home.organisation.region_id is None:
        teams = TeamHome.objects.filter(holds(day), home=home).values("team")
        near |= Q(pk__in=TeamHome.objects.filter(holds(day), team__in=teams).values("home"))
    homes = Home.objects.filter(near, left_on=None, practice=home.practice)
    return homes.exclude(pk=home.pk).order_by("name")
