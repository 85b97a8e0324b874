"""A system that announces records: signed deliveries over kept-alive connections, so many at once; every answer is timed.

`python -m bench.work.hook_sender PORT PATH SECRET NUMBER AT_ONCE FIRST` reports the rate and the latencies in milliseconds.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import orjson

from apps.connectors.webhook_signatures import standard_headers
from bench.work.entries import iterate_entries
from bench.work.meter import report


def _requests(path: str, secret: str, number: int, first: int) -> Iterator[bytes]:
    """Yield whole requests, signed just before they are sent: entry by entry, from the `first` on."""
    for position, entry in enumerate(islice(iterate_entries(first + number), first, None), first):
        key = str(entry["id"] or f"gone-{position}")  # some entries are broken on purpose
        body = orjson.dumps({"type": "time.approved", "object": "time-entries", "key": key})
        headers = standard_headers([secret], delivery_id=f"msg-{first}-{key}", timestamp=int(time.time()), body=body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nHost: bench.localhost\r\nContent-Type: application/json\r\n{lines}"
        yield f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _send(port: int, waiting: Iterator[bytes], took: list[float], answers: Counter[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in waiting:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        took.append((time.perf_counter() - began) * 1000)
        answers[int(head.split(b" ", 2)[1])] += 1
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        await reader.readexactly(int(length.split(b":")[1]))
    writer.close()


async def send_all(port: int, requests: list[bytes], at_once: int) -> tuple[float, list[float], Counter[int]]:
    """Send every request, `at_once` of them under way; returns seconds, milliseconds of each, and answers by status."""
    waiting, took, answers = iter(requests), list[float](), Counter[int]()
    began = time.perf_counter()
    await asyncio.gather(*(_send(port, waiting, took, answers) for _ in range(at_once)))
    return time.perf_counter() - began, took, answers


def main() -> None:
    """Send and report."""
    port, path, secret, number, at_once, first = sys.argv[1:7]
    requests = list(_requests(path, secret, int(number), int(first)))
    seconds, took, answers = asyncio.run(send_all(int(port), requests, int(at_once)))
    took.sort()
    shares = {"p50": took[len(took) // 2], "p99": took[min(len(took) - 1, int(len(took) * 0.99))], "most": took[-1]}
    report(None, seconds=seconds, answers={str(status): n for status, n in answers.items()}, **shares)


if __name__ == "__main__":
    main()
