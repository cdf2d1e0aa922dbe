import pytest
from tests.deploy.objects import DEPLOY, Object, rendered


@pytest.fixture(scope="session")
def objects() -> list[Object]:
    """What deploy/kubernetes is."""
    return rendered(DEPLOY / "kubernetes")
