"""The program ``aws`` itself, run in this process: what takes it longest is its start."""

import io
import os
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from awscli.clidriver import CLIDriver, create_clidriver

CONFIG = "[default]\nregion = us-east-1\nparameter_validation = false\ncli_pager =\nmax_attempts = 1\n"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


class Commands:
    """One caller's command line, which leaves the judgement of values to the server."""

    def __init__(self, folder: Path, url: str, key: str, secret: str) -> None:
        config = folder / "config"
        config.write_text(CONFIG)
        self.environment: Mapping[str, str] = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_CONFIG_FILE": str(config),
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_EC2_METADATA_DISABLED": "true",
            # Set by awscli when it is imported: where its own models are.
            "AWS_DATA_PATH": os.environ["AWS_DATA_PATH"],
        }
        self._driver: CLIDriver | None = None

    def __call__(self, line: str, *more: str) -> Done:
        """Run ``aws`` with the words of ``line`` and then ``more``."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            mock.patch.multiple(sys, stdout=out, stderr=err),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            if self._driver is None:
                self._driver = create_clidriver()
            code = self._driver.main([*line.split(), *more])
        return Done(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))
