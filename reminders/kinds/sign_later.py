from reminders.kinds.base import Listed
from reminders.kinds.of_sign import OfSign


class SignLater(OfSign):
    """An early sign that can wait: on the list the same day, and in the next morning's mail."""

    code = "sign"
    setting = "Nyt tidligt tegn fra den anden side"

    def says(self, listed: Listed) -> str:
        return f"Nyt tidligt tegn fra {listed.other}. Du har ikke set det endnu"
