"""Runs in the guest: sends page views to a web server until it is told to stop, and says what became of each.

    load.py PORT PREFIX [HOST [TIMEOUT_SECONDS]]

Ends at the end of its standard input. Then it prints one line of JSON: the addresses of the pages that were accepted,
and those that were not with the reason. Every third request is a POST, every sixth a bulk request of two page views.
"""

import http.client
import json
import sys
import threading
import time

port, prefix = int(sys.argv[1]), sys.argv[2]
host = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
timeout = float(sys.argv[4]) if len(sys.argv) > 4 else 120.0
THREADS, REQUESTS_A_SECOND = 4, 25
stop = threading.Event()
accepted: list[str] = []
failed: dict[str, str] = {}


def request(connection: http.client.HTTPConnection, number: int, pages: list[str], visitor: str) -> None:
    """Send the page views in the way that is this number's turn."""
    queries = [f"?idsite=1&rec=1&send_image=0&_id={visitor}&url={page}" for page in pages]
    if len(pages) > 1:
        connection.request("POST", "/matomo.php", json.dumps({"requests": queries}))
    elif number % 3 == 0:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/piwik.php", queries[0][1:], form)
    else:
        connection.request("GET", "/matomo.php" + queries[0])


def send(thread: int) -> None:
    """Send one request after the other, each on a connection of its own."""
    number = 0
    while not stop.is_set():
        number += 1
        bulk = number % 6 == 0
        pages = [f"http://shop.example/{prefix}/{thread}/{number}/{part}" for part in range(1 + bulk)]
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
        try:
            request(connection, number, pages, f"{thread:02x}{number:014x}")
            answer = connection.getresponse()
            answer.read()
            outcome = "" if answer.status in (200, 204) else str(answer.status)
        except OSError as error:
            outcome = type(error).__name__
        finally:
            connection.close()
        if outcome:
            failed.update(dict.fromkeys(pages, outcome))
        else:
            accepted.extend(pages)
        time.sleep(1 / REQUESTS_A_SECOND)


threads = [threading.Thread(target=send, args=(number,)) for number in range(THREADS)]
for one in threads:
    one.start()
sys.stdin.read()
stop.set()
for one in threads:
    one.join()
sys.stdout.write(json.dumps({"accepted": accepted, "failed": failed}) + "\n")
