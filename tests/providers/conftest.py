import pytest

pytest.register_assert_rewrite("hubdrives.testing.contract", "hubdrives.testing.world")
