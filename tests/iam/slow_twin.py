"""A second, slow and plain reading of IAM's rules, written without looking at the first.

It walks the raw JSON for every question: no parsing ahead, no caches, no regular expressions.
"""

import base64
import ipaddress
from datetime import datetime


def decide(documents, action, resource, context, **more):
    """allowed, explicitDeny or implicitDeny."""
    return decide_all({"identity": documents, **more}, action, resource, context)[0]


def decide_all(policies, action, resource, context, caller=None, must_be_named=False):
    """The decision and the kind of policy behind it.

    ``policies``: identity, boundary (None or a list), session (None or a list), resource.
    ``caller``: {"self": ARN, "issuer": ARN or None, "account": root ARN}.
    """
    facts = {key.lower(): value for key, value in context.items() if value}
    kinds = ["identity", "boundary", "session", "resource"]
    effects = {kind: said_by(policies.get(kind) or [], action, resource, facts, caller) for kind in kinds}
    for kind in kinds:
        if any(effect == "Deny" for effect, _ in effects[kind]):
            return "explicitDeny", kind
    named = {how for effect, how in effects["resource"] if effect == "Allow"}
    if "self" in named:
        return "allowed", "resource"
    if must_be_named and not named:
        return "implicitDeny", "resource"
    by_identity = bool(effects["identity"])
    if not by_identity and "issuer" not in named:
        return "implicitDeny", "identity"
    if policies.get("boundary") is not None and not effects["boundary"]:
        return "implicitDeny", "boundary"
    if policies.get("session") is not None and not effects["session"]:
        return "implicitDeny", "session"
    return "allowed", "identity" if by_identity else "resource"


def said_by(documents, action, resource, facts, caller):
    """(effect, how the caller is named) of each statement that speaks about the request."""
    said = []
    for document in documents:
        for statement in many(document["Statement"]):
            if not speaks_about(statement, action, resource, facts):
                continue
            if "Principal" in statement:
                hows = [how for how, name in names(caller) if is_listed(name, statement["Principal"])]
                if everyone(statement["Principal"]):
                    hows = ["self"]
                said += [(statement["Effect"], how) for how in hows]
            elif "NotPrincipal" in statement:
                listed = [is_listed(name, statement["NotPrincipal"]) for _, name in names(caller)]
                if everyone(statement["NotPrincipal"]):
                    continue
                if statement["Effect"] == "Deny" and all(listed):
                    continue
                if statement["Effect"] == "Allow" and any(listed):
                    continue
                said.append((statement["Effect"], "self"))
            else:
                said.append((statement["Effect"], "self"))
    return said


def names(caller):
    return [(how, caller[how]) for how in ("self", "issuer", "account") if caller[how]]


def everyone(element):
    return element == "*" or "*" in many(element.get("AWS", []))


def is_listed(name, element):
    if element == "*":
        return True
    for listed in many(element.get("AWS", [])):
        if listed == name or (listed.isdigit() and name == "arn:aws:iam::" + listed + ":root"):
            return True
    return False


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
    """Policy variables; None when one has no value or several, and no default."""
    while "${" in text:
        start = text.index("${")
        end = text.index("}", start)
        key, _, default = text[start + 2 : end].partition(", ")
        values = facts.get(key.lower(), [])
        if len(values) == 1:
            value = values[0]
        elif default:
            value = default[1:-1]
        else:
            return None
        text = text[:start] + value + text[end + 1 :]
    return text


def speaks_about(statement, action, resource, facts):
    if "Action" in statement:
        if not any(like(p.lower(), action.lower()) for p in many(statement["Action"])):
            return False
    elif any(like(p.lower(), action.lower()) for p in many(statement["NotAction"])):
        return False
    if "Resource" in statement or "NotResource" in statement:
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
        return any((w == "true") == (not given) for w in wanted)
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = "Not" in name
    name = name.replace("Not", "")
    if not given:
        return optional or quantifier == "ForAllValues" or (negated and not quantifier)
    hits = [any(one(name, w, g, facts) for w in wanted) for g in given]
    good = [not hit for hit in hits] if negated else hits
    if quantifier == "ForAllValues" or (negated and not quantifier):
        return all(good)
    return any(good)


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
    if name == "BinaryEquals":
        return base64.b64decode(wanted) == base64.b64decode(given)
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
