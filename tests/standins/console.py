"""A stand-in for Matomo's `console queuedtracking:process`: the plugin's locks, reads, trims and lines, without PHP.

Run as `python console queuedtracking:process …` beside a file `standin.json` that says where Redis is, and what is to
go wrong. What it processes is appended to `recorded.jsonl` there. `console list` names
the command.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from redis import Redis

HERE = Path(__file__).parent


def say(line: str, *, to: Any = sys.stdout) -> None:
    """Print a line at once, and as one."""
    to.write(f"{line}\n")
    to.flush()


def requests_of(stored: bytes) -> list[Any]:
    """The requests of an entry, compressed or not."""
    with suppress(zlib.error):
        stored = zlib.decompress(stored)
    return list(json.loads(stored)["requests"])


def process(redis: Redis, queue: int, at_once: int, does: dict[str, Any]) -> int:
    """Process a queue as long as enough entries wait; return the number of requests."""
    entries = "trackingQueueV1" + (f"_{queue}" if queue else "")
    lock, token = f"QueuedTrackingLock{queue}", secrets.token_hex(6)
    count = 0
    if int(redis.llen(entries)) < at_once or not redis.set(lock, token, nx=True, ex=60):
        return 0
    while True:
        batch: Any = redis.lrange(entries, 0, at_once - 1)
        if len(batch) < at_once:
            break
        say_when_begun(does)
        time.sleep(does.get("batch_seconds", 0))
        with (HERE / "recorded.jsonl").open("a") as file:
            for stored in batch:
                for request in requests_of(stored):
                    file.write(json.dumps(request) + "\n")
                    count += 1
        redis.expire(lock, max(2 * len(batch), 20))
        redis.ltrim(entries, at_once, -1)
    if redis.get(lock) == token.encode():
        redis.delete(lock)
    return count


def say_when_begun(does: dict[str, Any]) -> None:
    """Tell the test that a batch has begun."""
    if does.get("batch_seconds"):
        say("INFO a batch has begun")


def listed(does: dict[str, Any]) -> int:
    """Name the commands."""
    if does.get("fails"):
        say("\n  [Exception]\n  config.ini.php is not readable  \n", to=sys.stderr)
        return 1
    say("core:archive                 Runs the CLI archiver")
    if not does.get("inactive"):
        say("queuedtracking:process       Processes all queued tracking requests")
    return 0


def main() -> int:
    """Do what is asked for, or what is to go wrong."""
    if sys.argv[1:2] == ["list"]:
        return listed(json.loads((HERE / "standin.json").read_text()))
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["queuedtracking:process"])
    parser.add_argument("--queue-id", type=int, required=True)
    parser.add_argument("--force-num-requests-process-at-once", type=int, default=50)
    parser.add_argument("--no-ansi", action="store_true")
    parser.add_argument("--no-interaction", action="store_true")
    asked = parser.parse_args()
    does = json.loads((HERE / "standin.json").read_text())
    with (HERE / "runs.jsonl").open("a") as file:
        run = {"arguments": sys.argv[1:], "environment": sorted(os.environ), "pid": os.getpid()}
        file.write(json.dumps(run) + "\n")
    if does.get("fails"):
        say("\nIn Redis.php line 264:\n\n  Connection refused  \n", to=sys.stderr)
        return 255
    say(f"Forcing queue ID: {asked.queue_id}")
    say("Starting to process request sets, this can take a while")
    if does.get("warns"):
        say("PHP Warning:  Undefined array key 1 in /var/www/matomo/x.php on line 7", to=sys.stderr)
        say(
            "\x1b[31mERROR QueuedTracking[2026-11-21] it failed for token_auth=c0ffee00c0ffee00c0ffee00\x1b[0m"
        )
    if does.get("hangs"):
        time.sleep(3600)
    began = time.monotonic()
    count = 0
    if not does.get("ignores"):
        with Redis(host=does["host"], port=does["port"]) as redis:
            count = process(redis, asked.queue_id, asked.force_num_requests_process_at_once, does)
    needed = time.monotonic() - began
    say(
        f" This worker finished queue processing with {count / max(needed, 0.001):.2f}req/s"
        f" ({count} requests in {needed:02.2f} seconds)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
