from django.apps import AppConfig
from django.utils.module_loading import import_string


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Imported here by name, because its models cannot be imported earlier.
        import_string("accounts.sign_ins.connect")()
        # A fault in the providers' file stops the start. Otherwise the first person who signs in would meet it.
        import_string("accounts.own_provider.providers")()
