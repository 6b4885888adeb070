"""What applications of one process have in common: worked out once in a test run, not once for each of them.

The words of an SQL statement and the builder of an address depend on nothing that a test can change. What the
application itself keeps between requests is not shared: each starts cold, as in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Dialect, Engine, create_engine
from werkzeug.routing import Rule

from conference import db

STATEMENTS = 3000  # more than there are

_COMPILED: dict[tuple[str, str], tuple[Dialect, Any]] = {}
_BUILT: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
_build = Rule._compile_builder


def install(config: pytest.Config) -> None:
    """Share it from now on, until the run ends."""
    patched = pytest.MonkeyPatch()
    patched.setattr(db, "create_engine", engine)
    patched.setattr(Rule, "_compile_builder", builder)
    config.add_cleanup(patched.undo)


def engine(url: object, **options: Any) -> Engine:
    """An engine that knows which words the earlier ones of its kind found."""
    made = create_engine(url, query_cache_size=STATEMENTS, **options)  # type: ignore[call-overload]
    kind = made.dialect.name, made.dialect.driver
    dialect, compiled = _COMPILED.get(kind, (None, None))
    if dialect is not None and dialect.server_version_info:  # it has met a server
        made.dialect, made._compiled_cache = dialect, compiled
    else:
        _COMPILED[kind] = made.dialect, made._compiled_cache
    return made


def builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002
    """What makes addresses of a rule that was read before."""
    key = rule.rule, rule.subdomain, rule.host, append_unknown, repr(rule.defaults), repr(rule._trace)
    if key not in _BUILT:
        _BUILT[key] = _build(rule, append_unknown)
    return _BUILT[key]
