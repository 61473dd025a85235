"""A port that is taken before anything else begins, or a word about who may have it."""

import socket

from contracts.errors import ConfigurationInvalid

BACKLOG = 128


def listen(section: str, host: str, port: int, *, member: str = "port") -> socket.socket:
    """Listening already. Raises `ConfigurationInvalid` when somebody else does; the setting is `section`.`member`."""
    try:
        (family, _, _, _, _), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as exc:
        raise cannot_listen(f"{section}.{member}", host, port, exc) from exc


def cannot_listen(setting: str, host: str, port: int, exc: OSError) -> ConfigurationInvalid:
    """What to raise, and what to do about it."""
    return ConfigurationInvalid(
        f"cannot listen on {host}:{port}: {exc.strerror}; set {setting}, or end what listens there"
    )
