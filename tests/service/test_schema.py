"""Requests made up from the document, by the thousand: nothing breaks, nothing is undocumented."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.service.test_contract import SAID
from tests.service.world import Server

schema = schemathesis.openapi.from_dict(SAID)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


@schema.parametrize()
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_server_or_the_document(server: Server, case: Any) -> None:
    case.call_and_validate(base_url=server.url, checks=CHECKS)


def test_the_server_still_answers(server: Server) -> None:
    assert server.get("/predict", asset="BTC", horizon_hours=24).status_code == 200
