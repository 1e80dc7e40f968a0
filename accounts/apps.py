from django.apps import AppConfig
from django.utils.module_loading import import_string


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # By name: its models can first be imported now.
        import_string("accounts.sign_ins.connect")()
        # A fault in the providers' file stops the start, and not the first person who signs in.
        import_string("accounts.own_provider.providers")()
