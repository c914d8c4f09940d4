"""Policies, requests and callers as hypothesis draws them."""

from hypothesis import strategies as st

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/run"

ACTIONS = st.sampled_from(["a:A", "a:AB", "b:A"])
ACTION_PATTERNS = st.sampled_from(["*", "a:*", "a:A", "A:ab", "a:A?", "b:*", "a:*B"])
ARNS = st.builds(
    "arn:aws:{}:r:1:{}".format, st.sampled_from("ab"), st.sampled_from(["x", "x/y", "x:y", "ann"])
)
ARN_PATTERNS = st.sampled_from(
    [
        "*", "arn:aws:a:*", "arn:aws:a:*:*:x*", "arn:aws:*:r:1:x", "arn:aws:b:r:?:x/?", "arn:aws:a:r:1:x",
        "arn:aws:a:r:1:${aws:username}", "arn:aws:*:r:1:${t:String, 'x'}*",
    ]
)  # fmt: skip
PRINCIPALS = st.sampled_from(
    [
        "*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": ROOT}, {"AWS": ANN}, {"AWS": [BOB, ANN]}, {"AWS": ROLE},
        {"AWS": SESSION}, {"AWS": [ROLE, ROOT, SESSION]}, {"AWS": [ANN, ROOT]}, {"AWS": [SESSION, ROLE]},
        {"Service": "codebuild.amazonaws.com"}, {"AWS": "999999999999"},
    ]
)  # fmt: skip
VALUES = {
    "String": ["ann", "bob", "a*", "${aws:username}", "${t:Arn, 'x'}", "x"],
    "Numeric": ["1", "2.5", "3"],
    "Date": ["2026-01-01T00:00:00+00:00", "2026-06-01T00:00:00+00:00"],
    "Bool": ["true", "false"],
    "Binary": ["QQ==", "QUI="],
    "Ip": ["10.0.0.0/8", "192.0.2.7/32"],
    "Arn": ["arn:aws:a:*:*:x*", "arn:aws:b:r:1:x"],
}
OPERATORS = {
    "String": ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
    "Numeric": ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"],
    "Date": ["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThan"],
    "Bool": ["Bool"],
    "Binary": ["BinaryEquals"],
    "Ip": ["IpAddress", "NotIpAddress"],
    "Arn": ["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"],
}  # fmt: skip
CONTEXT_VALUES = {
    "String": ["ann", "bob", "Ann"],
    "Numeric": ["1", "2.5", "9"],
    "Date": ["2026-01-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"],
    "Bool": ["true", "false"],
    "Binary": ["QQ==", "QUE="],
    "Ip": ["10.1.1.1", "192.0.2.7"],
    "Arn": ["arn:aws:a:r:1:xy", "arn:aws:b:r:1:x"],
}
QUANTIFIERS = st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:"])


@st.composite
def conditions(draw):
    block = {}
    for family in draw(st.lists(st.sampled_from(sorted(OPERATORS)), max_size=2, unique=True)):
        name = draw(st.sampled_from(OPERATORS[family])) + draw(st.sampled_from(["", "IfExists"]))
        values = draw(st.lists(st.sampled_from(VALUES[family]), min_size=1, max_size=2))
        block[draw(QUANTIFIERS) + name] = {f"t:{family}": values}
    if draw(st.integers(0, 3)) == 0:
        block["Null"] = {"t:String": draw(st.sampled_from(["true", "false"]))}
    return block


@st.composite
def statements(draw, of_resource=False):
    made = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(
        ACTION_PATTERNS | st.lists(ACTION_PATTERNS, min_size=1, max_size=2)
    )
    # The resource's own policy may leave the resource out.
    if not of_resource or draw(st.integers(0, 2)):
        made[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(
            ARN_PATTERNS | st.lists(ARN_PATTERNS, min_size=1, max_size=2)
        )
    if of_resource:
        made[draw(st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"]))] = draw(
            PRINCIPALS
        )
    if block := draw(conditions()):
        made["Condition"] = block
    return made


def documents(least=0, most=3, **kind):
    """Lists of policies."""
    some = st.lists(statements(**kind), min_size=1, max_size=3)
    version = st.just("2012-10-17")
    return st.lists(
        st.fixed_dictionaries({"Version": version, "Statement": some}), min_size=least, max_size=most
    )


@st.composite
def contexts(draw):
    context = {}
    for family, values in CONTEXT_VALUES.items():
        if given_values := draw(st.lists(st.sampled_from(values), max_size=2, unique=True)):
            context[f"t:{family}"] = given_values
    if draw(st.booleans()):
        context["aws:username"] = ["ann"]
    return context


CALLERS = st.sampled_from(
    [
        {"self": ANN, "issuer": None, "account": ROOT},
        {"self": SESSION, "issuer": ROLE, "account": ROOT},
        {"self": f"arn:aws:sts::{ACCOUNT}:federated-user/ann", "issuer": ANN, "account": ROOT},
    ]
)
