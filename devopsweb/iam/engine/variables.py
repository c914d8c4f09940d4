"""Policy variables: ``${aws:username}`` in resources and in string and ARN conditions.

Only documents of version 2012-10-17 have them; only keys with one value can stand for one.
"""

import re
from collections.abc import Mapping

from devopsweb.iam.engine.matching import literal

Context = Mapping[str, tuple[str, ...]]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERALS = frozenset("*?$")


class _Unknown(Exception):
    """A variable has no value in this request."""


def names(text: str) -> list[str]:
    """The condition keys that the variables of ``text`` stand for."""
    keys = (match[1].partition(",")[0].strip() for match in _VARIABLE.finditer(text))
    return [key for key in keys if key not in _LITERALS]


def substitute(text: str, context: Context, *, escape: bool) -> str | None:
    """``text`` with its variables filled in; None when one has no value.

    With ``escape`` a wildcard inside a value stays an ordinary character.
    """
    if "${" not in text:
        return text
    keep = literal if escape else str

    def value(match: re.Match[str]) -> str:
        key, _, default = (part.strip() for part in match[1].partition(","))
        if key in _LITERALS:
            return keep(key)
        found = context.get(key.lower(), ())
        if len(found) == 1:
            return keep(found[0])
        if default:
            return keep(default.strip("'"))
        raise _Unknown

    try:
        return _VARIABLE.sub(value, text)
    except _Unknown:
        return None
