from reminders.kinds.base import Listed, Urgent
from reminders.kinds.of_sign import OfSign, UnansweredSign


class SignNow(OfSign, Urgent[UnansweredSign]):
    """An early sign that must be seen today."""

    code = "sign-now"
    setting = "Tidligt tegn, der skal ses i dag"
    mail = "1 tidligt tegn, du ikke har set"
    mail_leads_to = "/"
    never_put_off = "Tegnet kan ikke udskydes. Åbn tavlen, og tryk »Jeg har set det«."
    never_hidden = "Tegnet kan ikke fjernes. Det forsvinder, når du har set det på tavlen."

    def says(self, listed: Listed) -> str:
        return f"Tidligt tegn fra {listed.other}, der skal ses i dag"
