"""How schemathesis sends a policy, and that it does not take away the tokens that it asks with."""

import schemathesis


@schemathesis.serializer("application/toml")
def toml(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def filter_case(context, case):
    is_revocation = case.method.upper() == "DELETE" and case.path.startswith("/v1/tokens/")
    return not (is_revocation and str(case.path_parameters.get("id")) in {str(id) for id in range(1, 12)})
