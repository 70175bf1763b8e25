"""The served description of the API, and the check that a response matches it."""

import re

import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Description:
    def __init__(self, url):
        self._schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json")

    def must_cover(self, method, path, response):
        """Fails if the description has no such response."""
        operation, values = self._operation(method, path)
        case = operation.Case(path_parameters=values)
        case.validate_response(response, checks=CHECKS)

    def _operation(self, method, path):
        for template in self._schema:
            found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
            if found:
                return self._schema[template][method], found.groupdict()
        raise AssertionError(f"{path} is not described")
