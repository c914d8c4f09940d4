"""Credentials that a service lends to the programs it runs for somebody: a build's commands."""

from dataclasses import dataclass, field
from datetime import datetime

from devopsweb.iam.sts import sessions, tokens


@dataclass(frozen=True)
class LentCredentials:
    """Temporary credentials for a program that a service runs."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)


def lend_credentials(
    service: str,
    role_arn: str,
    session_name: str,
    *,
    source_arn: str,
    lives_with: str,
    seconds: int,
    at: datetime,
) -> LentCredentials:
    """Credentials of the ``service_session`` of the same name, for the program that it runs.

    They end with what has the ARN ``lives_with`` (``lifelines``), and after ``seconds`` at the latest.
    Raises ``AccessDenied``.
    """
    lent = sessions.lent(
        service, role_arn, session_name, lives_with=lives_with, source_arn=source_arn, seconds=seconds, at=at
    )
    return LentCredentials(lent.access_key_id, lent.secret, tokens.seal(lent))
