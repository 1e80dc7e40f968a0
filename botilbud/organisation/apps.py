from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "botilbud.organisation"
    label = "organisation"
