"""How long a saved text takes to reach everyone: `python benchmarks/live.py http://127.0.0.1:8000 40`.

Needs a running demo (./run). Opens that many streams of Havtornen's board as Mette, saves a text 30 times, and prints
the time of the save, and from the save's start until each stream had it. Figures wander with the machine; compare
within a run.
"""

import http.client
import http.cookiejar
import json
import re
import statistics
import sys
import threading
import time
import urllib.parse
import urllib.request

ROUNDS = 30


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main(base: str, viewers: int) -> None:
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{base}/demo/").read().decode()
    number = re.search(r"/demo/log-ind/(\d+)/.{0,400}?<b>Mette</b>", page, re.S).group(1)
    token = re.search(r'data-csrf="([^"]+)"', page).group(1)
    opener.open(f"{base}/demo/log-ind/{number}/", urllib.parse.urlencode({"csrfmiddlewaretoken": token}).encode())

    loads = []
    for _ in range(10):
        start = time.perf_counter()
        board = opener.open(f"{base}/havtornen/tavle/").read().decode()
        loads.append(1000 * (time.perf_counter() - start))
    token = re.search(r'data-csrf="([^"]+)"', board).group(1)
    version, day = re.search(r'data-version="(\d+)" data-dag="([^"]+)"', board).groups()
    stay = re.search(r'id="f(\d+)-status-home"', board).group(1)
    cookie = "; ".join(f"{c.name}={c.value}" for c in jar)
    host = urllib.parse.urlsplit(base).netloc
    arrived: dict[str, list[float]] = {}
    ready = threading.Barrier(viewers + 1)
    over = threading.Event()

    def watch(tab: int) -> None:
        link = http.client.HTTPConnection(host, timeout=120)
        link.request(
            "GET", f"/havtornen/tavle/stroem/?since={version}&dag={day}&fane=b{tab}", headers={"Cookie": cookie}
        )
        answer = link.getresponse()
        waiting = True
        while not over.is_set():
            line = answer.readline().decode()
            if waiting and line.startswith("event: puls"):
                waiting = False
                ready.wait()
            for mark in re.findall(r"maaling-\d+", line):
                arrived.setdefault(mark, []).append(time.perf_counter())
        link.close()

    threads = [threading.Thread(target=watch, args=(tab,), daemon=True) for tab in range(viewers)]
    for thread in threads:
        thread.start()
    ready.wait()
    url = f"{base}/havtornen/felt/{stay}/status/home/"
    saves, waits = [], []
    headers = {"X-CSRFToken": token, "HX-Request": "true"}
    for turn in range(ROUNDS):
        edit = opener.open(f"{url}rediger/").read().decode()
        seen = re.search(r'name="seen" value="(\d+)"', edit).group(1)
        data = urllib.parse.urlencode(
            {"text": f"maaling-{turn}", "seen": seen, "noegle": f"m{time.time_ns()}"}
        ).encode()
        start = time.perf_counter()
        opener.open(urllib.request.Request(url, data, headers)).read()
        saves.append(1000 * (time.perf_counter() - start))
        until = time.perf_counter() + 10
        while len(arrived.get(f"maaling-{turn}", [])) < viewers and time.perf_counter() < until:
            time.sleep(0.005)
        waits += [1000 * (at - start) for at in arrived.get(f"maaling-{turn}", [])]
    over.set()
    found = {
        "viewers": viewers,
        "board_page_ms_median": round(statistics.median(loads), 1),
        "board_page_kb": round(len(board.encode()) / 1024),
        "save_ms_median": round(statistics.median(saves), 1),
        "save_ms_p95": round(percentile(saves, 0.95), 1),
        "arrival_ms_median": round(statistics.median(waits), 1),
        "arrival_ms_p95": round(percentile(waits, 0.95), 1),
        "arrived": len(waits),
        "expected": ROUNDS * viewers,
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 40)
