"""What each forked child runs: the web server, the Celery workers, beat, the RQ worker, local instances."""

import socket

import uvicorn
from django.core.management import call_command

from devopsweb import env
from devopsweb.asgi import application
from devopsweb.celery import app
from devopsweb.supervisor.certificate import Certificate, Server

GRACE = 3


def web(listener: socket.socket) -> None:
    """Serve pages, streams and sockets on a socket that is already open."""
    pair = env.text("DEVOPSWEB_TLS_CERTIFICATE"), env.text("DEVOPSWEB_TLS_KEY")
    certificate = Certificate(*pair) if all(pair) else None
    config = uvicorn.Config(
        application,
        http="httptools",
        loop="uvloop",
        ws="websockets-sansio",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=30,
        # An open log socket must not hold up a stop: it is closed and the browser comes back.
        timeout_graceful_shutdown=GRACE,
        # A log's frame is made once for all its sockets; compressing it for each would cost most of a core.
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ssl_certfile=pair[0] or None,
        ssl_keyfile=pair[1] or None,
        ssl_context_factory=certificate.context if certificate else None,
    )
    Server(config, certificate).run(sockets=[listener])


def celery_worker(name: str, queues: str, threads: int) -> None:
    """Run tasks of ``queues`` in ``threads`` threads."""
    app.worker_main(
        [
            *("worker", "--queues", queues, "--pool", "threads", "--concurrency", str(threads)),
            *("--hostname", f"{name}@%h", "--loglevel", "INFO"),
            *("--without-mingle", "--without-gossip", "--without-heartbeat"),
        ]
    )


def beat() -> None:
    """Tick the sweeps."""
    app.Beat(max_interval=1, loglevel="INFO").run()


def rq() -> None:
    """Carry deliveries and keep house."""
    call_command("rqworker", *("deliveries", "housekeeping"), with_scheduler=True, worker_ttl=30)


def instances() -> None:
    """Keep the local instances alive."""
    call_command("local_instances")
