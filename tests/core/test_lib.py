from datetime import date, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from core import env, text, weeks


def test_danish_order_ends_with_ae_oe_aa() -> None:
    names = ["Åse", "Zara", "anna", "Østen", "Bo", "Ærling", "Aase"]
    assert sorted(names, key=text.danish_key) == ["anna", "Bo", "Zara", "Ærling", "Østen", "Åse", "Aase"]


def test_search_form_folds_danish_letters() -> None:
    assert text.search_form("  ÅSE  Ærlig ") == "åse ærlig"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Anne-Grethe Holm 2", ""),
        ("Søren O\u02bcBrien 1\u00aa", ""),
        ("\u041c\u0438\u0440\u0430", ""),  # whole in another alphabet
        ("Hus \u03a9", ""),
        ("\u7530\u4e2d\u3055\u304f\u3089", ""),
        ("A\u030ase", ""),
        ("M\u0435tte", "Skriv navnet med bogstaver fra ét alfabet."),
        ("Mette \u041c\u0438", "Skriv navnet med bogstaver fra ét alfabet."),
        ("\U0001d40c\U0001d41e\U0001d42d\U0001d42d\U0001d41e", "Brug almindelige bogstaver og tal."),
        ("M\u217fette", "Brug almindelige bogstaver og tal."),
        ("Afdeling \uff12", "Brug almindelige bogstaver og tal."),
        ("\u202eetteM", "Brug kun synlige tegn"),
        ("- -", "Brug kun synlige tegn"),
    ],
)
def test_name_nobody_could_read_back_or_that_looks_like_another(name: str, words: str) -> None:
    fault = text.name_fault(name)
    assert bool(fault) == bool(words)
    assert fault.startswith(words)


@pytest.mark.parametrize(
    ("name", "expected"), [("Mette", "Mettes"), ("Jonas", "Jonas’"), ("Max", "Max’"), ("Liz", "Liz’")]
)
def test_genitive(name: str, expected: str) -> None:
    assert text.genitive(name) == expected


@pytest.mark.parametrize(
    ("words", "expected"), [([], ""), (["a"], "a"), (["a", "b"], "a og b"), (["a", "b", "c"], "a, b og c")]
)
def test_listing(words: list[str], expected: str) -> None:
    assert text.listing(words) == expected


@pytest.mark.parametrize(("day", "label", "span"), [
    (date(2026, 11, 17), "uge 47", "16.–22. november 2026"),
    (date(2027, 1, 1), "uge 53", "28. december 2026 – 3. januar 2027"),
    (date(2026, 10, 1), "uge 40", "28. september – 4. oktober 2026"),
])  # fmt: skip
def test_weeks_are_iso_weeks(day: date, label: str, span: str) -> None:
    assert (weeks.week_label(day), weeks.week_span(day)) == (label, span)


@pytest.mark.parametrize(("day", "expected"), [
    (date(2026, 11, 17), "i dag"), (date(2026, 11, 18), "i morgen"), (date(2026, 11, 20), "fre."),
    (date(2026, 11, 24), "24.11."), (date(2026, 11, 16), "16.11."),
])  # fmt: skip
def test_due_label(day: date, expected: str) -> None:
    assert weeks.due_label(day, date(2026, 11, 17)) == expected


def test_when_counts_danish_days_not_utc_days() -> None:
    late = timezone.make_aware(datetime(2026, 11, 16, 0, 30))
    assert weeks.when(late, date(2026, 11, 17)) == "i går kl. 0.30"


def test_working_days_step_over_easter() -> None:
    assert weeks.add_working_days(date(2027, 3, 24), 1) == date(2027, 3, 30)


def test_wrong_settings_stop_the_start_with_a_sentence(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("X", "måske")
    with pytest.raises(ImproperlyConfigured, match="skal være 1 eller 0"):
        env.flag("X")
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    with pytest.raises(ImproperlyConfigured, match="mysql"):
        env.database("DATABASE_URL", tmp_path / "x")


def test_database_url_is_read_with_its_parts(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://bruger:hem%40lig@db:5433/tavle")
    found = env.database("DATABASE_URL", tmp_path / "x")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "bruger", "hem@lig", "db", "5433", "tavle",
    )  # fmt: skip


def test_number_of_the_environment_is_a_whole_one_or_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOTILBUD_N", raising=False)
    assert env.number("BOTILBUD_N", 60) == 60
    monkeypatch.setenv("BOTILBUD_N", " 5 ")
    assert env.number("BOTILBUD_N", 60) == 5
    for wrong in ("0", "-1", "mange", "1.5", "٣"):
        monkeypatch.setenv("BOTILBUD_N", wrong)
        with pytest.raises(ImproperlyConfigured, match="BOTILBUD_N skal være et helt tal fra 1 til"):
            env.number("BOTILBUD_N", 60)
