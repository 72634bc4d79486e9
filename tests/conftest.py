"""What several test files share."""

import pytest
from browsing import browsing


@pytest.fixture(scope="module")
def browser():
    """A browser, one for each file."""
    with browsing() as opened:
        yield opened
