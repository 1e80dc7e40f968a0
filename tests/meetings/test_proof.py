"""Locked minutes say what was locked, or the page says that they do not, and so does audit_verify."""

from collections.abc import Callable
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from audit.models import Checkpoint, Entry
from meetings import services
from meetings.layout import BROKEN
from meetings.models import Meeting, Minutes, MinutesSection
from organisation.models import Side
from privacy.models import Cause
from privacy.retention.stays import stay_erase
from residents import services as residents
from residents.models import StayEnd
from tests.audit.tamper import unlocked
from tests.conftest import TODAY, Cast


@pytest.fixture
def closed(cast: Cast) -> Meeting:
    cast.put_on_board(cast.rune)
    cast.write("Sover dårligt")
    cast.write("Vil have en vaskemaskine", column_key="goals", side=Side.JOINT)
    return services.meeting_close(access=cast.access(cast.mette), meeting=cast.start(), why="", today=TODAY)


def of(cast: Cast) -> MinutesSection:
    return MinutesSection.objects.for_home(cast.home).filter(audience="joint").get(stay=cast.rune)


def verified() -> str:
    out = StringIO()
    call_command("audit_verify", stdout=out)
    return out.getvalue()


def closed_again(cast: Cast, meeting: Meeting) -> None:
    services.meeting_reopen(access=cast.access(cast.mette), number=meeting.number, why="Forkert dag", today=TODAY)
    meeting.refresh_from_db(from_queryset=Meeting.objects.for_home(cast.home))
    services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="", today=TODAY)


def shown(cast: Cast, meeting: Meeting, query: str = "") -> str:
    address = reverse("minutes", args=[cast.home.slug, meeting.number])
    return str(cast.client(cast.mette).get(address + query).content.decode())


def reworded(cast: Cast) -> None:
    section = of(cast)
    section.content["texts"][0]["text"] = "Sover godt"
    # Whoever can write in the table can work out the section's own digest too.
    section.hash = services.section_hash(section)
    section.save()


def head_changed(cast: Cast) -> None:
    minutes = Minutes.objects.for_home(cast.home).get()
    minutes.head["gap_reason"] = "Alle var enige"
    minutes.save()


def taken_out(cast: Cast) -> None:
    of(cast).delete()


def put_in(cast: Cast) -> None:
    row = of(cast)
    MinutesSection(
        minutes=row.minutes, stay=row.stay, audience="joint", order=9, content=row.content, hash=row.hash
    ).insert()


def all_made_to_fit(cast: Cast) -> None:
    reworded(cast)
    row = of(cast)
    row.minutes.digests["sections"][str(row.pk)]["hash"] = row.hash
    row.minutes.save()


def digests_emptied(cast: Cast) -> None:
    Minutes.objects.for_home(cast.home).update(digests={})


def given_to_the_other_side(cast: Cast) -> None:
    rows = MinutesSection.objects.for_home(cast.home).filter(stay=cast.rune, audience="home")
    assert rows.update(audience="joint") == 1


def newest_taken_out(cast: Cast) -> None:
    meeting = Minutes.objects.for_home(cast.home).get().meeting
    closed_again(cast, meeting)
    newest = Minutes.objects.for_home(cast.home).filter(edition=2)
    MinutesSection.objects.for_home(cast.home).filter(minutes__in=newest).delete()
    newest.delete()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (given_to_the_other_side, "er ændret"),
        (newest_taken_out, "udgave 2 er væk"),
        (reworded, "er ændret"),
        (head_changed, "hovedet er ændret"),
        (taken_out, "er væk"),
        (put_in, "er kommet til"),
        (all_made_to_fit, "loggen kender ikke udgaven"),
        (digests_emptied, "loggen kender ikke udgaven"),
    ],
)
def test_what_was_changed_past_the_program_is_said_on_the_page_and_by_audit_verify(
    cast: Cast, closed: Meeting, change: Callable[[Cast], None], fault: str
) -> None:
    assert BROKEN not in shown(cast, closed)
    assert "Kæden holder" in verified()
    change(cast)
    assert shown(cast, closed).count(BROKEN) == 1
    told = cast.client(cast.mette).get(reverse("minutes-pdf", args=[cast.home.slug, closed.number])).content
    words = " ".join(PdfReader(BytesIO(told)).pages[0].extract_text().split())
    assert BROKEN in words
    with pytest.raises(CommandError) as faults:
        verified()
    assert f"møde {closed.number}, udgave 1: " in str(faults.value)
    assert fault in str(faults.value)
    assert "Rune" not in str(faults.value)


def test_second_edition_is_proved_beside_the_first(cast: Cast, closed: Meeting) -> None:
    closed_again(cast, closed)
    assert "Kæden holder" in verified()
    digests = {row.data["digest"] for row in Entry.objects.filter(action="meeting.closed")}
    assert len(digests) == 2
    assert BROKEN not in shown(cast, closed)


def test_section_of_an_erased_stay_is_no_fault_and_its_salt_is_gone(cast: Cast, closed: Meeting) -> None:
    stay = residents.stay_end(stay=cast.rune, end=StayEnd.MOVED, on=TODAY, by=cast.mette)
    sections = MinutesSection.objects.for_home(cast.home)
    salts = set(sections.filter(stay=stay).values_list("salt", flat=True))
    assert len(salts) == sections.filter(stay=stay).count() > 1
    stay_erase(stay=stay, cause=Cause.AGAIN, why="", by=None, now=timezone.now())
    assert BROKEN not in shown(cast, closed)
    assert "Kæden holder" in verified()
    digests = str(Minutes.objects.for_home(cast.home).get().digests)
    assert [salt for salt in salts if salt in digests] == []


def test_edition_locked_before_there_were_digests_is_no_fault_beside_one_with(cast: Cast, closed: Meeting) -> None:
    Minutes.objects.for_home(cast.home).update(digests={})
    entries = Entry.objects.filter(action="meeting.closed")
    with unlocked():
        assert entries.update(data={}) == 1
    assert BROKEN not in shown(cast, closed)
    closed_again(cast, closed)
    for query in ("", "?udgave=1"):
        assert BROKEN not in shown(cast, closed, query)


def test_erased_stay_is_known_also_when_the_log_no_longer_goes_so_far_back(cast: Cast, closed: Meeting) -> None:
    Checkpoint.objects.create(scope=cast.home.scope, seq=1, hash="", anchored_on=TODAY, at=timezone.now())
    taken_out(cast)
    assert BROKEN in shown(cast, closed), "the stay is there still"
    stay = residents.stay_end(stay=cast.rune, end=StayEnd.MOVED, on=TODAY, by=cast.mette)
    stay_erase(stay=stay, cause=Cause.AGAIN, why="", by=None, now=timezone.now())
    with unlocked():
        Entry.objects.filter(action="stay.erased").delete()
    assert BROKEN not in shown(cast, closed)
