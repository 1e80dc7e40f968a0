"""Of which stays a side may hand out its account, and what each account is read from."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from accounts.access import Access
from organisation.models import Side, User
from organisation.region import Rules
from privacy.names import called
from residents.models import Stay, TeamLink
from residents.selectors import visible_stays
from residents.sharing import Sight, audience_of, own_home, own_team


@dataclass(frozen=True)
class StayAccount:
    """A stay whose account a leader may hand out for their side. It holds the side's own and what is joint."""

    stay: Stay
    sight: Sight

    @property
    def joint(self) -> bool:
        """Whether what was decided in common is in it, and so the name and the situation."""
        return Side.JOINT in self.sight.sides

    @property
    def label(self) -> str:
        """'Rune · bolig 4', or the flat alone where the name is not shared."""
        return f"{self.stay.resident.name} · bolig {self.stay.flat}" if self.joint else f"bolig {self.stay.flat}"


def stay_accounts(access: Access, today: date, only: int | None = None) -> list[StayAccount]:
    """The stays of which the person's side keeps something: all of the home's, or those the team was linked to.

    A team's own texts stay its own when sharing is withdrawn or the stay has ended; what is joint is then the home's
    to hand out. One query for a home, five for a team.
    """
    stays = Stay.objects.for_home(access.home).select_related("resident", "moved_to").order_by("flat", "pk")
    if only is not None:
        stays = stays.filter(pk=only)
    if access.team is None:
        return [StayAccount(stay, own_home()) for stay in stays]
    linked = TeamLink.objects.for_home(access.home).filter(team=access.team).values("stay")
    visible = {
        stay.id: Sight(frozenset(part for part in stay.sight.parts if part[0] != Side.HOME))
        for stay in visible_stays(access.home, audience_of(access), today, only)
        if stay.sight.shared
    }
    return [StayAccount(stay, visible.get(stay.pk, own_team())) for stay in stays.filter(pk__in=linked)]


def stay_account(access: Access, stay: int, today: date) -> StayAccount:
    """One of them. Raises LookupError for any other."""
    accounts = stay_accounts(access, today, only=stay)
    if not accounts:
        raise LookupError("stay")
    return accounts[0]


@dataclass
class Source:
    """What the person's side keeps of one stay, and what of it may be told."""

    access: Access
    stay_account: StayAccount
    rules: Rules
    # Whether something was left out because it is about another resident.
    wrong: bool = False

    @property
    def side(self) -> Side:
        return self.access.side

    @property
    def sight(self) -> Sight:
        return self.stay_account.sight

    @property
    def joint(self) -> bool:
        return self.stay_account.joint

    def rows(self, model: Any, way: str = "stay", **where: Any) -> QuerySet[Any]:
        """The stay's rows of a model; `way` leads from the row to the stay."""
        kept = model.objects.for_home(self.access.home)
        of_stay: QuerySet[Any] = kept.filter(**{way: self.stay_account.stay.pk}, **where)
        return of_stay


def name_of(user: User | None) -> str:
    """The person as an account names them; '' for nobody."""
    return called(user, user.pk) if user else ""


def for_whom(written_for: str) -> str:
    """Whose text it was, where the other side's hand wrote it; else ''."""
    return {"home": "botilbuddet", "team": "teamet"}.get(written_for, "")
