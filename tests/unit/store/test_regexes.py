from __future__ import annotations

from pathlib import Path

import pytest

from qtd.engine.device import DeviceDetector
from qtd.errors import ConfigurationError
from qtd.store.regexes import device_definitions

RULE = "- {regex: 'Frob/(\\d+)', name: Frobnicator, version: $1, engine: {default: Blink}}\n"
FILES = {
    "DeviceDetector.php": "<?php class X { public const VERSION = '9.8.7'; }",
    "Parser/OperatingSystem.php": """<?php
        protected static $operatingSystems = [
            // a comment with 'quotes'
            'FRO' => 'Frob\\'s OS',
            'LIN' => 'GNU/Linux', /* 'OLD' => 'Old' */
        ];
        protected static $osFamilies = [
            'GNU/Linux' => [
                'LIN', 'FRO',
            ],
        ];""",
    "Parser/Client/Browser.php": """<?php
        protected static $availableBrowsers = ['FB' => 'Frobnicator', 36 => '360'];
        protected static $browserFamilies = ['Chrome' => ['FB']];
        protected static $mobileOnlyBrowsers = ['FB', '36'];""",
    "Parser/Client/Browser/Engine.php": "<?php protected static $availableEngines = ['Blink', 'Gecko'];",
    "Parser/Device/AbstractDeviceParser.php": "<?php public static $deviceBrands = ['AC' => 'Acer', '5E' => '2E'];",
    "regexes/bots.yml": "- {regex: Robot, name: Robot}\n",
    "regexes/oss.yml": "- {regex: FrobOS, name: 'Frob''s OS', version: 1.10}\n",
    "regexes/vendorfragments.yml": "Acer: ['MAAR']\n",
    "regexes/client/browser_engine.yml": "- {regex: Blink, name: Blink}\n",
    "regexes/client/hints/apps.yml": "'com.example': 'Example'\n",
    "regexes/client/hints/browsers.yml": "'com.frob': 'Frobnicator'\n",
    "regexes/device/mobiles.yml": "'2E':\n  regex: 'E4'\n  device: smartphone\n  model: E4\n",
    **{
        f"regexes/client/{name}.yml": RULE
        for name in ("browsers", "feed_readers", "mobile_apps", "mediaplayers", "pim", "libraries")
    },
    **{
        f"regexes/device/{name}.yml": "{}\n"
        for name in (
            "televisions",
            "shell_tv",
            "notebooks",
            "consoles",
            "car_browsers",
            "cameras",
            "portable_media_player",
        )
    },
}


@pytest.fixture
def matomo(tmp_path: Path) -> Path:
    """A Matomo with a device-detector of our own making."""
    for name, content in FILES.items():
        path = tmp_path / "vendor/matomo/device-detector" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def test_matomos_own_definitions_are_used_as_they_are(matomo: Path) -> None:
    """Patterns come from the YAML files, codes from the PHP tables, and nothing is corrected."""
    definitions = device_definitions(matomo)
    assert definitions.origin == "Matomo's device-detector 9.8.7"
    codes = definitions.codes
    assert dict(codes.browsers) == {"FB": "Frobnicator", "36": "360"}
    assert dict(codes.systems) == {"FRO": "Frob's OS", "LIN": "GNU/Linux"}
    assert codes.system_family("FRO") == "GNU/Linux"
    assert codes.mobile_browsers == {"FB", "36"}
    assert codes.browser_code("frobnicator") == "FB"
    device = DeviceDetector(definitions).detect("FrobOS (E4) x")
    assert (device.os, device.os_version, device.device_brand) == ("FRO", "1.10", "5E")


def test_the_package_is_used_where_matomo_has_none(tmp_path: Path) -> None:
    """Without a Matomo, or with one that has no library, the packaged definitions serve."""
    assert device_definitions(tmp_path).origin.startswith("the Python package device-detector")
    assert "Chrome" in device_definitions().codes.browsers.values()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("regexes/bots.yml", None, "can not be read"),
        ("regexes/bots.yml", "- {name: x}", "a regex each"),
        ("regexes/bots.yml", "a: [", "is not YAML"),
        ("regexes/device/mobiles.yml", "[]", "a mapping is expected"),
        ("regexes/device/mobiles.yml", "Acer: {regex: x, models: [{model: y}]}", "Acer"),
        ("Parser/OperatingSystem.php", "<?php", "operatingSystems"),
        ("Parser/Client/Browser/Engine.php", "<?php $availableEngines = [];", "is empty"),
    ],
)
def test_a_broken_file_is_named(matomo: Path, name: str, content: str | None, message: str) -> None:
    """An error says which file is not what it should be."""
    path = matomo / "vendor/matomo/device-detector" / name
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=message) as caught:
        device_definitions(matomo)
    assert str(path) in str(caught.value)
