"""``appspec.yml``: what it means, and where it is wrong."""

import pytest

from deployments.adapters import revisions
from deployments.adapters.revisions import InvalidRevision
from deployments.engine.appspec import AppSpecError, parse
from tests.deployments.helpers import revision

HEAD = "version: 0.0\nos: linux\n"
FULL = """\
version: 0.0
os: linux
files:
  - source: /
    destination: /opt/shop
file_exists_behavior: OVERWRITE
permissions:
  - object: /opt/shop
    pattern: "*.sh"
    except: [README]
    owner: app
    group: app
    mode: 0755
    type: [file]
hooks:
  BeforeInstall:
  AfterInstall:
    - location: scripts/a.sh
      timeout: 300
      runas: app
    - location: /scripts/b.sh
"""


class TestPlan:
    def test_holds_files_permissions_and_scripts(self):
        plan = parse(FULL).plan

        assert plan["files"] == [{"source": "/", "destination": "/opt/shop"}]
        assert plan["file_exists_behavior"] == "OVERWRITE"
        assert plan["permissions"] == [
            {
                "object": "/opt/shop",
                "pattern": "*.sh",
                "except": ["README"],
                "owner": "app",
                "group": "app",
                "mode": "0755",
                "type": ["file"],
            }
        ]
        assert plan["hooks"] == {
            "AfterInstall": [
                {"location": "scripts/a.sh", "timeout": 300, "runas": "app", "sudo": False},
                {"location": "scripts/b.sh", "timeout": 3600, "runas": "", "sudo": False},
            ]
        }

    def test_of_the_least_file_is_empty(self):
        assert parse(HEAD).plan == {
            "files": [],
            "permissions": [],
            "hooks": {},
            "file_exists_behavior": "",
        }

    def test_understands_capitals_and_warns_of_them(self):
        spec = parse(HEAD + "Hooks:\n  afterinstall:\n    - Location: a.sh\nResources: []\n")

        assert list(spec.plan["hooks"]) == ["AfterInstall"]
        assert [w.partition(": ")[0] for w in spec.warnings] == [
            "appspec.yml line 3",
            "appspec.yml line 6",
            "appspec.yml line 4",
        ]


class TestMistake:
    @pytest.mark.parametrize(
        ("text", "line", "words"),
        [
            ("", 1, "was empty"),
            ("# nothing\n", 1, "was empty"),
            ("- a\n", 1, "must be a map"),
            ("version: 0.0\nos: [\n", 3, "not YAML"),
            ("os: linux\n", 1, "'version' is missing"),
            ("version: 1.0\nos: linux\n", 1, "unsupported version '1.0'"),
            ('version: "0.0"\nos: linux\n', 1, "as a number"),
            ("version: 0.0\n", 1, "'os' is missing"),
            ("version: 0.0\nos: windows\n", 2, "unsupported os 'windows'"),
            (HEAD + "os: linux\n", 3, "there twice"),
            (HEAD + "file_exists_behavior: overwrite\n", 3, "must be one of"),
            (HEAD + "files: /\n", 3, "must be a list"),
            (HEAD + "files:\n  - source: /\n", 4, "needs 'destination'"),
            (HEAD + "files:\n  - source: ../x\n    destination: /a\n", 4, "leaves the revision"),
            (HEAD + "files:\n  - source: x\n    destination: a\n", 5, "absolute path"),
            (HEAD + "permissions:\n  - mode: 755\n", 4, "needs 'object'"),
            (HEAD + "permissions:\n  - object: /a\n    mode: 888\n", 5, "octal digits"),
            (HEAD + "permissions:\n  - object: /a\n    type: [link]\n", 5, "not file or directory"),
            (HEAD + "permissions:\n  - object: /a\n    acls: [x]\n", 5, "not supported"),
            (HEAD + "hooks: []\n", 3, "must be a map"),
            (HEAD + "hooks:\n  Install:\n    - location: a\n", 4, "unknown lifecycle event 'Install'"),
            (HEAD + "hooks:\n  AfterInstall:\n    - timeout: 3\n", 5, "needs 'location'"),
            (HEAD + "hooks:\n  AfterInstall:\n    - location: a\n      timeout: no\n", 6, "above 0"),
            (HEAD + "hooks:\n  AfterInstall:\n    - location: a\n      timeout: 0\n", 6, "above 0"),
            (HEAD + "hooks:\n  AfterInstall: a.sh\n", 4, "must be a list"),
        ],
    )
    def test_is_named_with_its_line(self, text, line, words):
        with pytest.raises(AppSpecError) as error:
            parse(text)

        assert words in str(error.value)
        assert error.value.line == line


class TestRevision:
    def test_may_lie_in_a_single_folder(self):
        file = revisions.appspec(revision({"shop/appspec.yml": HEAD, "shop/a.txt": "a"}).digest)

        assert (file.text, file.strip) == (HEAD, "shop/")

    def test_may_spell_the_name_yaml(self):
        assert revisions.appspec(revision({"appspec.yaml": HEAD}).digest).name == "appspec.yaml"

    @pytest.mark.parametrize(
        "files", [{"a/b/appspec.yml": HEAD}, {"a/appspec.yml": HEAD, "b/x": ""}, {"x": "y"}]
    )
    def test_must_have_it_at_the_root(self, files):
        with pytest.raises(InvalidRevision, match="no appspec"):
            revisions.appspec(revision(files).digest)

    def test_must_be_a_zip(self):
        from devopsweb.blobs import api as blobs

        with pytest.raises(InvalidRevision, match="not a zip"):
            revisions.appspec(blobs.put([b"tar?"]).digest)
