"""The shape has a database of its own, whatever the test run's is: once is enough."""

import os

collect_ignore = ["test_site.py"] if os.environ.get("DATABASE_URL") else []
