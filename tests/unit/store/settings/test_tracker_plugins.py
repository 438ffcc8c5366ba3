from __future__ import annotations

from pathlib import Path

import pytest

from qtd.store.settings.matomo_files import MatomoFiles
from qtd.store.settings.tracker_plugins import RECORDING, tracker_plugins


def unknown(matomo: Path, *active: str) -> tuple[str, ...]:
    """The unknown tracker plugins among these active ones."""
    plugins = {str(place): name for place, name in enumerate(active)}
    return tracker_plugins(MatomoFiles(path=matomo, sections={"Plugins": {"Plugins": plugins}})).unknown


def write(matomo: Path, file: str, code: str) -> None:
    """Put a file into the folder of plugins."""
    path = matomo / "plugins" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("<?php\n" + code)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("Mine.php", "return ['Tracker.newVisitorInformation' => 'change'];"),
        ("Mine.php", 'return ["Tracker.setVisitorIp" => "change"];'),
        ("Mine.php", "public function isTrackerPlugin() { return true; }"),
        ("Columns/Shoe.php", "class Shoe extends VisitDimension"),
        ("Columns/Shoe.php", r"class Shoe extends \Piwik\Plugin\Dimension\ActionDimension"),
        ("Columns/Shoe.php", "class Shoe extends ConversionDimension"),
        ("Tracker/ShoeProcessor.php", r"class ShoeProcessor extends Tracker\RequestProcessor"),
        ("Actions/ShoeAction.php", r"class ShoeAction extends \Piwik\Tracker\Action"),
    ],
)
def test_whoever_takes_part_in_tracking_is_found(tmp_path: Path, file: str, code: str) -> None:
    """By its columns, processors, actions, or the tracker's events that it listens to."""
    write(tmp_path, "Mine/Mine.php", "class Mine extends Plugin {}")
    assert unknown(tmp_path, "Mine") == ()
    write(tmp_path, f"Mine/{file}", code)
    assert unknown(tmp_path, "Mine") == ("Mine",)


def test_tests_and_libraries_of_a_plugin_do_not_count(tmp_path: Path) -> None:
    """Matomo does not load them while it tracks."""
    write(tmp_path, "Mine/Mine.php", "class Mine extends Plugin {}")
    for folder in ("tests/System", "vendor/x"):
        write(tmp_path, f"Mine/{folder}/Shoe.php", "class Shoe extends VisitDimension")
    assert unknown(tmp_path, "Mine") == ()


def test_what_can_not_be_looked_at_is_taken_for_one(tmp_path: Path) -> None:
    """A plugin may lie in a folder of its own that we are not told of."""
    assert unknown(tmp_path, "Elsewhere", "Another") == ("Another", "Elsewhere")


def test_matomos_own_are_known(tmp_path: Path) -> None:
    """Without a look at their code."""
    assert unknown(tmp_path, "Goals", "Login", "QueuedTracking", *RECORDING) == ()


def test_recording_ones_that_are_switched_off_are_told(tmp_path: Path) -> None:
    """Because the engine records as if they were on."""
    plugins = {str(place): name for place, name in enumerate(sorted(RECORDING - {"Events", "Contents"}))}
    found = tracker_plugins(MatomoFiles(path=tmp_path, sections={"Plugins": {"Plugins": plugins}}))
    assert found.inactive == ("Contents", "Events")
