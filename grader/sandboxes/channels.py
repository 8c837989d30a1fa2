"""ZeroMQ as it is spoken with a kernel nobody trusts.

A message over the size is not read: libzmq drops the connection before it takes the memory. A
queue holds few messages: a kernel that sends faster than we read has to wait.
"""

from __future__ import annotations

import zmq
import zmq.asyncio

MESSAGE_BYTES = 32 * 2**20
QUEUED = 8


def capped_context() -> zmq.asyncio.Context:
    """A context whose sockets take no message over MESSAGE_BYTES and queue at most QUEUED."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, MESSAGE_BYTES)
    context.setsockopt(zmq.RCVHWM, QUEUED)
    return context
