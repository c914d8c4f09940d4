"""What alarms hang into the shell: badge, home card, tally, palette."""

from collections.abc import Iterable, Mapping
from typing import Any

from devopsweb.kernel.principals import Principal
from devopsweb.ui.registry import HomeCard, NavItem, PaletteRow, Tally
from monitoring.alarms import access, presenters, queries
from monitoring.alarms.models import Alarm
from monitoring.alarms.states import AlarmState

SHOWN = 3


def in_alarm(principal: Principal) -> int:
    """How many alarms are in alarm, as far as ``principal`` may know."""
    number = Alarm.objects.filter(state_value=AlarmState.ALARM).count()
    return number if number and access.may_list(principal) else 0


def badge(principal: Principal) -> tuple[int, str]:
    """The number beside "Alarms"."""
    return in_alarm(principal), "fail"


def card(principal: Principal) -> Mapping[str, Any]:
    """The alarms that matter most, on My work."""
    urgent = list(queries.by_urgency()[:SHOWN])
    if not urgent or not access.may_list(principal):
        return {}
    counts = queries.counts()
    return {
        "rows": [presenters.row(alarm) for alarm in urgent],
        "in_alarm": counts[AlarmState.ALARM],
        "fine": counts[AlarmState.OK],
    }


def palette(principal: Principal, text: str) -> Iterable[PaletteRow]:
    """Alarms whose name contains ``text``."""
    found = list(queries.by_urgency().filter(name__icontains=text)[:5]) if text else []
    if not found or not access.may_list(principal):
        return []
    return [
        PaletteRow("Go to", alarm.name, alarm.get_absolute_url(), "bell", "Alarm", alarm.state_value)
        for alarm in found
    ]


NAV = NavItem(
    "Observe", 30, "Alarms", "bell", "alarms", key="a", tab=True, count=badge, visible=access.may_list
)
CARD = HomeCard("alarms", "side", 20, "alarms/card.html", card)
TALLY = Tally(40, "fail", "bell-ringing-f", "in alarm", "#alarms", in_alarm)
