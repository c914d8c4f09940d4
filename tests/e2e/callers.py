"""An administrator and a stranger, by boto3 and by the real ``aws``, as anybody would set them up."""

import os
import subprocess
import sys
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from bench.house import House

PROGRAM = Path(sys.executable).parent / "aws"
KEYS = {
    "admin": ("AKIAENDTOENDADMIN001", "end-to-end/secret+of+the+admin=EXAMPLE40"),
    "stranger": ("AKIAENDTOENDSTRANGER", "end-to-end/secret+of+a+stranger=EXAMPLE4"),
}


def client(house: House, service: str, who: str = "admin"):
    """boto3 as anybody would set it up."""
    key, secret = KEYS[who]
    return boto3.client(
        service,
        endpoint_url=house.url,
        region_name="eu-central-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 1}, parameter_validation=False),
    )


def cli(house: House, *arguments: str, who: str = "admin") -> "subprocess.CompletedProcess[str]":
    """The command line, which knows the installation by its environment alone."""
    key, secret = KEYS[who]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(house.folder),
        "AWS_ENDPOINT_URL": house.url,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
    }
    return subprocess.run(
        [str(PROGRAM), *arguments], env=environment, capture_output=True, text=True, timeout=120
    )


def answer(made, operation: str, params: dict) -> tuple[int, str]:
    """Status, and the error's code: empty when the call succeeded."""
    try:
        return made._make_api_call(operation, params)["ResponseMetadata"]["HTTPStatusCode"], ""
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
