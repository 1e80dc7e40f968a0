#!/usr/bin/env python3
"""Django's command line for the project."""

import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "botilbud.settings")
    # As the web process does: the modules read at the start are not gone through again and again.
    gc.set_threshold(10_000, 10, 10)
    execute_from_command_line(sys.argv)
