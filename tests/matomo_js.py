"""Page views as matomo.js 5 sends them, of a shop that nobody has seen before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from qtd.cli.bench.page_views import PageView

WORDS = (
    "garden lamp coffee report election annual budget running shoes winter recipe potato salad mountain bike repair "
    "guide price contact careers press summer laptop charger cable green wooden chair window notes kitchen linux "
    "security travel berlin paris vienna train ticket hotel weather sports league music concert festival theatre"
)
CHROMIUM = (
    ("Windows NT 10.0; Win64; x64", "Windows", ""),
    ("Macintosh; Intel Mac OS X 10_15_7", "macOS", ""),
    ("Linux; Android 10; K", "Android", " Mobile"),
)
LANGUAGES = ("en-US,en;q=0.9", "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "sv-SE,sv;q=0.9,en;q=0.8")
_WORDS = WORDS.split()
SITE = "https://www.some-shop.example"


def matomo_js(count: int, seed: int = 1) -> Iterator[PageView]:
    """So many page views, all different: two of three by Chromium, which says much of itself."""
    random = Random(seed)
    for number in range(count):
        chromium = number % 3 < 2
        headers, hints = _chromium(random) if chromium else _firefox(random)
        words = [random.choice(_WORDS) for _ in range(random.randrange(3, 9))]
        params = {
            "action_name": f"{' '.join(words).title()} - Some Shop",
            "idsite": str(random.randrange(1, 4)),
            "rec": "1",
            "r": f"{random.randrange(10**6):06d}",
            "h": str(random.randrange(24)),
            "m": str(random.randrange(60)),
            "s": str(random.randrange(60)),
            "url": f"{SITE}/{'/'.join(words[:2])}/{'-'.join(words[2:])}",
            "urlref": random.choice((f"{SITE}/{random.choice(_WORDS)}", "https://www.google.com/")),
            "_id": f"{random.getrandbits(64):016x}",
            "_idn": str(random.randrange(2)),
            "send_image": "0",
            "_refts": "0",
            **(dict.fromkeys(("pdf", "qt", "realp", "wma", "fla", "java", "ag"), "0") if chromium else {}),
            "cookie": "1",
            "res": random.choice(("1920x1080", "1536x864", "393x873")),
            **({"uadata": hints} if chromium else {}),
            "pv_id": f"{random.getrandbits(24):06x}",
            "pf_net": str(random.randrange(90)),
            "pf_srv": str(random.randrange(40, 900)),
            "pf_tfr": str(random.randrange(60)),
            "pf_dm1": str(random.randrange(80, 1500)),
        }
        address = ".".join(str(random.randrange(1, 255)) for _ in range(4))
        lines = {
            **headers,
            "Accept": "*/*",
            "Sec-Fetch-Site": "same-site",
            "Sec-Fetch-Mode": "no-cors",
            "Sec-Fetch-Dest": "empty",
            "Referer": f"{SITE}/",
            "Accept-Encoding": "gzip, deflate, br",
            "Accept-Language": random.choice(LANGUAGES),
            "X-Forwarded-For": address,
            "X-Forwarded-Proto": "https",
        }
        yield PageView(params=params, headers="".join(f"{name}: {line}\r\n" for name, line in lines.items()))


def _chromium(random: Random) -> tuple[dict[str, str], str]:
    system, platform, mobile = random.choice(CHROMIUM)
    version = random.randrange(118, 128)
    full = f"{version}.0.{random.randrange(5000, 7000)}.{random.randrange(50, 250)}"
    kit = f"AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0"
    headers = {
        "sec-ch-ua": f'"Not_A Brand";v="8", "Chromium";v="{version}", "Google Chrome";v="{version}"',
        "sec-ch-ua-mobile": "?1" if mobile else "?0",
        "sec-ch-ua-platform": f'"{platform}"',
        "User-Agent": f"Mozilla/5.0 ({system}) {kit}{mobile} Safari/537.36",
    }
    hints = {
        "fullVersionList": [
            {"brand": "Not_A Brand", "version": "8.0.0.0"},
            {"brand": "Chromium", "version": full},
            {"brand": "Google Chrome", "version": full},
        ],
        "mobile": bool(mobile),
        "model": random.choice(("SM-A515F", "Pixel 7", "2201117TY")) if mobile else "",
        "platform": platform,
        "platformVersion": random.choice(("10.0.0", "13.4.1", "15.0.0")),
    }
    return headers, json.dumps(hints, separators=(",", ":"))


def _firefox(random: Random) -> tuple[dict[str, str], str]:
    version = random.randrange(115, 125)
    agent = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
    return {"User-Agent": agent}, ""
