"""Django settings. Everything an operator may change comes from ``devopsweb.env``."""

from pathlib import Path

from devopsweb import env

BASE_DIR = env.ROOT
DEVOPSWEB_HOME: Path = env.home()
DEVOPSWEB_ACCOUNT_ID = env.text("DEVOPSWEB_ACCOUNT_ID", "123456789012")
DEVOPSWEB_REGION = env.text("DEVOPSWEB_REGION", "us-east-1")
DEVOPSWEB_BASE_URL = env.base_url()

DEVOPSWEB_BUILD_CONCURRENCY = int(env.text("DEVOPSWEB_BUILD_CONCURRENCY", "4"))
DEVOPSWEB_OUTGOING_ALLOW = [
    entry.strip() for entry in env.text("DEVOPSWEB_OUTGOING_ALLOW").split(",") if entry.strip()
]
DEVOPSWEB_API_RATE = float(env.text("DEVOPSWEB_API_RATE", "500"))
DEVOPSWEB_API_BURST = float(env.text("DEVOPSWEB_API_BURST", "1000"))
DEVOPSWEB_API_BODY_LIMIT = int(env.text("DEVOPSWEB_API_BODY_LIMIT", str(8 << 20)))
DEVOPSWEB_GIT_PROCESSES = int(env.text("DEVOPSWEB_GIT_PROCESSES", "32"))
DEVOPSWEB_TRAIL_DAYS = int(env.text("DEVOPSWEB_TRAIL_DAYS", "365"))
DEVOPSWEB_TRAIL_REQUIRED = env.flag("DEVOPSWEB_TRAIL_REQUIRED", default=True)
DEVOPSWEB_TRAIL_FLUSH_SECONDS = float(env.text("DEVOPSWEB_TRAIL_FLUSH_SECONDS", "0.15"))
DEVOPSWEB_TRAIL_SYNC_SECONDS = float(env.text("DEVOPSWEB_TRAIL_SYNC_SECONDS", "0.05"))

SECRET_KEY = env.secret_key()
DEBUG = env.flag("DEVOPSWEB_DEBUG", default=False)
ALLOWED_HOSTS = env.text("DEVOPSWEB_ALLOWED_HOSTS", "*").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in env.text("DEVOPSWEB_TRUSTED_ORIGINS").split(",") if o]

# From bottom to top: an app may call those above it in this list, never those below.
OUR_APPS = [
    "devopsweb.events",
    "devopsweb.live",
    "devopsweb.awsapi",
    "devopsweb.blobs",
    "devopsweb.iam",
    "devopsweb.iam.mfa",
    "devopsweb.iam.sso",
    "devopsweb.iam.sts",
    "devopsweb.vault",
    "devopsweb.ui",
    "devopsweb.sample",
    "monitoring.logs",
    "monitoring.metrics",
    "monitoring.alarms",
    "monitoring.dashboards",
    "monitoring.notifications",
    "monitoring.trail",
    "repos.git",
    "deployments.compute",
    "deployments",
    "pipelines.builds",
    "pipelines",
]

INSTALLED_APPS = [
    "devopsweb.iam.admin_site.DevOpsWebAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "django_rq",
    "channels",
    *OUR_APPS,
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "devopsweb.ui.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "devopsweb.iam.middleware.SignInRequired",
    "devopsweb.iam.middleware.PrincipalMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "devopsweb.ui.middleware.ErrorPages",
    "devopsweb.iam.audit_middleware.AuditMiddleware",
]

ROOT_URLCONF = "devopsweb.urls"
ASGI_APPLICATION = "devopsweb.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "devopsweb.ui.templatetags.ui",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "devopsweb.ui.context.shell",
            ],
        },
    }
]

DATABASES = {"default": env.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis_url()
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
CACHES = {
    "default": {
        "BACKEND": "devopsweb.kernel.bounded_cache.BoundedCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "devopsweb",
    }
}
RQ_QUEUES = {
    "deliveries": {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 300},
    "housekeeping": {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 3600},
}
RQ = {"WORKER_CLASS": "devopsweb.pulses.RqWorker"}

CELERY_BROKER_URL = env.celery_broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "engine"
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A page must not hang on a broker that is down: the sweeps will find the work.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULER = "devopsweb.pulses:PulsingScheduler"
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "visibility_timeout": 86400}

AUTH_USER_MODEL = "iam.User"
AUTHENTICATION_BACKENDS = ["devopsweb.iam.backend.IamBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "devopsweb.iam.password_policy.AccountRules"}]
CSRF_FAILURE_VIEW = "devopsweb.ui.middleware.csrf_failure"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = DEVOPSWEB_BASE_URL.startswith("https://")
# Browsers apply this to every port of a host: on localhost it would break what else a developer runs there.
SECURE_HSTS_SECONDS = (
    30 * 24 * 3600 if env.scheme() == "https" and not env.is_local(DEVOPSWEB_BASE_URL) else 0
)
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("DEVOPSWEB_BEHIND_PROXY", default=False) else None
)

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
FORMAT_MODULE_PATH = "devopsweb.locale"
USE_TZ = True

STATIC_URL = "/static/"
# Served from where they lie; ``collectstatic`` is for installations behind another web server.
STATIC_ROOT = env.text("DEVOPSWEB_STATIC_ROOT") or None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

EMAIL_BACKEND = env.text("DEVOPSWEB_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env.text("DEVOPSWEB_EMAIL_HOST", "localhost")
EMAIL_PORT = int(env.text("DEVOPSWEB_EMAIL_PORT", "25"))
EMAIL_HOST_USER = env.text("DEVOPSWEB_EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("DEVOPSWEB_EMAIL_PASSWORD")
EMAIL_USE_TLS = env.flag("DEVOPSWEB_EMAIL_TLS", default=False)
DEFAULT_FROM_EMAIL = env.text("DEVOPSWEB_EMAIL_FROM", "devopsweb@localhost")

LOGGING_CONFIG = "devopsweb.logs.configure"
LOGGING = {"level": env.text("DEVOPSWEB_LOG_LEVEL", "INFO").upper()}
