"""Static files in production."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names with their content's hash, also where one script imports another.

    A script a page names by its hash and another imports without would run twice, with every listener doubled.
    """

    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """The file's address, worked out once: a page names a dozen, and they stay the same as long as the process."""
        if force:
            return str(super().url(name, force))
        if name not in self._known:
            self._known[name] = super().url(name)
        return self._known[name]
