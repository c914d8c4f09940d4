"""Names and contents of delivered files ("Finding your CloudTrail log files", "digest file structure")."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

HOUR = timedelta(hours=1)
EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Place:
    """Where a trail puts its files."""

    account: str
    region: str
    bucket: str
    prefix: str = ""

    def _folder(self, what: str, at: datetime) -> str:
        start = f"{self.prefix}/" if self.prefix else ""
        return f"{start}AWSLogs/{self.account}/{what}/{self.region}/{at:%Y/%m/%d}"

    def log_key(self, at: datetime, unique: str) -> str:
        """``…/CloudTrail/…/<account>_CloudTrail_<region>_YYYYMMDDTHHmmZ_<16 characters>.json.gz``."""
        minute = floor(at, EVERY)
        name = f"{self.account}_CloudTrail_{self.region}_{minute:%Y%m%dT%H%MZ}_{unique}.json.gz"
        return f"{self._folder('CloudTrail', minute)}/{name}"

    def digest_key(self, trail: str, end: datetime) -> str:
        """``…/CloudTrail-Digest/…/<account>_CloudTrail-Digest_<region>_<trail>_<region>_<end>.json.gz``."""
        name = f"{self.account}_CloudTrail-Digest_{self.region}_{trail}_{self.region}_{end:%Y%m%dT%H%M%SZ}"
        return f"{self._folder('CloudTrail-Digest', end)}/{name}.json.gz"


def floor(at: datetime, step: timedelta) -> datetime:
    """The last full ``step`` before ``at``."""
    seconds = int(step.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)


def unique_part(trail: str, first: int, last: int) -> str:
    """16 letters and digits that name the records ``first`` … ``last`` of a trail."""
    return hashlib.sha256(f"{trail}\n{first}\n{last}".encode()).hexdigest()[:16].upper()


def log_content(bodies: Iterable[str]) -> bytes:
    """A log file: the records to the byte as they are kept."""
    return f'{{"Records":[{",".join(bodies)}]}}'.encode()


def hash_of(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def packed(content: bytes) -> bytes:
    """Compressed; the same for the same content."""
    return gzip.compress(content, mtime=0)


def wire(at: datetime | None) -> str | None:
    """A time as CloudTrail writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


@dataclass(frozen=True)
class LogFile:
    """A log file as its digest names it."""

    bucket: str
    key: str
    hash: str
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True)
class Previous:
    """The digest before; empty for the first one of a chain."""

    bucket: str = ""
    key: str = ""
    hash: str = ""
    signature: str = ""


@dataclass(frozen=True)
class Digest:
    """What a digest says."""

    account: str
    start: datetime
    end: datetime
    bucket: str
    key: str
    fingerprint: str
    previous: Previous
    files: tuple[LogFile, ...]
    chain: Mapping[str, Any] | None = None

    def content(self) -> bytes:
        """The digest as JSON, in CloudTrail's members and order; ``chain`` is ours."""
        newest = [one.newest for one in self.files if one.newest]
        oldest = [one.oldest for one in self.files if one.oldest]
        told: dict[str, Any] = {
            "awsAccountId": self.account,
            "digestStartTime": wire(self.start),
            "digestEndTime": wire(self.end),
            "digestS3Bucket": self.bucket,
            "digestS3Object": self.key,
            "digestPublicKeyFingerprint": self.fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": wire(max(newest)) if newest else None,
            "oldestEventTime": wire(min(oldest)) if oldest else None,
            "previousDigestS3Bucket": self.previous.bucket or None,
            "previousDigestS3Object": self.previous.key or None,
            "previousDigestHashValue": self.previous.hash or None,
            "previousDigestHashAlgorithm": "SHA-256" if self.previous.hash else None,
            "previousDigestSignature": self.previous.signature or None,
            "logFiles": [
                {
                    "s3Bucket": one.bucket,
                    "s3Object": one.key,
                    "hashValue": one.hash,
                    "hashAlgorithm": "SHA-256",
                    "newestEventTime": wire(one.newest),
                    "oldestEventTime": wire(one.oldest),
                }
                for one in self.files
            ],
        }
        return json.dumps(told | ({"chain": dict(self.chain)} if self.chain else {}), indent=1).encode()


def to_sign(*, end: str, bucket: str, key: str, content: bytes, previous_signature: str | None) -> bytes:
    """What the signature of a digest covers."""
    return f"{end}\n{bucket}/{key}\n{hash_of(content)}\n{previous_signature or 'null'}".encode()
