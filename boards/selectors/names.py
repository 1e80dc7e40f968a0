"""People who share a name, told apart in what is about to be shown."""

from organisation.models import User


def tell_apart(names: dict[int, str], *people: User | None) -> None:
    """Gives those who share a name the one they are told apart by, in what is about to be shown."""
    for user in people:
        if user is not None and user.pk in names:
            user.name = names[user.pk]
