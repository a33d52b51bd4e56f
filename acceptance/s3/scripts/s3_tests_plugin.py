"""For pytest: leaves out the clean-up around each of ceph's tests, which takes longer than the test.

Every test makes buckets of new names, and the store is thrown away at the end.
"""

import pytest


@pytest.hookimpl
def pytest_collection_finish(session):
    import s3tests.functional as functional

    functional.setup = functional.teardown = lambda: None
