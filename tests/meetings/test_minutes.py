"""Minutes as page and PDF, per audience and edition."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from audit.models import ReadEntry
from boards import services as boards
from boards.models import Cell, CellRevision, Intervention, State
from criteria.models import Level
from meetings import layout, services
from meetings.models import Meeting, Minutes, MinutesSection
from organisation.models import Side
from residents import services as resident_services
from tests.conftest import TODAY, Cast, text_in


@pytest.fixture
def closed(cast: Cast) -> Meeting:
    """Rune akut and discussed, Tove subakut and not reached; both sides wrote and agreed on something."""
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.tove, key="andet", other="Søsteren Bodil er syg")
    cast.write("Går rundt om natten")
    cast.write("Vil have en vaskemaskine", column_key="goals", side=Side.JOINT)
    cast.write("Teamets vurdering", by=cast.amina, side=Side.TEAM)
    cast.agree("Går en tur med hunden", owner=cast.mette, due_on=TODAY)
    cast.agree("Samtale hos læge", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    cast.agree("Kalder på vicevært", due_on=TODAY, track="coordination", owner=cast.mette)
    return close(cast, cast.start())


def close(cast: Cast, meeting: Meeting, why: str = "") -> Meeting:
    return services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why=why, today=TODAY)


def again(cast: Cast, meeting: Meeting, why: str = "Forkert dag hos Rune") -> None:
    services.meeting_reopen(access=cast.access(cast.mette), number=meeting.number, why=why, today=TODAY)
    meeting.refresh_from_db(from_queryset=Meeting.objects.for_home(cast.home))
    close(cast, meeting, "Afsnittet ringer")


def page(cast: Cast, user, meeting: Meeting, query: str = "") -> str:
    answer = cast.client(user).get(reverse("minutes", args=[cast.home.slug, meeting.number]) + query)
    assert answer.status_code == 200, query
    return str(answer.content.decode())


def pdf(cast: Cast, user, meeting: Meeting, query: str = "") -> tuple[str, PdfReader, str]:
    answer = cast.client(user).get(reverse("minutes-pdf", args=[cast.home.slug, meeting.number]) + query)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    reader = PdfReader(BytesIO(answer.content))
    return "\n".join(one.extract_text() for one in reader.pages), reader, answer["Content-Disposition"]


@pytest.mark.parametrize("name", ["minutes", "minutes-pdf"])
@pytest.mark.parametrize(
    ("query", "home", "team"),
    [
        ("", 200, 200), ("?til=joint", 200, 200), ("?til=uden-navne", 200, 200), ("?til=home", 200, 404),
        ("?til=team", 404, 200), ("?til=wall", 404, 404), ("?til=", 404, 404), ("?udgave=1", 200, 200),
        ("?udgave=2", 404, 404), ("?udgave=0", 404, 404), ("?udgave=", 404, 404), ("?udgave=x", 404, 404),
        ("?udgave=-1", 404, 404), ("?udgave=²", 404, 404), ("?udgave=99999999999999999999", 404, 404),
    ],
)  # fmt: skip
def test_each_side_gets_its_own_the_joint_and_the_nameless(
    cast: Cast, closed: Meeting, name: str, query: str, home: int, team: int
) -> None:
    url = reverse(name, args=[cast.home.slug, closed.number]) + query
    assert cast.client(cast.mette).get(url).status_code == home
    assert cast.client(cast.amina).get(url).status_code == team
    assert cast.client(cast.stranger).get(url).status_code == 404


def test_meeting_never_closed_has_no_minutes(cast: Cast) -> None:
    number = cast.meeting().number
    for name in ("minutes", "minutes-pdf", "board-then"):
        assert cast.client(cast.mette).get(reverse(name, args=[cast.home.slug, number])).status_code == 404
        assert cast.client(cast.mette).get(reverse(name, args=[cast.home.slug, 999])).status_code == 404


def test_nameless_minutes_hold_nothing_anybody_typed_and_nobodys_name(cast: Cast, closed: Meeting) -> None:
    html = page(cast, cast.mette, closed, "?til=uden-navne")
    text, _, header = pdf(cast, cast.mette, closed, "?til=uden-navne")
    article = html[html.index("<article") : html.index("</article>")]
    for shown in (article, text):
        for private in (
            "Rune", "Tove", "bolig", "Mette", "Amina", "Bodil", "natten", "vaskemaskine", "hunden", "læge", "vicevært",
        ):  # fmt: skip
            assert private not in shown, private
        for kept in ("Punkt 1", "Akut krise", "Op til akut", "Andet", "Botilbuddet: 1 planlagt", "Teamet: 1 planlagt"):
            assert kept in shown, kept
        assert "Botilbuddet 1 · Teamet 1" in shown
    assert header == 'inline; filename="referat-uden-navne-2026-11-17-udgave-1.pdf"'


def test_nameless_minutes_name_no_criterion_in_own_words_even_where_old_minutes_kept_no_set(
    cast: Cast, closed: Meeting
) -> None:
    for section in MinutesSection.objects.for_home(cast.home):
        section.content.pop("set")
        section.save()
    shown = page(cast, cast.amina, closed, "?til=uden-navne")
    assert "Bodil" not in shown
    assert "Akut krise" in shown


def test_nameless_minutes_leave_out_the_typed_reasons(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.agree("Uden ejer")
    services.topic_park(access=cast.access(cast.mette), stay_id=None, team=cast.team, text="Nøgler til Bodil", key="")
    meeting = cast.start()
    close(cast, meeting, "Rune sagde nej")
    again(cast, meeting, "Bodil ringede")
    shown = page(cast, cast.mette, meeting, "?til=uden-navne")
    for private in ("sagde nej", "Nøgler", "Bodil"):
        assert private not in shown, private
    assert "sagde nej" in page(cast, cast.mette, meeting, "?udgave=1")


def test_pdf_says_what_the_page_says_in_danish_and_real_text(cast: Cast, closed: Meeting) -> None:
    for query in ("", "?til=home"):
        html, (text, reader, header) = page(cast, cast.mette, closed, query), pdf(cast, cast.mette, closed, query)
        for words in (
            "Rune", "bolig 4", "Akut krise", "Går rundt om natten", "Samtale hos læge", "Ikke nået", "Amina (online)",
            "Teamets vurdering", "vaskemaskine",
        ):  # fmt: skip
            assert words.lower() in html.lower(), words
            assert words.lower() in text.lower().replace("\n", " "), words
        assert str(reader.root_object["/Lang"]) == "da"
        assert reader.metadata is not None
        assert reader.metadata.title == "Referat Havtornen tirsdag 17. november 2026"
    assert header == 'inline; filename="referat-havtornen-home-2026-11-17-udgave-1.pdf"'


def test_what_a_side_took_back_is_in_neither_page_nor_pdf_of_the_other(cast: Cast, closed: Meeting) -> None:
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    for query in ("", "?til=home", "?til=uden-navne"):
        for shown in (page(cast, cast.mette, closed, query), pdf(cast, cast.mette, closed, query)[0]):
            assert "Teamets vurdering" not in shown
            assert "Samtale hos læge" not in shown
            assert "Teamet: 1 planlagt" not in shown
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    for query in ("", "?til=team", "?til=uden-navne"):
        for shown in (page(cast, cast.amina, closed, query), pdf(cast, cast.amina, closed, query)[0]):
            assert "Akut krise" not in shown
            assert "1 beboer vises ikke" in shown.replace("\n", " ")


def test_earlier_edition_opens_marked_as_replaced_and_says_why(cast: Cast, closed: Meeting) -> None:
    cast.write("Rettet bagefter", seen=1)
    again(cast, closed)
    newest = page(cast, cast.amina, closed)
    assert "Rettet bagefter" in newest
    assert "Erstattet af" not in newest
    assert "Genåbnet: Forkert dag hos Rune" in newest
    assert newest.count("af Mette") == 2
    earlier = page(cast, cast.amina, closed, "?udgave=1")
    assert "Erstattet af udgave 2" in earlier
    assert "Går rundt om natten" in earlier
    assert "Rettet bagefter" not in earlier
    assert "Ret i mødet" not in earlier
    assert "Erstattet af udgave 2" in pdf(cast, cast.amina, closed, "?udgave=1")[0]
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert "natten" not in page(cast, cast.amina, closed, "?udgave=1")


def test_reading_is_logged_per_audience(cast: Cast, closed: Meeting) -> None:
    page(cast, cast.mette, closed)
    page(cast, cast.mette, closed, "?til=home")
    pdf(cast, cast.mette, closed, "?til=uden-navne")
    rows = ReadEntry.objects.filter(viewer=cast.mette.pk)
    found = {row.screen: row.stays for row in rows}
    both = sorted([cast.rune.pk, cast.tove.pk])
    assert found == {"referat-joint": both, "referat-home": both, "referat-pdf-uden-navne": both}


@pytest.mark.parametrize(("by", "side"), [("mette", Side.HOME), ("amina", Side.TEAM)])
def test_text_on_the_wrong_resident_is_gone_for_the_other_side_and_marked_for_its_own(
    cast: Cast, closed: Meeting, by: str, side: Side
) -> None:
    own, other = (cast.mette, cast.amina) if by == "mette" else (cast.amina, cast.mette)
    words = {Side.HOME: "Går rundt om natten", Side.TEAM: "Teamets vurdering"}[side]
    cell = Cell.objects.for_home(cast.home).get(stay=cast.rune, column="status", side=side)
    CellRevision.objects.for_home(cast.home).filter(cell=cell, version=1).update(
        misfiled_at=timezone.now(), misfiled_by=own
    )
    for query in ("", f"?til={'team' if other == cast.amina else 'home'}", "?udgave=1"):
        for shown in (page(cast, other, closed, query), pdf(cast, other, closed, query)[0]):
            assert words not in shown
            assert "forkert beboer" not in shown
    for shown in (page(cast, own, closed, f"?til={side}"), pdf(cast, own, closed, f"?til={side}")[0]):
        assert words not in shown
        assert "Skrevet på forkert beboer" in shown.replace("\n", " ")


def test_another_version_of_the_text_still_stands(cast: Cast, closed: Meeting) -> None:
    cast.write("Ny tekst", seen=1)
    CellRevision.objects.for_home(cast.home).filter(version=2).update(misfiled_at=timezone.now())
    assert "Går rundt om natten" in page(cast, cast.amina, closed)


def test_intervention_on_the_wrong_resident_never_shows(cast: Cast, closed: Meeting) -> None:
    Intervention.objects.for_home(cast.home).filter(what="Går en tur med hunden").update(state=State.MISFILED)
    for user, query in ((cast.mette, ""), (cast.mette, "?til=home"), (cast.amina, "?til=team")):
        assert "hunden" not in page(cast, user, closed, query)
    again(cast, closed)
    assert "hunden" not in str(list(MinutesSection.objects.for_home(cast.home).filter(minutes__edition=2).values()))


def test_head_shows_paper_times_and_who_came_late(cast: Cast, closed: Meeting) -> None:
    minutes = Minutes.objects.for_home(cast.home).get()
    minutes.head |= {"paper": "holdt på papir, indtastet 19.11. af Mette", "planned": 60, "used": 52}
    minutes.head["present"][0] |= {"came": "09:40", "left": "10.05"}
    minutes.save()
    for shown in (page(cast, cast.amina, closed), pdf(cast, cast.amina, closed)[0].replace("\n", " ")):
        for words in (
            "Holdt på papir, indtastet 19.11. af Mette",
            "planlagt 60, brugt 52 min.",
            "kom kl. 9.40, gik kl.",
        ):
            assert words in shown, words
    assert "af Mette" not in page(cast, cast.amina, closed, "?til=uden-navne")


def test_minutes_locked_before_the_sections_kept_more_still_open(cast: Cast, closed: Meeting, clock) -> None:
    cast.write("Sover igen", seen=1)
    clock.shift(timedelta(days=7))
    close(cast, cast.start(), "Afsnittet ringer")
    as_they_were(cast)
    for user, query in ((cast.mette, ""), (cast.mette, "?til=uden-navne"), (cast.amina, "?til=team")):
        for shown in (page(cast, user, closed, query), pdf(cast, user, closed, query)[0]):
            assert "Akut krise" in shown
    client, slug = cast.client(cast.mette), cast.home.slug
    assert "Går rundt om natten" in text_in(client.get(reverse("board-then", args=[slug, closed.number])))
    assert "Sover igen" in text_in(client.get(reverse("compare-meetings", args=[slug])))


def as_they_were(cast: Cast) -> None:
    """Takes out what the first minutes did not keep."""
    old = {"name", "flat", "level", "level_label", "criteria", "review", "decision", "reached", "texts",
           "interventions"}  # fmt: skip
    texts = {"title", "side", "text", "author", "written_for", "when"}
    agreed = {"track", "day", "what", "owner", "with_whom", "state"}
    for section in MinutesSection.objects.for_home(cast.home):
        content = {key: value for key, value in section.content.items() if key in old}
        content["texts"] = [{k: v for k, v in text.items() if k in texts} for text in content["texts"]]
        content["interventions"] = [{k: v for k, v in item.items() if k in agreed} for item in content["interventions"]]
        section.content = content
        section.save()


def test_minutes_of_many_residents_cost_the_same_queries(
    cast: Cast, closed: Meeting, django_assert_max_num_queries
) -> None:
    client = cast.client(cast.mette)
    page(cast, cast.mette, closed)
    rows = list(MinutesSection.objects.for_home(cast.home).filter(audience="joint"))
    for _ in range(20):
        row = rows[0]
        MinutesSection(
            minutes=row.minutes, stay=row.stay, audience="joint", order=9, content=row.content, hash=row.hash
        ).insert()
    with django_assert_max_num_queries(35):
        client.get(reverse("minutes", args=[cast.home.slug, closed.number]))


def test_hour_is_read_however_it_was_kept() -> None:
    assert [layout.hour(text) for text in ("09:40", "9.40", "kl. 9.40", "10:05:00")] == [
        "kl. 9.40", "kl. 9.40", "kl. 9.40", "kl. 10.05",
    ]  # fmt: skip


def test_sections_keep_their_hash(cast: Cast, closed: Meeting, clock) -> None:
    clock.shift(timedelta(days=1))
    for section in MinutesSection.objects.for_home(cast.home):
        assert section.hash == services.section_hash(section)


def test_what_the_reader_wrote_after_the_close_is_told_the_same_day_and_stands_in_no_minutes(
    cast: Cast, closed: Meeting, clock
) -> None:
    told = "på tavlen, efter mødet blev afsluttet"
    where = boards.CellKey(cast.rune.pk, "status", Side.HOME)
    boards.cell_confirm(access=cast.access(cast.mette), where=where, seen=1, today=TODAY)
    assert told not in page(cast, cast.mette, closed), "nothing was written"
    cast.write("Skrevet efter", seen=1)
    cast.agree("Ringe til lægen", owner=cast.mette, due_on=TODAY)
    shown = page(cast, cast.mette, closed)
    assert f"Du har skrevet {told}" in " ".join(shown.split())
    assert "Skrevet efter" not in shown
    assert told not in page(cast, cast.amina, closed), "it was not hers"
    again(cast, closed)
    assert told not in page(cast, cast.mette, closed), "it stands in the new edition"
    assert told not in page(cast, cast.mette, closed, "?udgave=1")
    cast.write("Endnu senere", seen=2)
    clock.shift(timedelta(days=1))
    assert told not in page(cast, cast.mette, closed)


def test_topic_talked_through_does_not_stand_as_one_to_take_up_later(cast: Cast) -> None:
    topics = [
        services.topic_park(access=cast.access(cast.mette), stay_id=None, team=cast.team, text=text, key="")
        for text in ("Nøgler", "Sommerferie")
    ]
    meeting = cast.start()
    services.topic_settle(access=cast.access(cast.mette), pk=topics[0].pk, today=TODAY)
    close(cast, meeting)
    head = Minutes.objects.for_home(cast.home).get().head
    assert (head["topics"], head["topics_done"]) == (["Sommerferie"], ["Nøgler"])
    shown = page(cast, cast.mette, meeting)
    assert shown.index("Talt igennem") < shown.index("Nøgler") < shown.index("Tages op senere")
    assert shown.index("Tages op senere") < shown.index("Sommerferie")
    printed, _, _ = pdf(cast, cast.amina, meeting)
    assert printed.index("Talt igennem") < printed.index("Nøgler") < printed.index("Sommerferie")
