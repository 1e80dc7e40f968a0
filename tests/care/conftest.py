from tests.proofs import _row_alone_is_the_whole  # noqa: F401 - holds of every test here
