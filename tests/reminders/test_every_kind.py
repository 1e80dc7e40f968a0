"""The list of kinds, walked: each is whole, stands on list, mail and settings, and a new one needs no other file."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.urls import resolve, reverse
from django.utils import timezone

from accounts.access import accesses
from organisation.models import User
from reminders import inbox, kinds, services
from reminders.facts import Round
from reminders.forms import PreferenceForm
from reminders.kinds import KINDS, Kind, Listed, Urgent
from reminders.models import DemoMail, Digest, Preference, Reminder
from reminders.rules import Due
from residents.models import Stay
from residents.texts import PARTS
from tests.conftest import TODAY, Cast
from tests.privacy.retention.conftest import erase
from tests.reminders.conftest import every_kind


@pytest.fixture(autouse=True)
def _mails_of_the_demo(settings) -> None:
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_kind_is_whole(kind: Kind[Any]) -> None:
    """What can be asked of a kind alone; what it says and where it leads is tried below, with things laid."""
    row = "9" * 19
    assert KINDS[kind.code] is kind
    assert ":" not in kind.code
    assert len(kind.code) <= (Reminder._meta.get_field("kind").max_length or 0)
    assert len(f"{kind.sort}:{row}") <= (Reminder._meta.get_field("subject").max_length or 0)
    assert len(kinds.mail_of(kind.code, f"{kind.sort}:{row}")) <= (Digest._meta.get_field("about").max_length or 0)
    assert kind.part in PARTS
    assert kind.erased_with in apps.get_models()
    assert kinds.called(kind.erased_with, [5]).count(f"{kind.sort}:5") == 1
    assert [other.setting for other in KINDS.values()].count(kind.setting) == 1
    on_page = {code for code, _, _ in PreferenceForm.of(Preference()).ticked()}
    assert (kind.code in on_page) is not kind.urgent
    assert kind.__doc__
    if isinstance(kind, Urgent):
        assert kind.mail.startswith("1 ")
        assert callable(resolve(kind.mail_leads_to).func)
        assert kind.never_put_off
        assert kind.never_hidden
        assert kinds.mails_about([f"{kind.sort}:5"]).count(kinds.mail_of(kind.code, f"{kind.sort}:5")) == 1


def test_each_file_holds_one_kind_that_is_on_the_list() -> None:
    names = [name for _, name, _ in pkgutil.iter_modules(kinds.__path__) if name != "base" and "of_" not in name]
    for name in names:
        module = importlib.import_module(f"reminders.kinds.{name}")
        own = [one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__]
        assert [type(kind) for kind in KINDS.values() if type(kind) in own] == [
            one for one in own if issubclass(one, Kind)
        ], name
    assert len(names) == len(KINDS)


def test_every_kind_stands_on_the_list_with_its_words_and_leads_to_a_page(cast: Cast, clock: Any) -> None:
    listed: set[str] = set()
    for day in every_kind(cast, clock):
        for user in (cast.mette, cast.amina, cast.lis, cast.soeren):
            found = accesses(user, day)
            new = {one.row.pk: one.kind.code for one in inbox.open_now(found, day, inbox.sees_of_homes(found, day))}
            new = {pk: code for pk, code in new.items() if code not in listed}
            shown = cast.client(user).get(reverse("reminders")).content.decode() if new else ""
            for item in (item for _, items in inbox.waiting(found, day) for item in items if item.id in new):
                assert f'<a href="{item.url}">{item.label}</a>' in shown
                assert f"<p>{item.what}" in shown
                assert item.what
                assert cast.home.name in cast.client(user).get(item.url).content.decode(), item
                listed.add(new[item.id])
    assert listed == set(KINDS)


# --- a kind made up here, and handed in as a room to the right would ---


class Birthday(Kind[Stay]):
    """Everybody has a birthday today."""

    code = "birthday"
    setting = "Beboere, der har fødselsdag"
    sort = "stay"
    erased_with = Stay
    part = "level"

    def facts(self, here: Round) -> Iterable[Stay]:
        return here.narrow(Stay.objects.for_homes(here.homes).filter(to_day=None), self.sort)

    def due(self, fact: Stay, today: date) -> Iterable[Due]:
        # In these tests Rune's, and told to Mette.
        people = User.objects.filter(name="Mette").values_list("pk", flat=True) if fact.flat == "4" else ()
        return self.remind(people, fact.pk, due=today, on=today, stay=fact.pk)

    def says(self, one: Listed) -> str:
        return "Har fødselsdag"


class Fire(Urgent[Stay]):
    """Everybody's flat burns."""

    code = "fire"
    setting = "Brand i en bolig"
    sort = "stay"
    erased_with = Stay
    part = "level"
    mail = "1 brand"
    mail_leads_to = "/"
    facts = Birthday.facts
    due = Birthday.due

    def says(self, one: Listed) -> str:
        return "Det brænder"


@pytest.fixture
def made_up() -> Iterator[None]:
    kinds.register(Birthday(), Fire())
    yield
    for code in ("birthday", "fire"):
        del KINDS[code]


