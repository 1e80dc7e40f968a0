"""Decisions about samples and looks. Pure."""

import secrets
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import TypeVar

T = TypeVar("T")

AT_LEAST, SHARE = 20, 100
ANSWER_DAYS = 14
NOTE_LENGTH = 300
KEPT_DAYS = 365
WHY_LENGTH = 200

# What a screen is called, by the word the log keeps of it.
SCREENS = {
    "tavle": "Tavlen",
    "alle-beboere": "Alle beboere",
    "beboerens-forloeb": "Hele forløbet",
    "historik": "Historik for et felt",
    "beboer": "Beboeren",
    "saet-paa-tavlen": "Sæt på tavlen",
    "tidligt-tegn": "Nyt tidligt tegn",
    "fortryd": "Fortryd",
    "soegning": "Søgning",
    "kriterier": "Kriterier",
    "min-dag": "Min dag",
    "paamindelser": "Påmindelser",
    "siden-sidst": "Siden din sidste vagt",
    "min-uge": "Min uge",
    "moede-foer": "Mødet, før det begynder",
    "moede": "Mødet",
    "opsamling": "Mødets opsamling",
    "moede-papir": "Indtastning af et møde på papir",
    "tavlen-som-den-stod": "Tavlen, som den stod",
    "sammenlign-moeder": "Sammenlign møder",
    "referat": "Referat",
    "referat-pdf": "Referat som PDF",
    "referat-tekst": "Tekst til dagbog eller journal",
    "stopper": "Når en stopper",
    "stikproever": "Stikprøver",
    "set-af": "Hvem har set",
    "indsigt": "Indsigt",
    "indsigt-liste": "Beboere, der kan gives indsigt i",
    "fraflyttede": "Afsluttede ophold",
}


def screen_label(screen: str) -> str:
    """'Referat som PDF' for 'referat-pdf-joint'; a word nobody has named is shown as it is."""
    names = [name for name in SCREENS if screen == name or screen.startswith(f"{name}-")]
    return SCREENS[max(names, key=len)] if names else screen


def outside(stays: Sequence[int], usual: Collection[int]) -> list[int]:
    """The residents looked at for whom the viewer is neither contact person nor deputy."""
    return [stay for stay in stays if stay not in usual]


def size(looks: int) -> int:
    """How many of the look-ups are drawn: 1 %, at least 20, and all where there are fewer."""
    return min(looks, max(AT_LEAST, -(-looks // SHARE)))


def drawn(looks: Sequence[T]) -> list[T]:
    """A sample nobody can predict: drawn with the system's randomness, which no seed repeats."""
    return secrets.SystemRandom().sample(looks, size(len(looks)))


def week_before(today: date) -> date:
    """The Monday of the last whole ISO week."""
    return today - timedelta(days=today.weekday() + 7)


def answer_by(drawn_on: date) -> date:
    """The last day a line drawn on the day can be answered in time."""
    return drawn_on + timedelta(days=ANSWER_DAYS)
