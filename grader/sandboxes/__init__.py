"""How a kernel process is started and fenced in."""
