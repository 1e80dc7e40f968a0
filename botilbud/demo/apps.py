from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "botilbud.demo"
    label = "demo"
