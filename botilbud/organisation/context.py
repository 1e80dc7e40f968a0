from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page shows. `access` is set by @home_view."""
    return {"demo": settings.DEMO, "access": getattr(request, "access", None), "debug": settings.DEBUG}
