"""Refused signatures, as each protocol spells them.

AWS says the same thing in different words: the query services answer ``InvalidClientTokenId`` where
the JSON services answer ``UnrecognizedClientException`` and S3 ``InvalidAccessKeyId``.
"""

from dataclasses import dataclass

from devopsweb.awsapi.errors import AwsError


@dataclass(frozen=True)
class Kind:
    """One reason to refuse: its code in the query, JSON, S3 and EC2 services."""

    query: str
    json: str
    s3: str
    ec2: str = ""


MISSING = Kind("MissingAuthenticationToken", "MissingAuthenticationTokenException", "AccessDenied")
INCOMPLETE = Kind("IncompleteSignature", "IncompleteSignatureException", "AuthorizationHeaderMalformed")
UNKNOWN_KEY = Kind(
    "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", ec2="AuthFailure"
)
MISMATCH = Kind(
    "SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch", ec2="AuthFailure"
)
TOKEN_EXPIRED = Kind("ExpiredToken", "ExpiredTokenException", "ExpiredToken", ec2="RequestExpired")
OUT_OF_TIME = Kind(
    "SignatureDoesNotMatch", "InvalidSignatureException", "RequestTimeTooSkewed", ec2="RequestExpired"
)
LINK_EXPIRED = Kind(
    "SignatureDoesNotMatch", "InvalidSignatureException", "AccessDenied", ec2="RequestExpired"
)
WRONG_HASH = Kind("SignatureDoesNotMatch", "InvalidSignatureException", "XAmzContentSHA256Mismatch")
REPLAYED = Kind("SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch")

_BAD_REQUEST = frozenset({INCOMPLETE, WRONG_HASH})


class Refused(AwsError):
    """The request's signature is missing, malformed, wrong or too old.

    ``code`` is the query services' spelling; ``spelled`` gives that of another protocol.
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(kind.query, message, status=400 if kind in _BAD_REQUEST else 403)
        self.kind = kind

    def spelled(self, protocol: str, service: str = "") -> AwsError:
        """The error as ``service`` answers it in botocore's ``protocol`` (``json``, ``rest-xml`` …)."""
        if service == "s3":
            return AwsError(self.kind.s3, str(self), status=self.status)
        if protocol == "ec2":
            return AwsError(
                self.kind.ec2 or self.kind.query, str(self), status=401 if self.kind.ec2 else self.status
            )
        if protocol == "rest-json":
            return AwsError(self.kind.json, str(self), status=self.status)
        if protocol in {"json", "smithy-rpc-v2-cbor"}:
            return AwsError(self.kind.json, str(self), status=400)
        return AwsError(self.kind.query, str(self), status=self.status)
