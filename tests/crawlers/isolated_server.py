"""A server that cannot be told to listen on loopback alone, in a network of its own, reached from a loopback port.

`python isolated_server.py PORT COMMAND…` starts COMMAND, which listens on PORT, in a new network namespace and prints
the port on 127.0.0.1 that leads to it. Bytes pass through a Unix socket, the one thing that both networks share.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

_SET_FLAGS, _UP = 0x8914, 1


def may_isolate() -> bool:
    """Whether this machine lets us make a network namespace."""
    try:
        return subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def _join(
    outer: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    inner: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    await asyncio.gather(_pump(outer[0], inner[1]), _pump(inner[0], outer[1]), return_exceptions=True)


async def _inside(path: str, port: int, command: list[str]) -> None:
    with socket.socket() as probe:
        fcntl.ioctl(probe, _SET_FLAGS, bytearray(struct.pack("16sH22x", b"lo", _UP)))
    await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(300):
            try:
                inner = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                await _join((reader, writer), inner)
                return

    server = await asyncio.start_unix_server(serve, path)
    print("ready", flush=True)
    await server.serve_forever()


async def _outside(port: int, command: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "s")
        inside = await asyncio.create_subprocess_exec(
            *("unshare", "-rn", sys.executable, __file__, "inside", path, str(port)),
            *command,
            stdout=subprocess.PIPE,
        )
        assert inside.stdout is not None
        await inside.stdout.readline()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _join((reader, writer), await asyncio.open_unix_connection(path))

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "inside":
        asyncio.run(_inside(sys.argv[2], int(sys.argv[3]), sys.argv[4:]))
    else:
        asyncio.run(_outside(int(sys.argv[1]), sys.argv[2:]))
