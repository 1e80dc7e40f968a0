"""Static files in production."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names with a hash of the content, also where one script imports another.

    If a page names a script with its hash and another script imports it without, it runs twice, with double listeners.
    """

    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """The file's address. A page names a dozen, and they do not change while the process runs, so they are kept."""
        if force:
            return str(super().url(name, force))
        if name not in self._known:
            self._known[name] = super().url(name)
        return self._known[name]
