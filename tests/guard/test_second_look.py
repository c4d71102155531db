"""detect-secrets after our own patterns: what its detectors add to them, and what the others would cost."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import detect_secrets.plugins
import pytest
from detect_secrets.plugins.base import BasePlugin

from bot.guard.redact import redact
from tests.guard.harmless import HARMLESS
from tests.guard.leaks import LEAKS
from tests.guard.made import HEX, chars

USED = {"CloudantDetector", "SoftlayerDetector", "IbmCloudIamDetector"}
MASK_IDS = {"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector"}
HEX64, KEY44, LOW24 = chars(64, HEX), chars(44), "qwertyuiopasdfghjklzxcvb"


def detectors():
    modules = [
        importlib.import_module(f"detect_secrets.plugins.{found.name}")
        for found in pkgutil.iter_modules(detect_secrets.plugins.__path__)
    ]
    found = {name: one for module in modules for name, one in inspect.getmembers(module, inspect.isclass)}
    return {name: one() for name, one in found.items() if issubclass(one, BasePlugin) and not inspect.isabstract(one)}


def finds(detector, text):
    lines = text.split("\n")
    return {one.secret_value for line in lines for one in detector.analyze_line(filename="x", line=line)}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"clou_key={HEX64} ok", "clou_key=[redacted: cloudant key] ok"),
        (f"cl_key: '{LOW24}'", "cl_key: '[redacted: cloudant key]'"),
        (f'{{"sl_key": "{HEX64}"}}', '{"sl_key": "[redacted: softlayer key]"}'),
        (
            f"GET https://api.softlayer.com/soap/v3/{HEX64}",
            "GET https://api.softlayer.com/soap/v3/[redacted: softlayer key]",
        ),
        (f"ibm_key={KEY44}", "ibm_key=[redacted: ibm key]"),
        (f"ibm-iam-key {KEY44}\nibm_key={KEY44}", "ibm-iam-key [redacted: ibm key]\nibm_key=[redacted: ibm key]"),
    ],
)
def test_what_ours_do_not_know_is_masked_too(line, told):
    assert redact(line) == told
    assert redact(told) == told


def test_every_other_detector_adds_nothing_to_ours_or_masks_ids(capsys):
    left = [redact(leak.line) for leak in LEAKS]
    told = []
    for name, detector in sorted(detectors().items()):
        before = sum(bool(finds(detector, leak.line)) for leak in LEAKS)
        added = [secret for line in left for secret in finds(detector, line) if secret and "redacted" not in secret]
        wrong = [secret for line in HARMLESS for secret in finds(detector, line)]
        told.append(f"{name}: {before} of {len(LEAKS)} leaks, {len(added)} after ours, {len(wrong)} harmless")
        assert added == [] or name in USED | MASK_IDS, name
        assert wrong == [] or name in {*MASK_IDS, "KeywordDetector"}, name
    with capsys.disabled():
        print("", *told, sep="\n")
    assert len(told) >= 25


def test_detect_secrets_is_imported_only_once_a_text_names_what_it_looks_for():
    program = f"""
import sys
from bot.guard.redact import redact
redact("password=abc12345 at iambic slow client")
assert "detect_secrets" not in sys.modules
redact("ibm_key={KEY44}")
assert "detect_secrets" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
