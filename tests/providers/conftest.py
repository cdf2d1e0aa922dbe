import pytest

for _name in ("contract", "contract_abilities", "contract_sharing", "contract_versions", "world"):
    pytest.register_assert_rewrite(f"hubdrives.testing.{_name}")
