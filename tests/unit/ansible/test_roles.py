"""The collection's roles as they are written: documented variables, one truth for rights and versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[3]
COLLECTION = PROJECT / "ansible"
ROLES = sorted(path.name for path in (COLLECTION / "roles").iterdir() if (path / "tasks").is_dir())


def document(role: str, path: str) -> dict[str, Any]:
    """Return a YAML file of a role; a file that says nothing is empty."""
    return yaml.safe_load((COLLECTION / "roles" / role / path).read_text(encoding="utf-8")) or {}


def options(role: str) -> dict[str, dict[str, Any]]:
    """Return the variables that the role documents."""
    found: dict[str, dict[str, Any]] = document(role, "meta/argument_specs.yml")["argument_specs"]["main"][
        "options"
    ]
    return found


def test_there_are_the_three_roles() -> None:
    """What the other tests go over is not empty."""
    assert ROLES == ["qtd", "qtd_hook", "qtd_redis"]


@pytest.mark.parametrize("role", ROLES)
def test_what_is_documented_is_what_is_default(role: str) -> None:
    """Each default is in argument_specs with the same value; what has none is required, and the other way round."""
    documented = {name: option["default"] for name, option in options(role).items() if "default" in option}
    assert documented == document(role, "defaults/main.yml")
    assert all(("default" in option) != option.get("required", False) for option in options(role).values())


@pytest.mark.parametrize("role", ROLES)
def test_each_variable_is_explained_and_named_for_its_role(role: str) -> None:
    """Without a description nobody can use it; the prefix keeps roles apart."""
    for name, option in options(role).items():
        assert name.startswith(f"{role}_"), name
        assert option.get("description"), name


@pytest.mark.parametrize("role", ROLES)
def test_passwords_are_never_shown(role: str) -> None:
    """Whatever is called a password or a salt is hidden in Ansible's output."""
    for name, option in options(role).items():
        if re.search(r"password|salt|secret", name):
            assert option.get("no_log") is True, name


@pytest.mark.parametrize("role", ROLES)
def test_the_preflight_looks_at_all_variables(role: str) -> None:
    """The site's first play checks the same as the role itself."""
    specs = document(role, "meta/argument_specs.yml")["argument_specs"]
    assert specs["preflight"]["options"] == specs["main"]["options"]


@pytest.mark.parametrize("role", ["qtd", "qtd_redis"])
def test_numbers_have_bounds(role: str) -> None:
    """Each number that may be set is checked in the preflight."""
    checked = {check["name"] for check in document(role, "vars/main.yml")[f"{role}_checks"]}
    numbers = {name for name, option in options(role).items() if option.get("type") == "int"}
    assert numbers
    assert numbers <= checked


def test_the_account_has_the_documented_rights() -> None:
    """What the role gives qtd's account in Redis is what docs/redis.md says, with which the tests run."""
    text = (PROJECT / "docs" / "redis.md").read_text(encoding="utf-8")
    found = re.search(r"ACL SETUSER qtd on >… ([^`]+)```", text)
    assert found is not None
    assert document("qtd_redis", "defaults/main.yml")["qtd_redis_acl"].split() == found[1].split()


def test_the_collection_has_the_projects_version() -> None:
    """An operator sees from the collection which qtd it goes with."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))
    assert galaxy["version"] == project["version"]


def test_units_of_the_wheel_are_those_of_the_role() -> None:
    """Each unit in systemd/ is installed by the role, and the wheel brings the folder."""
    units = {
        path.name
        for path in (PROJECT / "systemd").iterdir()
        if path.suffix in {".service", ".socket", ".target", ".slice"}
    }
    assert set(document("qtd", "vars/main.yml")["qtd_units"]) == units
    build = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"]["shared-data"] == {"systemd": "share/qtd/systemd"}
