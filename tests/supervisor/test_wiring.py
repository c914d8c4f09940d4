"""What hangs itself into the wiring by a name can be found under that name."""

from celery import current_app

from devopsweb import env
from devopsweb.discovery import collect
from devopsweb.kernel.jobs import Job


def tasks() -> set[str]:
    current_app.loader.import_default_modules()
    return set(current_app.tasks)


class TestSweeps:
    def test_all_have_a_task(self):
        sweeps = {name for sweeps in collect("jobs", "SWEEPS") for name in sweeps}

        assert sweeps <= tasks()


class TestJobs:
    def test_all_have_a_task_and_a_queue_that_a_worker_consumes(self):
        jobs = [
            value for module in modules("jobs") for value in vars(module).values() if isinstance(value, Job)
        ]

        assert {job.name for job in jobs} <= tasks()
        assert {job.queue for job in jobs} <= {"engine", "builds", "deploys", "invoke"}


def modules(name: str) -> list:
    from importlib import import_module
    from importlib.util import find_spec

    from django.conf import settings

    return [import_module(f"{app}.{name}") for app in settings.OUR_APPS if find_spec(f"{app}.{name}")]


class TestSettings:
    def test_that_the_code_reads_are_documented(self):
        import re

        documented = (env.ROOT / "docs" / "settings.md").read_text()
        packages = ("devopsweb", "monitoring", "repos", "deployments", "pipelines")
        read = {
            name
            for package in packages
            for path in (env.ROOT / package).rglob("*.py")
            for name in re.findall(r"(?:env\.)?(?:text|flag)\(\s*\"([A-Z][A-Z_]+)\"", path.read_text())
        }

        assert {name for name in read if f"`{name}`" not in documented} == set()
