"""What schemathesis does not ask, because afterwards nobody would be let in to ask anything."""

import os

import schemathesis

# The token or the session that it asks with: every operation is asked, but not about this one.
OWN = os.environ.get("OPENWATCH_OWN", "")


@schemathesis.hook
def filter_case(context, case):
    return not OWN or OWN not in map(str, (case.path_parameters or {}).values())


@schemathesis.serializer("application/vnd.openwatch.bundle")
def bundle(context, value):
    return value if isinstance(value, bytes) else getattr(value, "data", str(value).encode())
