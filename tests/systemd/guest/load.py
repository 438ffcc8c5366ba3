"""Runs in a guest: sends page views for some seconds, each on a connection of its own, and says what became of them.

    load.py SECONDS RATE PREFIX

Prints one line of JSON at the end: how many were sent, how many were accepted (200), and what the others met.
"""

import collections
import hashlib
import http.client
import json
import sys
import threading
import time

seconds, rate, prefix = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
THREADS = 8
sent, accepted = [0] * THREADS, [0] * THREADS
failures: collections.Counter[str] = collections.Counter()


def send(thread: int) -> None:
    """Send a thread's share at its pace."""
    begin = time.monotonic()
    while (now := time.monotonic()) - begin < seconds:
        due = begin + sent[thread] * THREADS / rate
        if due > now:
            time.sleep(due - now)
        # Spread over all queues, which go by how an identifier begins.
        visitor = hashlib.sha256(b"%d %d" % (thread, sent[thread] % 250)).hexdigest()[:16]
        page = f"http%3A%2F%2Fexample.org%2F{prefix}%2F{thread}%2F{sent[thread]}"
        sent[thread] += 1
        try:
            connection = http.client.HTTPConnection("127.0.0.1", 8088, timeout=60)
            connection.request("GET", f"/matomo.php?idsite=1&rec=1&_id={visitor}&url={page}&send_image=0")
            status = connection.getresponse().status
            connection.close()
        except OSError as error:
            failures[type(error).__name__] += 1
            continue
        if status in (200, 204):
            accepted[thread] += 1
        else:
            failures[str(status)] += 1


threads = [threading.Thread(target=send, args=(number,)) for number in range(THREADS)]
for one in threads:
    one.start()
for one in threads:
    one.join()
outcome = {"sent": sum(sent), "accepted": sum(accepted), "failures": failures, "failed": failures.total()}
sys.stdout.write(json.dumps(outcome) + "\n")
