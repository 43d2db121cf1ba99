"""A tablet left open for eight hours at one reading a second: do memory and frame time stay flat?

A demonstration clinic is started in a folder of its own and a nurse's console is open in Chromium.
28,800 readings of five signals, a second apart and ending now, go in at the gateway's own door and
come down the console's own stream, as fast as the page keeps up: the next batch is posted when the
page has the last one. Then the console is closed and opened again, on three hours and on eight.

Printed: JavaScript heap after collection, nodes of the page, main-thread milliseconds for each
second at one reading a second, the longest frame, and how long the chart takes to open and to move;
each at the beginning (after five minutes) and at the end, and their ratio. 1.0 is flat.

    python benchmarks/long_watch.py [HOURS]
"""

import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from playwright.sync_api import CDPSession, Page, sync_playwright
from wire_to_screen import BROWSER, free_port, open_demo, sign_in

BEGIN_S, BATCH, WATCHED_S, DEVICE = 300, 300, 20, "LONG-1"
_JOIN = """
import sys, django
django.setup()
from datetime import timedelta
from openketamine.clinic.journal import clock
from openketamine.clinic.sessions import commands
from openketamine.clinic.sessions.models import Attachment, Session
from openketamine.clinic.staff.models import Staff
hours, device = float(sys.argv[1]), sys.argv[2]
nora, now = Staff.objects.get(username="nora"), clock.now()
session = next(s for s in Session.objects.order_by("created") if s.chair == "Chair 1")
for one in Attachment.objects.filter(session=session, until__isnull=True):
    commands.detach_device(session.pk, one.device_id, nora, now - timedelta(hours=hours + 0.6))
began = now - timedelta(hours=hours + 0.5)
commands.attach_device(session.pk, device, "monitor", nora, began)
print(session.pk)
"""
_FRAMES = """(seconds) => new Promise((done) => {
  const frames = []; const end = performance.now() + seconds * 1000; let before = performance.now();
  const next = (now) => {
    frames.push(now - before); before = now;
    if (now < end) requestAnimationFrame(next); else done(Math.max(...frames.slice(1)));
  };
  requestAnimationFrame(next);
})"""
_MOVES = """() => new Promise((done) => {
  const spans = [...document.querySelectorAll('#chart-span button')];
  spans.find((one) => one.textContent === '1 h').click();
  const chart = document.querySelector('time-chart'); const took = []; let left = 60;
  const box = chart.getBoundingClientRect();
  const at = (x, type) => chart.dispatchEvent(new PointerEvent(type,
    {clientX: x, clientY: box.top + 50, pointerId: 1, bubbles: true}));
  chart.setPointerCapture = () => {};
  at(box.left + 100, 'pointerdown');
  const finish = () => {
    at(0, 'pointerup');
    spans[0].click();
    done(took.sort((a, b) => a - b)[Math.floor(took.length * 0.95)]);
  };
  const step = () => {
    const from = performance.now();
    at(box.left + 100 + (60 - left) * 8, 'pointermove');
    requestAnimationFrame(() => { took.push(performance.now() - from);
      if (--left) requestAnimationFrame(step);
      else finish(); });
  };
  requestAnimationFrame(step);
})"""


def join(folder: Path, hours: float) -> str:
    """Our monitor has spoken for the person in chair 1 since before the first reading."""
    told = {**os.environ, "DJANGO_SETTINGS_MODULE": "openketamine.clinic.site.settings"}
    told |= {"OPENKETAMINE_DATA": str(folder), "OPENKETAMINE_DEMO": "1"}
    command = [sys.executable, "-c", _JOIN, str(hours), DEVICE]
    ran = subprocess.run(command, env=told, check=True, capture_output=True, text=True)
    return ran.stdout.split()[-1]


def reading(number: int, at: datetime) -> dict[str, object]:
    """Numbers that move as a calm person's do; a cuff every five minutes."""
    wave = math.sin(number / 97)
    values = {"heart_rate": 72 + round(6 * wave), "spo2": 97 + round(wave)}
    values |= {"respiratory_rate": 14 + round(2 * math.sin(number / 41))}
    if number % 300 == 0:
        values |= {"systolic": 128 + round(9 * wave), "diastolic": 80, "mean_pressure": 96}
    told = at.isoformat()
    return {
        "key": f"LONG|{number}", "mrn": None, "device_id": DEVICE, "measured_at": told,
        "received_at": told, "values": values,
    }  # fmt: skip


