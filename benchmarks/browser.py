"""The first load of the board in Chromium, with an empty cache, on a laptop and on a tablet; and updates arriving."""

import asyncio
import statistics
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, async_playwright

from benchmarks.lines import Goal, Line
from benchmarks.measures import Seat, seats
from benchmarks.site import Site
from tools.bootstrap import chromium

SEEING = """
window.measured = {visible: 0, lcp: 0, long: 0, longest: 0, shifts: 0};
new PerformanceObserver(list => { for (const one of list.getEntries()) measured.lcp = one.startTime; })
  .observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(list => { for (const one of list.getEntries()) {
  measured.long += one.duration; measured.longest = Math.max(measured.longest, one.duration);
} })
  .observe({type: 'longtask', buffered: true});
new PerformanceObserver(list => { for (const one of list.getEntries()) measured.shifts += one.value; })
  .observe({type: 'layout-shift', buffered: true});
const look = () => {
  const rows = document.querySelector('table.board tbody tr, main h1');
  if (rows && rows.getBoundingClientRect().height > 0) {
    requestAnimationFrame(() => { measured.visible = performance.now(); });
  } else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@dataclass(frozen=True)
class Screen:
    """What the page is looked at on: pixels, how many times slower, and the network."""

    name: str
    width: int
    height: int
    slower: int = 1
    megabits: float = 0
    latency_ms: int = 0
    goals: tuple[Goal, ...] = ()


LESS = (Goal("kB", "<=", 250), Goal("requests", "<=", 15), Goal("long tasks ms", "<", 100))
STILL = Goal("shift by updates", "<=", 0)
SCREENS = (
    Screen("laptop", 1366, 768, goals=(Goal("p50", "<", 400), *LESS, STILL)),
    Screen("tablet", 1180, 820, 4, 9, 60, goals=(Goal("p50", "<", 1200), *LESS, STILL)),
)


async def first_loads(site: Site, times: int) -> list[Line]:
    """A line for each screen; none where there is no Chromium."""
    path = chromium()
    if not path:
        return []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            return [await _on(browser, site, screen, times) for screen in SCREENS]
        finally:
            await browser.close()


async def _on(browser: Browser, site: Site, screen: Screen, times: int) -> Line:
    slug = "h25-0-1"
    seat, writer = seats(site, slug, 2)
    writer.status = seat.status
    nobody = Seat(site, "", site.sessions("@ingen", 1)[0], {})
    found: list[dict[str, float]] = []
    line = Line(f"first load, {screen.name}", site.machine.database, "25 res.", goals=list(screen.goals))
    for _ in range(times):
        line.empty.append((await _visit(browser, site, screen, nobody, "/", None))["visible"])
        found.append(await _visit(browser, site, screen, seat, f"/{slug}/tavle/", writer))
        line.times.append(found[-1]["visible"])
    for name in found[0]:
        if name != "visible":
            line.figures[name] = statistics.median(one[name] for one in found)
    # The worst of all rounds: one shift is one too many.
    line.figures["shift by updates"] = max(one["shift by updates"] for one in found)
    return line


async def _visit(
    browser: Browser, site: Site, screen: Screen, seat: Seat, path: str, writer: Seat | None
) -> dict[str, float]:
    base = f"http://127.0.0.1:{site.port}"
    context = await browser.new_context(viewport={"width": screen.width, "height": screen.height})
    try:
        name, _, value = seat.session["cookie"].partition("=")
        await context.add_cookies([{"name": name, "value": value, "url": base}])
        page = await context.new_page()
        chrome = await context.new_cdp_session(page)
        sent: dict[str, float] = {}
        chrome.on("Network.requestWillBeSent", lambda event: _add(sent, event["requestId"], 0.0, new=True))
        chrome.on("Network.loadingFinished", lambda event: _add(sent, event["requestId"], event["encodedDataLength"]))
        await chrome.send("Network.enable")
        await chrome.send("Performance.enable")
        if screen.megabits:
            rate = screen.megabits * 1e6 / 8
            await chrome.send(
                "Network.emulateNetworkConditions",
                {
                    "offline": False,
                    "latency": screen.latency_ms,
                    "downloadThroughput": rate,
                    "uploadThroughput": rate,
                },
            )
        if screen.slower > 1:
            await chrome.send("Emulation.setCPUThrottlingRate", {"rate": screen.slower})
        await page.add_init_script(SEEING)
        await page.goto(base + path, wait_until="load")
        await page.wait_for_function("measured.visible > 0")
        await asyncio.sleep(1.5)
        seen = await page.evaluate("measured")
        made = {
            "visible": float(seen["visible"]),
            "largest paint ms": float(seen["lcp"]),
            "long tasks ms": float(seen["long"]),
            "longest ms": float(seen["longest"]),
            "requests": float(len(sent)),
            "kB": sum(sent.values()) / 1000,
            "heap MB": await _heap(chrome),
        }
        if writer is not None:
            made |= await _updates(page, writer, float(seen["shifts"]))
        return made
    finally:
        await context.close()


def _add(sent: dict[str, float], request: str, size: float, *, new: bool = False) -> None:
    if new or request in sent:
        sent[request] = size


async def _heap(chrome: Any) -> float:
    """What the page's scripts keep, in MB, when what nobody needs is gone."""
    await chrome.send("HeapProfiler.collectGarbage")
    metrics = (await chrome.send("Performance.getMetrics"))["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize")) / 1e6


async def _updates(page: Any, writer: Seat, before: float) -> dict[str, float]:
    """How much the page moves when texts arrive: of another length than stood there, and of the same."""
    stays = list(writer.status)[1:4]
    moved = []
    for mark in ("aendret-a", "aendret-b"):
        for stay in stays:
            await writer.save(f"{mark}-{stay}", stay)
            await page.wait_for_function(
                "mark => document.querySelector('table.board').textContent.includes(mark)", arg=f"{mark}-{stay}"
            )
        await asyncio.sleep(0.5)
        shifts = float(await page.evaluate("measured.shifts"))
        moved.append(shifts - before)
        before = shifts
    return {"shift on load": before - sum(moved), "shift by other lengths": moved[0], "shift by updates": moved[1]}
