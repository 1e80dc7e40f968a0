"""People who share a name get their title added in what is about to be shown."""

from organisation.models import User


def tell_apart(names: dict[int, str], *people: User | None) -> None:
    """Adds the title to the names of people who share one, in what is about to be shown."""
    for user in people:
        if user is not None and user.pk in names:
            user.name = names[user.pk]
