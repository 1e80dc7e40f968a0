"""The web process: uvicorn serves this."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "botilbud.settings")

# WhiteNoise serves small files from memory or disk with a plain iterator; Django reads it whole, which is what we want.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

application = get_asgi_application()
