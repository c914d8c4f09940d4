"""A second, slow and plain reading of IAM's rules, written without looking at the first.

It walks the raw JSON for every question: no parsing ahead, no caches, no regular expressions.
"""

import ipaddress
from datetime import datetime


def decide(documents, action, resource, context):
    """allowed, explicitDeny or implicitDeny."""
    facts = {key.lower(): value for key, value in context.items()}
    effects = set()
    for document in documents:
        statements = document["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            if speaks_about(statement, action, resource, facts):
                effects.add(statement["Effect"])
    if "Deny" in effects:
        return "explicitDeny"
    return "allowed" if "Allow" in effects else "implicitDeny"


def many(value):
    return value if isinstance(value, list) else [value]


def like(pattern, text):
    """Wildcards by plain recursion over a table: does pattern[i:] match text[j:]?"""
    matches = {(len(pattern), len(text)): True}
    for i in range(len(pattern), -1, -1):
        for j in range(len(text), -1, -1):
            if i == len(pattern):
                matches[i, j] = j == len(text)
            elif pattern[i] == "*":
                matches[i, j] = matches[i + 1, j] or (j < len(text) and matches[i, j + 1])
            else:
                matches[i, j] = j < len(text) and pattern[i] in ("?", text[j]) and matches[i + 1, j + 1]
    return matches[0, 0]


def like_arn(pattern, text):
    if pattern == "*":
        return True
    wanted = pattern.split(":", 5)
    given = text.split(":", len(wanted) - 1)
    return len(wanted) == len(given) and all(like(p, t) for p, t in zip(wanted, given, strict=True))


def fill(text, facts):
    """Policy variables; None when one is unknown."""
    for key, values in facts.items():
        text = text.replace("${" + key + "}", values[0])
    return None if "${" in text else text


def speaks_about(statement, action, resource, facts):
    if "Action" in statement:
        if not any(like(p.lower(), action.lower()) for p in many(statement["Action"])):
            return False
    elif any(like(p.lower(), action.lower()) for p in many(statement["NotAction"])):
        return False
    patterns = [fill(p, facts) for p in many(statement.get("Resource", statement.get("NotResource")))]
    hit = any(p is not None and like_arn(p, resource) for p in patterns)
    if hit != ("Resource" in statement):
        return False
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            if not holds(operator, [str(w) for w in many(wanted)], facts.get(key.lower()), facts):
                return False
    return True


def holds(operator, wanted, given, facts):
    if operator == "Null":
        return any((w == "true") == (given is None) for w in wanted)
    optional = operator.endswith("IfExists")
    name = operator.removesuffix("IfExists")
    negated = "Not" in name
    name = name.replace("Not", "")
    if not given:
        return optional or negated
    hits = [any(one(name, w, g, facts) for w in wanted) for g in given]
    return not any(hits) if negated else any(hits)


def one(name, wanted, given, facts):
    if name.startswith(("String", "Arn")):
        wanted = fill(wanted, facts)
        if wanted is None:
            return False
    if name == "StringEquals":
        return wanted == given
    if name == "StringEqualsIgnoreCase":
        return wanted.lower() == given.lower()
    if name == "StringLike":
        return like(wanted, given)
    if name in ("ArnEquals", "ArnLike"):
        return like_arn(wanted, given)
    if name == "Bool":
        return wanted.lower() == given.lower()
    if name == "IpAddress":
        return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)
    if name.startswith("Numeric"):
        return compare(name.removeprefix("Numeric"), float(given), float(wanted))
    return compare(name.removeprefix("Date"), datetime.fromisoformat(given), datetime.fromisoformat(wanted))


def compare(name, given, wanted):
    return {
        "Equals": given == wanted,
        "LessThan": given < wanted,
        "LessThanEquals": given <= wanted,
        "GreaterThan": given > wanted,
        "GreaterThanEquals": given >= wanted,
    }[name]
