"""Runs at the start of every kernel that the tests start: a lesson that asks for the network fails, and says so."""

import ipaddress
import socket


def _refuse_unless_local(host):
    try:
        local = host in (None, "", "localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise OSError(f"A lesson must not use the network, but it asked for {host}.")


class _LocalSocket(socket.socket):
    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_unless_local(address[0])
        return super().connect(address)

    def connect_ex(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_unless_local(address[0])
        return super().connect_ex(address)


def _look_up_local(host, *args, _look_up=socket.getaddrinfo, **kwargs):
    _refuse_unless_local(host.decode() if isinstance(host, bytes) else host)
    return _look_up(host, *args, **kwargs)


socket.socket = _LocalSocket
socket.getaddrinfo = _look_up_local