def told(cast: Cast, code: str) -> list[str]:
    return list(Reminder.objects.for_home(cast.home).filter(kind=code).values_list("recipient__name", flat=True))


def mails(user: User) -> list[str]:
    return sorted(DemoMail.objects.filter(to=user.email).values_list("subject", flat=True))


@pytest.mark.usefixtures("made_up")
def test_made_up_kind_is_planned_listed_and_mailed(cast: Cast) -> None:
    assert services.tick(timezone.now()) == (2, 2)
    assert (told(cast, "birthday"), told(cast, "fire")) == (["Mette"], ["Mette"])
    assert mails(cast.mette) == ["1 brand", "1 ting på Min dag"]
    client = cast.client(cast.mette)
    shown = client.get(reverse("reminders")).content.decode()
    assert f'<a href="/havtornen/tavle/#r{cast.rune.pk}">Rune · bolig 4</a>' in shown
    assert "Har fødselsdag" in shown
    assert "Det brænder" in shown
    assert "2 påmindelser" in client.get(reverse("my-day")).content.decode()
    assert "Ingen påmindelser" in cast.client(cast.amina).get(reverse("reminders")).content.decode()


@pytest.mark.usefixtures("made_up")
def test_made_up_kind_is_chosen_put_off_and_taken_away_as_the_others(cast: Cast) -> None:
    client = cast.client(cast.mette)
    settings = client.get(reverse("reminder-prefer")).content.decode()
    assert 'value="birthday" checked> Beboere, der har fødselsdag' in settings
    assert "<li>Brand i en bolig</li>" in settings
    assert 'value="fire"' not in settings
    client.post(reverse("reminder-prefer"), {"by_mail": ["on"], "mail_from": "07:00"})
    assert "birthday" in Preference.objects.get().muted
    services.tick(timezone.now())
    assert mails(cast.mette) == ["1 brand"]
    rows = {row.kind: row.pk for row in Reminder.objects.for_home(cast.home)}
    tomorrow = TODAY + timedelta(days=1)
    answers = {
        code: client.post(reverse("reminder-snooze", args=[pk]), {"day": str(tomorrow)}) for code, pk in rows.items()
    }
    assert {code: answer.status_code for code, answer in answers.items()} == {"birthday": 204, "fire": 422}
    assert "kan ikke udskydes" in answers["fire"].content.decode()
    shown = client.get(reverse("reminders")).content.decode()
    assert "Har fødselsdag" not in shown
    assert "Det brænder" in shown


@pytest.mark.usefixtures("made_up")
def test_made_up_kind_is_erased_with_what_it_is_about(cast: Cast) -> None:
    services.tick(timezone.now())
    assert Digest.objects.exclude(about="").count() == 1
    Stay.objects.for_home(cast.home).filter(pk=cast.rune.pk).update(to_day=TODAY)
    erase(cast.rune)
    assert not Reminder.objects.for_home(cast.home).exists()
    assert not Digest.objects.exclude(about="").exists()


# --- what is refused ---


def test_kind_that_is_not_whole_cannot_be_made() -> None:
    with pytest.raises(TypeError, match=r"^The reminder kind Half lacks sort, erased_with, part, facts, says\.$"):

        class Half(Kind[Stay]):
            code = "half"
            setting = "Halvt"
            due = Birthday.due


@pytest.mark.parametrize("piece", ["code", "setting", "sort", "erased_with", "part", "mail", "mail_leads_to", "says"])
def test_each_piece_is_asked_for(piece: str) -> None:
    with pytest.raises(TypeError, match=f"lacks {piece}\\.$"):
        type("Lacking", (Fire,), {piece: getattr(Kind, piece, "")})


def test_code_that_is_taken_and_word_for_another_table_are_refused(made_up: None) -> None:
    with pytest.raises(ValueError, match="a reminder kind 'birthday' already"):
        kinds.register(Birthday())
    other = type("Other", (Birthday,), {"code": "other", "sort": "intervention"})
    with pytest.raises(ValueError, match="call another table 'intervention'"):
        kinds.register(other())
    assert "other" not in KINDS


def test_reminder_of_a_kind_that_is_no_more_is_no_longer_due(cast: Cast) -> None:
    """A version before this one may have made it."""
    Reminder(
        home=cast.home, recipient=cast.mette, kind="birthday", subject=f"stay:{cast.rune.pk}", due=TODAY, on=TODAY
    ).insert()
    Digest.objects.create(recipient=cast.mette, date=TODAY, count=1, about=f"birthday:stay:{cast.rune.pk}")
    row = Reminder.objects.for_home(cast.home).get()
    client = cast.client(cast.mette)
    assert "Ingen påmindelser" in client.get(reverse("reminders")).content.decode()
    assert client.post(reverse("reminder-hide", args=[row.pk])).status_code == 404
    services.tick(timezone.now())
    row.refresh_from_db(from_queryset=Reminder.objects.for_home(cast.home))
    assert row.state == Reminder.State.GONE
