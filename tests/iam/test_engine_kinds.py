"""What the kinds of policies do together: identity, boundary, session, and the resource's own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devopsweb.iam.engine.evaluate import Policies, PolicySource, decide, explain, normalise
from devopsweb.iam.engine.policy import parse
from devopsweb.iam.engine.principals import Caller
from devopsweb.iam.errors import MalformedPolicyDocument
from tests.iam import policies_at_random as at_random
from tests.iam import slow_twin
from tests.iam.policies_at_random import ACCOUNT, ANN, BOB, ROLE, ROOT, SESSION

REPOSITORY = f"arn:aws:codeartifact:us-east-1:{ACCOUNT}:repository/shop/pip"
READ = "codeartifact:ReadFromRepository"
USER = Caller(ANN, ACCOUNT)
ROLE_SESSION = Caller(SESSION, ACCOUNT, ROLE, unique_id="AROAEXAMPLE:run")
FEDERATED = Caller(f"arn:aws:sts::{ACCOUNT}:federated-user/ann", ACCOUNT, ANN)
SERVICE = Caller(service="codebuild.amazonaws.com")


def policy(effect="Allow", action=READ, resource="*", **more):
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def sources(documents, kind="identity"):
    if documents is None:
        return None
    return [PolicySource(f"p{n}", parse(one, kind=kind), kind) for n, one in enumerate(documents)]


def ask(caller=USER, *, identity=(), boundary=None, session=None, resource=(), named_only=False, **context):
    policies = Policies(
        identity=sources(identity),
        boundary=sources(boundary),
        session=sources(session),
        resource=sources(resource, "resource"),
        caller=caller,
        named_only=named_only,
    )
    facts = {key.replace("__", ":"): value for key, value in context.items()}
    found = decide(policies, READ, REPOSITORY, normalise(facts))
    return found.effect, found.kind


class TestLimits:
    ALL, READING, NOTHING = policy(action="*"), policy(), policy(action="s3:*")

    @pytest.mark.parametrize(
        ("identity", "boundary", "session", "answer"),
        [
            ([ALL], None, None, ("allowed", "identity")),
            ([ALL], [READING], [READING], ("allowed", "identity")),
            ([ALL], [NOTHING], [READING], ("implicitDeny", "boundary")),
            ([ALL], [READING], [NOTHING], ("implicitDeny", "session")),
            ([ALL], None, [], ("implicitDeny", "session")),
            ([NOTHING], [ALL], [ALL], ("implicitDeny", "identity")),
            ([], [ALL], None, ("implicitDeny", "identity")),
            ([ALL], [ALL, policy("Deny")], None, ("explicitDeny", "boundary")),
            ([ALL], None, [ALL, policy("Deny")], ("explicitDeny", "session")),
            ([ALL], None, [NOTHING, READING], ("allowed", "identity")),
        ],
    )
    def test_narrow_what_the_identity_may(self, identity, boundary, session, answer):
        assert ask(ROLE_SESSION, identity=identity, boundary=boundary, session=session) == answer


class TestResourcePolicies:
    @pytest.mark.parametrize(
        ("caller", "principal", "alone", "limited"),
        [
            # Who is named; alone: with the resource's policy only; limited: also under a boundary that allows nothing.
            (USER, {"AWS": ANN}, "allowed", "allowed"),
            (USER, "*", "allowed", "allowed"),
            (USER, {"AWS": BOB}, "implicitDeny", "implicitDeny"),
            (USER, {"AWS": ROOT}, "implicitDeny", "implicitDeny"),
            (USER, {"AWS": ACCOUNT}, "implicitDeny", "implicitDeny"),
            (ROLE_SESSION, {"AWS": SESSION}, "allowed", "allowed"),
            (ROLE_SESSION, {"AWS": ROLE}, "allowed", "implicitDeny"),
            (FEDERATED, {"AWS": ANN}, "allowed", "implicitDeny"),
            (FEDERATED, {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/ann"}, "allowed", "allowed"),
            (SERVICE, {"Service": "codebuild.amazonaws.com"}, "allowed", "allowed"),
            (SERVICE, {"Service": "codepipeline.amazonaws.com"}, "implicitDeny", "implicitDeny"),
            (Caller(federated="accounts.example"), {"Federated": "accounts.example"}, "allowed", "allowed"),
            (USER, {"CanonicalUser": "79a5"}, "implicitDeny", "implicitDeny"),
            (Caller(), "*", "allowed", "allowed"),
        ],
    )
    def test_grant_by_how_they_name_the_caller(self, caller, principal, alone, limited):
        document = policy(Principal=principal)
        nothing = [policy(action="s3:*")]

        assert ask(caller, resource=[document])[0] == alone
        assert ask(caller, resource=[document], boundary=nothing, session=nothing)[0] == limited

    def test_of_the_account_leave_it_to_the_identity(self):
        delegation = policy(Principal={"AWS": ACCOUNT})

        assert ask(identity=[policy()], resource=[delegation]) == ("allowed", "identity")
        assert ask(resource=[delegation]) == ("implicitDeny", "identity")

    def test_deny_whoever_is_meant_in_any_way(self):
        for principal in ("*", {"AWS": ROOT}, {"AWS": ROLE}, {"AWS": SESSION}):
            denial = policy("Deny", Principal=principal)
            assert ask(ROLE_SESSION, identity=[policy()], resource=[denial]) == ("explicitDeny", "resource")

    @pytest.mark.parametrize(
        ("spared", "answer"),
        [
            ([SESSION, ROLE, ROOT], "allowed"),
            ([SESSION, ROLE, ACCOUNT], "allowed"),
            ([SESSION, ROLE], "explicitDeny"),
            ([ROLE], "explicitDeny"),
            ([BOB], "explicitDeny"),
            (["*"], "allowed"),
        ],
    )
    def test_spare_only_whom_a_not_principal_lists_whole(self, spared, answer):
        denial = policy("Deny", NotPrincipal={"AWS": spared})

        assert ask(ROLE_SESSION, identity=[policy()], resource=[denial])[0] == answer

    def test_with_not_principal_allow_nobody_who_is_listed_in_part(self):
        assert ask(resource=[policy(NotPrincipal={"AWS": BOB})])[0] == "allowed"
        assert ask(resource=[policy(NotPrincipal={"AWS": ROOT})])[0] == "implicitDeny"

    def test_may_leave_the_resource_out(self):
        document = {"Statement": {"Effect": "Allow", "Action": READ, "Principal": {"AWS": ANN}}}

        assert ask(resource=[document]) == ("allowed", "resource")

    def test_are_explained_to_those_whom_they_mean(self):
        mine, other = policy(Principal={"AWS": ANN}), policy(Principal={"AWS": BOB})
        policies = Policies(resource=sources([mine, other], "resource"), caller=USER)

        assert [(r.kind, r.policy, r.effect) for r in explain(policies, READ, REPOSITORY)] == [
            ("resource", "p0", "allow")
        ]


class TestTrust:
    @staticmethod
    def trust(principal, action="sts:AssumeRole", **more):
        statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def ask(self, trust, caller=USER, identity=(), action="sts:AssumeRole", **context):
        policies = Policies(
            identity=sources(identity), resource=sources([trust], "trust"), caller=caller, named_only=True
        )
        facts = {key.replace("__", ":"): value for key, value in context.items()}
        return decide(policies, action, ROLE, normalise(facts)).effect

    def test_must_name_the_caller_whatever_the_identity_may(self):
        everything = [policy(action="*")]

        assert self.ask(self.trust({"AWS": BOB}), identity=everything) == "implicitDeny"
        assert self.ask(self.trust({"AWS": ANN})) == "allowed"
        assert self.ask(self.trust({"AWS": ROOT})) == "implicitDeny"
        assert self.ask(self.trust({"AWS": ROOT}), identity=everything) == "allowed"

    def test_knows_external_ids(self):
        trust = self.trust({"AWS": ANN}, Condition={"StringEquals": {"sts:ExternalId": "42"}})

        assert self.ask(trust) == "implicitDeny"
        assert self.ask(trust, sts__ExternalId="41") == "implicitDeny"
        assert self.ask(trust, sts__ExternalId="42") == "allowed"

    def test_knows_services_and_for_whom_they_act(self):
        source = {"ArnLike": {"aws:SourceArn": "arn:aws:codebuild:*:*:project/web"}}
        trust = self.trust({"Service": "codebuild.amazonaws.com"}, Condition=source)
        web = {"aws__SourceArn": f"arn:aws:codebuild:us-east-1:{ACCOUNT}:project/web"}

        assert self.ask(trust, SERVICE, **web) == "allowed"
        assert self.ask(trust, SERVICE) == "implicitDeny"
        assert self.ask(trust, USER, [policy(action="*")], **web) == "implicitDeny"

    def test_knows_the_subject_of_a_token(self):
        action = "sts:AssumeRoleWithWebIdentity"
        provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example"
        subject = {"StringLike": {"ci.example:sub": "project:web:*"}}
        trust = self.trust({"Federated": provider}, action, Condition=subject)
        caller = Caller(federated=provider)

        assert self.ask(trust, caller, action=action, ci_example__sub="x") == "implicitDeny"
        policies = Policies(resource=sources([trust], "trust"), caller=caller, named_only=True)
        known = decide(policies, action, ROLE, normalise({"ci.example:sub": "project:web:main"}))
        assert known.effect == "allowed"

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"Resource": "*"}, "Has prohibited field Resource"),
            ({"NotPrincipal": {"AWS": ANN}}, "Has prohibited field NotPrincipal"),
            ({"Action": "s3:GetObject"}, "may only specify STS AssumeRole actions"),
            ({"Principal": {"AWS": "ann"}}, 'Invalid principal in policy: "AWS":"ann"'),
            ({"Principal": {"AWS": "arn:aws:iam::123456789012:user/*"}}, "Invalid principal"),
            ({"Principal": {"User": "ann"}}, "User is not one of"),
            ({"Principal": []}, "Invalid principal"),
            ({"Principal": {"AWS": []}}, "Invalid principal"),
        ],
    )
    def test_documents_are_checked(self, changes, words):
        statement = {"Effect": "Allow", "Principal": {"AWS": ANN}, "Action": "sts:AssumeRole"} | changes

        with pytest.raises(MalformedPolicyDocument) as refused:
            parse({"Version": "2012-10-17", "Statement": [statement]}, kind="trust")

        assert words in str(refused.value)

    def test_documents_need_a_principal(self):
        with pytest.raises(MalformedPolicyDocument, match="Missing required field Principal"):
            parse({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}}, kind="trust")


class TestAgainstTheSlowTwin:
    @given(
        identity=at_random.documents(),
        boundary=st.none() | at_random.documents(most=1),
        session=st.none() | at_random.documents(most=2),
        resource=at_random.documents(most=2, of_resource=True),
        caller=at_random.CALLERS,
        action=at_random.ACTIONS,
        arn=at_random.ARNS,
        context=at_random.contexts(),
        named=st.booleans(),
    )
    @settings(max_examples=200, deadline=None)
    def test_both_decide_alike(
        self, identity, boundary, session, resource, caller, action, arn, context, named
    ):
        policies = Policies(
            identity=sources(identity),
            boundary=sources(boundary),
            session=sources(session),
            resource=sources(resource, "resource"),
            caller=Caller(caller["self"], ACCOUNT, caller["issuer"] or ""),
            named_only=named,
        )
        raw = {"identity": identity, "boundary": boundary, "session": session, "resource": resource}

        fast = decide(policies, action, arn, normalise(context))

        slow = slow_twin.decide_all(raw, action, arn, context, caller=caller, must_be_named=named)
        assert (fast.effect, fast.kind) == slow