class Gateway:
    """Posts as the real one does, with its token."""

    def __init__(self, base: str, folder: Path):
        self._url = f"{base}/live/gateway/readings"
        token = (folder / "gateway-token").read_text().strip()
        self._line = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=120)

    def post(self, messages: list[dict[str, object]]) -> None:
        body = {"gateway": "long", "messages": messages}
        answer = self._line.post(self._url, json=body).raise_for_status()
        outcomes = answer.json()["accepted"]
        wrong = [one for one in outcomes if one["outcome"] != "charted"]
        if wrong:
            raise RuntimeError(f"not charted: {wrong[0]}")


def drawn_up_to(page: Page, at: datetime) -> bool:
    """Whether the console shows the number of this moment: its heart rate is the newest it has."""
    told = page.evaluate("() => Number(document.querySelector('time-chart').dataset.newest ?? 0)")
    return told >= at.timestamp() * 1000 - 1


def push(page: Page, gateway: Gateway, start: datetime, numbers: range) -> None:
    for first in range(numbers.start, numbers.stop, BATCH):
        batch = range(first, min(first + BATCH, numbers.stop))
        gateway.post([reading(n, start + timedelta(seconds=n)) for n in batch])
        last = start + timedelta(seconds=batch[-1])
        until = time.monotonic() + 60
        while not drawn_up_to(page, last):
            if time.monotonic() > until:
                raise TimeoutError(f"the page does not keep up at reading {batch[-1]}")
            page.wait_for_timeout(20)


def metrics(cdp: CDPSession) -> dict[str, float]:
    listed = cdp.send("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in listed}


def look(
    page: Page, cdp: CDPSession, gateway: Gateway, start: datetime, number: int
) -> dict[str, float]:
    """The page as it is now, then at one reading a second for a while, from this number on."""
    cdp.send("HeapProfiler.collectGarbage")
    page.wait_for_timeout(500)
    still = metrics(cdp)
    before, begun = metrics(cdp)["TaskDuration"], time.monotonic()
    for second in range(WATCHED_S // 2):
        at = start + timedelta(seconds=number + second)
        gateway.post([reading(number + second, at)])
        page.wait_for_timeout(1000)
    busy = (metrics(cdp)["TaskDuration"] - before) * 1000 / (time.monotonic() - begun)
    longest = page.evaluate(_FRAMES, WATCHED_S // 2)
    return {
        "heap, MB": still["JSHeapUsedSize"] / 1e6,
        "nodes of the page": still["Nodes"],
        "main thread, ms a second": busy,
        "longest frame, ms": longest,
        "moving the chart, p95 ms": page.evaluate(_MOVES),
    }


def opens_in(page: Page) -> float:
    """From the address to a drawn chart, ms: the page's own clock."""
    page.reload()
    page.wait_for_selector("time-chart[data-newest]")
    return float(
        page.evaluate("() => Number(document.querySelector('time-chart').dataset.drawnMs)")
    )


def watch(base: str, folder: Path, hours: float) -> tuple[dict[str, float], dict[str, float]]:
    session, gateway = join(folder, hours), Gateway(base, folder)
    seconds = int(hours * 3600)
    start = datetime.now(UTC) - timedelta(seconds=seconds)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
        page = browser.new_page(viewport={"width": 1180, "height": 820})
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable")
        sign_in(page, base)
        page.goto(f"{base}/sessions/{session}/")
        page.wait_for_selector("#charting button")
        push(page, gateway, start, range(BEGIN_S))
        first = look(page, cdp, gateway, start, BEGIN_S)
        begun = time.monotonic()
        push(page, gateway, start, range(BEGIN_S + WATCHED_S, seconds - WATCHED_S))
        print(f"{seconds - BEGIN_S} readings down the stream in {time.monotonic() - begun:.0f} s")
        last = look(page, cdp, gateway, start, seconds - WATCHED_S)
        print(f"opened again on {hours:g} hours, chart drawn after {opens_in(page):.0f} ms")
        browser.close()
    return first, last


def main() -> int:
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    # Somebody is here all the time: this measures the page, not the automatic sign-off.
    os.environ["OPENKETAMINE_IDLE_SECONDS"] = "86400"
    with tempfile.TemporaryDirectory() as place:
        folder, web, mllp = Path(place) / "demo", free_port(), free_port()
        demo = open_demo(folder, web, mllp)
        try:
            first, last = watch(f"http://127.0.0.1:{web}", folder, hours)
        finally:
            os.kill(demo.pid, signal.SIGINT)
            demo.wait(60)
    print(f"\n{'':<28}{'5 min':>10}{f'{hours:g} h':>10}{'ratio':>8}")
    for name, value in first.items():
        print(f"{name:<28}{value:>10.1f}{last[name]:>10.1f}{last[name] / value:>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
