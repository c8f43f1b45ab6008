"""An override of a template gets nothing but what its file is made of, and a bounded amount of that."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from provisioner.errors import Broken
from provisioner.merge import merge
from provisioner.registry import vendors
from provisioner.render import _environment, check_overrides, render
from tests.factories import rich_record

YEALINK = vendors()["yealink"]
CONFIG = next(file for file in YEALINK.files if file.template)
PROFILE = merge(rich_record("yealink", "T46U"))


@pytest.fixture
def overrides(tmp_path: Path) -> Path:
    (tmp_path / "templates" / "yealink").mkdir(parents=True)
    _environment.cache_clear()
    return tmp_path / "templates"


def rendered(overrides: Path, template: str) -> str:
    (overrides / "yealink" / "device.cfg.j2").write_text(template)
    return render(PROFILE, CONFIG, overrides=overrides).body.decode()


ATTRIBUTE_WALKS = (
    "{{ ''.__class__.__mro__ }}",
    "{{ profile.__class__.__init__.__globals__ }}",
    "{{ profile['__class__'] }}",
    "{{ profile|attr('__class__') }}",
    "{{ range.__self__ }}",
    "{{ ().__class__.__bases__[0].__subclasses__() }}",
    "{{ profile.url.__reduce__() }}",
    "{{ '{0.__class__}'.format(profile) }}",
    "{{ '%s'|format(profile) }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ lipsum.__globals__ }}",
    "{{ cycler.__init__ }}",
    "{{ [].append(1) }}",
    "{% set x = namespace() %}",
    "{{ profile.settings._by_name.clear() }}",
)

TOO_MUCH = (
    "{{ 'a' * 10000000000 }}",
    "{{ 'a' * (10 * 10) }}",
    "{{ [1] * 10000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ 'a'|center(1000000000) }}",
    "{{ 'a'|indent(1000000000) }}",
    "{{ 'aaaa'.replace('a', 'bbbb') }}",
    "{{ (1).to_bytes(1000000000, 'big') }}",
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9) %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for i in range(9999) recursive %}{{ loop(range(9999)) }}{% endfor %}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'device.cfg.j2' %}{% include 'device.cfg.j2' %}",
    "{% set ns = 'abcdefgh' %}" + "{% set ns = ns ~ ns %}" * 60 + "{{ ns }}",
    "{% set ns = 'abcdefgh' %}" + "{% set ns = ns + ns %}" * 60 + "{{ ns }}",
    "{% set ns = [1] %}" + "{% set ns = ns + ns %}" * 60 + "{{ ns }}",
    "{% set ns = 99999999 %}" + "{% set ns = ns * ns %}" * 40 + "{{ ns }}",
    "{% set x %}" + "y" * 1000 + "{% endset %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 60,
    "{% for i in range(9999) %}" + "static text " * 5000 + "{% endfor %}",
    "x" * (257 * 1024),
)

OUTSIDE = (
    "{% include '../../secret.txt' %}",
    "{% include '/etc/passwd' %}",
    "{% include '..\\\\..\\\\secret.txt' %}",
    "{% import '../snom/device.xml.j2' as other %}",
    "{% extends '../../../secret.txt' %}",
    "{% include 'link.j2' %}",
    "{% include 'folder/secret.txt' %}",
)


@pytest.mark.parametrize("template", ATTRIBUTE_WALKS)
def test_an_attribute_walk_is_refused(overrides: Path, template: str) -> None:
    with pytest.raises(Broken, match="yealink/device"):
        rendered(overrides, template)


@pytest.mark.parametrize("template", TOO_MUCH, ids=lambda text: text[:40])
def test_too_much_of_anything_ends_soon_with_a_clear_error(overrides: Path, template: str) -> None:
    begun = time.process_time()
    with pytest.raises(Broken, match="yealink/device"):
        rendered(overrides, template)
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("template", OUTSIDE)
def test_nothing_outside_of_the_folder_is_included(overrides: Path, template: str) -> None:
    (overrides.parent / "secret.txt").write_text("leaked = 1\n")
    (overrides / "yealink" / "link.j2").symlink_to(overrides.parent / "secret.txt")
    (overrides / "yealink" / "folder").symlink_to(overrides.parent)
    with pytest.raises(Broken) as caught:
        rendered(overrides, template)
    assert "leaked" not in str(caught.value)


def test_a_template_that_is_a_link_out_of_the_folder_is_refused_and_says_so(overrides: Path) -> None:
    (overrides.parent / "secret.txt").write_text("leaked = 1\n")
    (overrides / "yealink" / "device.cfg.j2").symlink_to(overrides.parent / "secret.txt")
    with pytest.raises(Broken, match="leads out of the templates' folder"):
        render(PROFILE, CONFIG, overrides=overrides)


def test_an_override_that_does_nothing_but_its_work_renders(overrides: Path) -> None:
    body = rendered(
        overrides,
        "{% for a in profile.accounts %}a.{{ a.index * 10 + 1 }} = {{ a.number ~ '-' ~ a.name }}\n{% endfor %}"
        "b = {{ profile.name|upper }}{{ 'x'.upper() }}\n"
        "{% for i in range(3) %}c.{{ i }} = {{ loop.last }}\n{% endfor %}",
    )
    assert "a.11 = " in body
    assert "c.2 = 1" in body


def test_the_check_names_each_override_that_would_fail_and_no_other(overrides: Path) -> None:
    (overrides / "yealink" / "device.cfg.j2").write_text("a = {{ profile.name }}\n")
    (overrides / "yealink" / "broken.cfg.j2").write_text("\n{% for %}\n")
    (overrides / "yealink" / "out.j2").symlink_to("/etc/hostname")
    (overrides / "nobody").mkdir()
    (overrides / "nobody" / "x.j2").write_text("x")
    told = check_overrides(overrides)
    assert [name.partition(":")[0] for name in told] == ["nobody/x.j2", "yealink/broken.cfg.j2", "yealink/out.j2"]
    assert "line 2" in told[1]
    assert "leads out" in told[2]
    assert check_overrides(overrides / "none")


def test_what_an_error_says_quotes_no_secret(overrides: Path) -> None:
    password = PROFILE.accounts[0].password
    with pytest.raises(Broken, match="yealink/device") as caught:
        rendered(overrides, "{{ {}[profile.accounts[0].password] }}")
    assert password not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("vendor", sorted(vendors()))
def test_the_shipped_templates_cost_a_small_part_of_the_budget(vendor: str, tmp_path: Path) -> None:
    """Copied as overrides, each renders the same bytes under the meter."""
    from importlib import resources
    from shutil import copytree

    copytree(str(resources.files("provisioner").joinpath("templates", vendor)), tmp_path / vendor)
    widest = max(vendors()[vendor].models.values(), key=lambda model: model.line_keys).name
    for model in {*list(vendors()[vendor].models)[::4], widest}:
        profile = merge(rich_record(vendor, model))
        for file in vendors()[vendor].files:
            if file.template and file.private and file.fits(profile.model):
                assert render(profile, file).body == render(profile, file, overrides=tmp_path).body
