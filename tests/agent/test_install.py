"""The agent's Install: what it removes, copies, refuses and permits, on real files."""

import os
import zipfile
from pathlib import Path

import pytest

from deployments.agent import bundle, install
from deployments.agent.install import InstallError
from tests.deployments.helpers import archive


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return root


def spec(*files: tuple[str, Path | str], permissions: list[dict] | None = None) -> dict:
    filled = [
        {
            "pattern": "**",
            "except": [],
            "owner": "",
            "group": "",
            "mode": "",
            "type": ["file", "directory"],
            **given,
        }
        for given in permissions or []
    ]
    listed = [{"source": source, "destination": str(place)} for source, place in files]
    return {"files": listed, "permissions": filled}


def run(source: Path, wanted: dict, listing: Path, behavior: str = "DISALLOW") -> None:
    install.clean(listing)
    install.apply(install.plan(source, wanted, behavior=behavior), listing)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    return tmp_path / "cleanup"


class TestFiles:
    def test_of_a_folder_land_in_the_destination_with_hidden_ones(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"a.txt": "a", ".hidden": "h", "deep/er/b.txt": "b"})

        run(source, spec(("/", site)), listing)

        assert {str(p.relative_to(site)) for p in site.rglob("*") if p.is_file()} == {
            "a.txt",
            ".hidden",
            "deep/er/b.txt",
        }

    def test_named_alone_land_under_their_own_name(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"conf/app.ini": "x"})

        run(source, spec(("conf/app.ini", site / "etc")), listing)

        assert (site / "etc/app.ini").read_text() == "x"

    def test_keep_mode_and_symbolic_links(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"run.sh": "x"})
        (source / "run.sh").chmod(0o750)
        (source / "link").symlink_to("run.sh")

        run(source, spec(("/", site)), listing)

        assert (site / "run.sh").stat().st_mode & 0o777 == 0o750
        assert os.readlink(site / "link") == "run.sh"

    def test_that_the_revision_lacks_are_named(self, tmp_path, site, listing):
        with pytest.raises(InstallError, match="'gone'"):
            run(write(tmp_path / "r", {}), spec(("gone", site)), listing)

    def test_for_the_same_place_are_refused(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"a/x": "1", "b/x": "2"})

        with pytest.raises(InstallError, match="Two files"):
            run(source, spec(("a", site), ("b", site)), listing)

    def test_in_the_place_of_a_folder_are_refused(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"x": "1"})
        (site / "x").mkdir(parents=True)

        with pytest.raises(InstallError, match="is a folder"):
            run(source, spec(("/", site)), listing)

    def test_that_lead_in_a_circle_are_refused(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"a/x": "1"})
        (source / "a/again").symlink_to("..")

        with pytest.raises(InstallError, match="back to its own folder"):
            run(source, spec(("/", site)), listing)


class TestSecondInstall:
    def test_removes_what_the_first_one_made_and_nothing_else(self, tmp_path, site, listing):
        run(write(tmp_path / "1", {"a": "1", "b": "1", "old/x": "1"}), spec(("/", site)), listing)
        write(site, {"made-by-script": "mine"})

        run(write(tmp_path / "2", {"b": "2", "c": "2"}), spec(("/", site)), listing)

        assert {p.name: p.read_text() for p in site.iterdir()} == {
            "b": "2",
            "c": "2",
            "made-by-script": "mine",
        }

    def test_keeps_a_folder_in_which_others_put_something(self, tmp_path, site, listing):
        run(write(tmp_path / "1", {"data/a": "1"}), spec(("/", site)), listing)
        write(site, {"data/mine": "mine"})

        run(write(tmp_path / "2", {"b": "2"}), spec(("/", site)), listing)

        assert (site / "data/mine").exists()
        assert not (site / "data/a").exists()

    def test_that_is_refused_has_already_removed_the_old_files(self, tmp_path, site, listing):
        run(write(tmp_path / "1", {"a": "1"}), spec(("/", site)), listing)
        write(site, {"b": "foreign"})

        with pytest.raises(InstallError, match="already exists at this location"):
            run(write(tmp_path / "2", {"b": "2", "c": "2"}), spec(("/", site)), listing)

        assert {p.name for p in site.iterdir()} == {"b"}

    def test_drops_half_a_line_of_the_list_that_a_crash_left(self, tmp_path, site, listing):
        write(site, {"a": "1", "b": "1"})
        listing.write_text(f"{site / 'a'}\n{site / 'b'}")

        install.clean(listing)

        assert {p.name for p in site.iterdir()} == {"b"}


