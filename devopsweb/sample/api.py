"""The front door of the sample: ``install`` creates it."""

from datetime import datetime

from devopsweb.sample import people, shop, watch


def install(at: datetime) -> dict[str, str]:
    """Create whatever of the sample is missing; returns the passwords of the people it made."""
    passwords = people.install(at)
    shop.install_instances(at)
    shop.install_builds(at)
    shop.install_repository(at)
    # A new pipeline runs by itself: news of the first push that arrives later would run it twice.
    shop.wait_for_news()
    watch.install(at)
    shop.install_pipeline(at)
    return passwords
