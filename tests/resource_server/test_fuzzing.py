"""The API against requests made from its own document: no fault of ours, and no answer that the document forbids."""

import pytest
from tests.fuzzing import fuzz, token_for
from tests.servers import Server


@pytest.mark.parametrize("sub_type", ["organization", "user"])
def test_no_request_breaks_the_api_or_its_description(
    sqlite_server: Server, postgres_server: Server, sub_type: str
) -> None:
    """Some hundred requests to all operations, valid and not; `script/fuzz` sends twenty thousand."""
    server = {"organization": postgres_server, "user": sqlite_server}[sub_type]
    found = fuzz(server, token_for(server, sub_type), 8, seed=20_271_001, phases="examples,fuzzing")
    assert not found.failed, found.report
    assert found.requests > 200
