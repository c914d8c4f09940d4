"""The service's registration, and its names for our errors on alarms."""

from devopsweb.awsapi.registry import service
from devopsweb.kernel.tags import InvalidTags
from monitoring.alarms.actions.alarms import InvalidState
from monitoring.alarms.engine.limits import InvalidAlarm
from monitoring.alarms.queries import AlarmNotFound

cloudwatch = service(
    "cloudwatch",
    errors={
        AlarmNotFound: "ResourceNotFound",
        InvalidAlarm: "ValidationException",
        InvalidState: "ValidationException",
        InvalidTags: "InvalidParameterValueException",
    },
)