class TestBehavior:
    @pytest.mark.parametrize(("behavior", "text"), [("OVERWRITE", "ours"), ("RETAIN", "foreign")])
    def test_decides_about_a_foreign_file(self, tmp_path, site, listing, behavior, text):
        write(site, {"a": "foreign"})

        run(write(tmp_path / "r", {"a": "ours"}), spec(("/", site)), listing, behavior)

        assert (site / "a").read_text() == text

    def test_retain_leaves_the_file_out_of_the_next_cleaning(self, tmp_path, site, listing):
        write(site, {"a": "foreign"})
        run(write(tmp_path / "r", {"a": "ours"}), spec(("/", site)), listing, "RETAIN")

        install.clean(listing)

        assert (site / "a").exists()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


class TestPermissions:
    def test_reach_every_depth_below_but_not_the_object_itself(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"a/b/c.txt": "x"})
        wanted = [{"object": str(site), "mode": "600", "type": ["file"]}]
        site.mkdir(mode=0o755)

        run(source, spec(("/", site), permissions=wanted), listing)

        assert (mode(site / "a/b/c.txt"), mode(site)) == (0o600, 0o755)

    def test_with_a_pattern_reach_direct_children_only(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"a.sh": "", "keep.sh": "", "deep/b.sh": ""})
        wanted = [{"object": str(site), "pattern": "*.sh", "except": ["keep*"], "mode": "0700"}]

        run(source, spec(("/", site), permissions=wanted), listing)

        assert mode(site / "a.sh") == 0o700
        assert mode(site / "keep.sh") != 0o700
        assert mode(site / "deep/b.sh") != 0o700

    def test_of_one_file_hold_for_it(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"a.sh": "", "b.sh": ""})
        wanted = [{"object": str(site / "a.sh"), "mode": "4"}]

        run(source, spec(("/", site), permissions=wanted), listing)

        assert mode(site / "a.sh") == 0o004

    def test_given_twice_are_refused_before_anything_is_copied(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"a.sh": ""})
        wanted = [{"object": str(site), "mode": "600"}, {"object": str(site / "a.sh"), "mode": "700"}]

        with pytest.raises(InstallError, match="more than once"):
            run(source, spec(("/", site), permissions=wanted), listing)
        assert not site.exists()

    def test_for_an_unknown_account_say_so(self, tmp_path, site, listing):
        source = write(tmp_path / "r", {"a.sh": ""})
        wanted = [{"object": str(site), "owner": "nobody-has-this-name"}]

        with pytest.raises(InstallError, match="unknown account"):
            run(source, spec(("/", site), permissions=wanted), listing)


class TestBundle:
    def put(self, folder: Path, entries: dict[str, str], link: tuple[str, str] | None = None) -> Path:
        place = folder / "bundle.zip"
        place.write_bytes(archive(entries))
        if link:
            with zipfile.ZipFile(place, "a") as zipped:
                entry = zipfile.ZipInfo(link[0])
                entry.external_attr = 0o120777 << 16
                zipped.writestr(entry, link[1])
                zipped.writestr(f"{link[0]}/x", "outside")
        return place

    def test_is_unpacked_with_modes_and_without_its_only_folder(self, tmp_path):
        place = self.put(tmp_path, {"shop/run.sh": "x", "shop/a.txt": "a"})

        bundle.unpack(place, tmp_path / "out", strip="shop/")

        assert mode(tmp_path / "out/run.sh") == 0o755
        assert (tmp_path / "out/a.txt").read_text() == "a"

    @pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil"])
    def test_that_leaves_its_folder_is_refused(self, tmp_path, name):
        with pytest.raises(bundle.BadBundle, match="leaves its folder"):
            bundle.unpack(self.put(tmp_path, {name: "x"}), tmp_path / "out")

    def test_that_writes_through_its_own_link_is_refused(self, tmp_path):
        place = self.put(tmp_path, {"a": "x"}, link=("way", str(tmp_path)))

        with pytest.raises(bundle.BadBundle, match="symbolic link"):
            bundle.unpack(place, tmp_path / "out")

        assert not (tmp_path / "x").exists()

    def test_that_is_no_zip_is_refused(self, tmp_path):
        place = tmp_path / "bundle.zip"
        place.write_bytes(b"nothing")

        with pytest.raises(bundle.BadBundle, match="not a sound zip"):
            bundle.unpack(place, tmp_path / "out")
