"""The day's anchor of the log goes to the other party by mail, once, and can be kept and compared."""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from audit import anchors
from audit.models import Anchor
from operations.tasks import minute
from organisation.models import Membership, Organisation, Role, User
from reminders import services
from reminders.models import AnchorMail
from tests.conftest import TODAY, Cast, required

pytestmark = pytest.mark.both

State = AnchorMail.State
REGION, TOWN = "anker@region.invalid", "anker@kommune.invalid"


@dataclass
class Post:
    """The mails that left, and a server that can say no."""

    cast: Cast
    monkeypatch: pytest.MonkeyPatch
    fault: Exception | None = None
    tried: list[EmailMessage] = field(default_factory=list)
    meanwhile: Callable[[], Any] | None = None

    @property
    def box(self) -> list[EmailMessage]:
        return list(mail.outbox)

    def name(self, organisation: Organisation, address: str) -> None:
        Organisation.objects.filter(pk=organisation.pk).update(anchor_mail=address)

    def out(self) -> int:
        return services.anchors_out(timezone.now())

    def states(self) -> list[tuple[str, str]]:
        rows = AnchorMail.objects.order_by("anchor__day", "organisation__name")
        return list(rows.values_list("organisation__name", "state"))


@pytest.fixture
def post(cast: Cast, settings, monkeypatch: pytest.MonkeyPatch) -> Post:
    """The region has named an address; the municipality has not."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    made = Post(cast, monkeypatch)
    made.name(cast.team.organisation, REGION)
    leaves = EmailMessage.send

    def send(self: EmailMessage, fail_silently: bool = False) -> int:
        made.tried.append(self)
        if made.meanwhile:
            made.meanwhile()
        if made.fault:
            raise made.fault
        return int(leaves(self, fail_silently))

    monkeypatch.setattr(EmailMessage, "send", send)
    return made


def test_minute_task_makes_the_anchor_and_sends_it_once(post: Post) -> None:
    for _ in range(3):
        minute()
    assert [(one.to, one.subject) for one in post.box] == [([REGION], "Loggens anker 17.11.2026")]
    assert post.states() == [("Region Sundbæk", State.SENT)]
    row = AnchorMail.objects.get()
    assert (row.address, row.sent_at) == (REGION, timezone.now())


def test_command_sends_it_too(post: Post) -> None:
    call_command("send_reminders", stdout=StringIO())
    assert [one.to for one in post.box] == [[REGION]]


def test_each_day_is_sent_once_to_each_who_named_an_address(post: Post, clock) -> None:
    post.name(post.cast.home.organisation, TOWN)
    for _ in range(3):
        minute()
        minute()
        clock.shift(timedelta(days=1))
    assert [one.to[0] for one in post.box] == [REGION, TOWN] * 3
    assert len({one.extra_headers["Message-ID"] for one in post.box}) == 6


def test_mail_holds_no_name_and_says_what_to_do_with_it(post: Post) -> None:
    post.cast.write("Hemmeligt")
    post.cast.client(post.cast.mette).post("/find/", {"q": "Rune"})
    minute()
    [sent] = post.box
    whole = sent.message().as_string()
    for word in ("Rune", "Mette", "Havtornen", "havtornen", "Hemmelig"):
        assert word not in whole
    assert "viser, hvor langt loggens kæder var nået den 17.11.2026" in sent.body
    assert "Gem filen et sted, som den anden part ikke råder over" in sent.body


@pytest.mark.parametrize("kept", ["attachment", "whole mail"])
def test_what_a_person_keeps_of_the_mail_can_be_compared(post: Post, tmp_path: Path, kept: str) -> None:
    minute()
    [sent] = post.box
    [(name, text, kind)] = sent.attachments
    assert (name, kind) == ("anker-2026-11-17.txt", "text/plain")
    path = tmp_path / str(name)
    # Django's own message takes line ends; the stubs know only the standard library's.
    whole: Any = sent.message()
    path.write_bytes(str(text).encode() if kept == "attachment" else whole.as_bytes(linesep="\r\n"))
    out = StringIO()
    call_command("audit_verify", anchor=str(path), stdout=out)
    assert "Ankeret af 2026-11-17 passer." in out.getvalue()
    path.write_bytes(path.read_bytes().replace(b"home:", b"home:1"))
    with pytest.raises(CommandError, match="er ikke et anker, eller det er ændret"):
        call_command("audit_verify", anchor=str(path))


@pytest.mark.parametrize("fault", [
    ConnectionRefusedError(), TimeoutError(), smtplib.SMTPConnectError(421, b"busy"),
    smtplib.SMTPRecipientsRefused({}), smtplib.SMTPSenderRefused(550, b"no", "x"), smtplib.SMTPDataError(452, b"full"),
    smtplib.SMTPAuthenticationError(535, b"no"),
])  # fmt: skip
def test_server_that_refuses_loses_nothing_and_is_asked_again(post: Post, clock, fault: Exception) -> None:
    anchors.make(timezone.now())
    post.fault = fault
    assert (post.out(), post.out()) == (0, 0)
    assert len(post.tried) == 1, "not every minute"
    assert post.states() == [("Region Sundbæk", State.WAITING)]
    clock.shift(timedelta(minutes=10))
    assert post.out() == 0
    post.fault = None
    clock.shift(timedelta(minutes=10))
    assert post.out() == 1
    assert post.out() == 0
    assert [one.to for one in post.box] == [[REGION]]


def test_refusal_for_one_does_not_stop_the_other(post: Post) -> None:
    post.name(post.cast.home.organisation, TOWN)
    anchors.make(timezone.now())

    def fails_first() -> None:
        post.fault = smtplib.SMTPRecipientsRefused({}) if len(post.tried) == 1 else None

    post.meanwhile = fails_first
    assert post.out() == 1
    assert sorted(state for _, state in post.states()) == [State.SENT, State.WAITING]


def test_mail_that_may_have_left_is_looked_at_and_not_resent(post: Post, clock) -> None:
    anchors.make(timezone.now())
    post.fault = smtplib.SMTPServerDisconnected()
    assert post.out() == 0
    post.fault = None
    clock.shift(timedelta(hours=2))
    assert post.out() == 0
    assert post.states() == [("Region Sundbæk", State.LOOK)]
    assert post.box == []


def test_claim_that_died_is_looked_at_and_never_resent(post: Post) -> None:
    anchor = required(anchors.make(timezone.now()))
    AnchorMail.objects.create(
        anchor=anchor, organisation=post.cast.team.organisation, state=State.SENDING,
        claimed_at=timezone.now() - timedelta(minutes=11),
    )  # fmt: skip
    assert post.out() == 0
    assert post.states() == [("Region Sundbæk", State.LOOK)]


def test_claim_of_a_worker_that_still_sends_is_left_alone(post: Post) -> None:
    anchor = required(anchors.make(timezone.now()))
    AnchorMail.objects.create(
        anchor=anchor, organisation=post.cast.team.organisation, state=State.SENDING,
        claimed_at=timezone.now() - timedelta(minutes=9),
    )  # fmt: skip
    assert post.out() == 0
    assert post.states() == [("Region Sundbæk", State.SENDING)]


def test_two_workers_send_one(post: Post) -> None:
    anchors.make(timezone.now())
    other: list[int] = []

    def second_worker() -> None:
        post.meanwhile = None
        other.append(post.out())

    post.meanwhile = second_worker
    assert (post.out(), other) == (1, [0])
    assert len(post.box) == 1


def test_worker_that_lined_up_first_is_no_fault(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    anchors.make(timezone.now())
    others: list[int] = []

    def stale(organisations: list[int]) -> dict[int, date]:
        """What stood before the other worker ran."""
        monkeypatch.undo()
        others.append(post.out())
        return {}

    monkeypatch.setattr("reminders.services.anchors.last_lined_up", stale)
    assert post.out() == 0
    assert others == [1]
    assert len(post.box) == AnchorMail.objects.count() == 1


def test_days_nobody_ticked_are_made_up_for_a_week_back(post: Post, clock) -> None:
    minute()
    for _ in range(9):
        clock.shift(timedelta(days=1))
        anchors.make(timezone.now())
    assert post.out() == 7
    assert [one.subject for one in post.box][1] == "Loggens anker 20.11.2026"


def test_address_named_today_gets_the_newest_and_not_the_old(post: Post, clock) -> None:
    for _ in range(4):
        minute()
        clock.shift(timedelta(days=1))
    post.name(post.cast.home.organisation, TOWN)
    assert post.out() == 1
    assert (post.box[-1].to, post.box[-1].subject) == ([TOWN], "Loggens anker 20.11.2026")


def test_address_taken_away_gets_nothing_more(post: Post, clock) -> None:
    anchors.make(timezone.now())
    post.fault = ConnectionRefusedError()
    post.out()
    post.fault = None
    post.name(post.cast.team.organisation, "")
    clock.shift(timedelta(days=1))
    minute()
    assert post.box == []


def test_nobody_named_an_address(post: Post) -> None:
    post.name(post.cast.team.organisation, "")
    minute()
    assert Anchor.objects.count() == 1
    assert AnchorMail.objects.count() == 0


def page(cast: Cast, user: User) -> str:
    return " ".join(cast.client(user).get(reverse("administration-anchors")).content.decode().split())


def test_page_says_to_whom_and_when_and_the_own_address_alone(post: Post, clock) -> None:
    cast = post.cast
    nina = User.objects.create_user("nina@x.invalid", name="Nina")
    Membership.objects.create(user=nina, role=Role.LEADER, team=cast.team, from_day=TODAY)
    post.name(cast.home.organisation, TOWN)
    minute()
    for user, own, other in ((cast.lis, TOWN, REGION), (nina, REGION, TOWN)):
        text = page(cast, user)
        assert "Region Sundbæk: sendt 17.11.2026 kl. 9.30" in text
        assert "Sundbæk Kommune: sendt 17.11.2026 kl. 9.30" in text
        assert own in text
        assert other not in text


def test_page_says_what_waits_and_what_needs_a_look(post: Post) -> None:
    anchors.make(timezone.now())
    post.fault = ConnectionRefusedError()
    post.out()
    assert "Region Sundbæk: venter, senest forsøgt 17.11.2026 kl. 9.30" in page(post.cast, post.cast.lis)
    AnchorMail.objects.update(state=State.LOOK)
    assert "Region Sundbæk: skal ses på" in page(post.cast, post.cast.lis)


def test_page_takes_the_same_queries_for_one_day_and_for_many(post: Post, clock, django_assert_max_num_queries) -> None:
    minute()
    client = post.cast.client(post.cast.lis)
    client.get(reverse("administration-anchors"))
    for _ in range(10):
        clock.shift(timedelta(hours=8))
        minute()
    with django_assert_max_num_queries(14):
        client.get(reverse("administration-anchors"))
