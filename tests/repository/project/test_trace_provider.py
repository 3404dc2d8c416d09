# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The trace provider's GUID is the one that ETW's tools derive from its name, in the code, in the
recording profile and in the documents; the profile's references lead somewhere."""
import hashlib
import re
import uuid
import xml.etree.ElementTree as ElementTree

import pytest

from support.build import ROOT

NAMES = uuid.UUID("482c2db2-c390-47c8-87f8-1a15bfc130fb")


def guid_of(name):
    """SHA-1 over a fixed name space and the upper-case UTF-16 name, marked as version 5."""
    value = bytearray(hashlib.sha1(NAMES.bytes + name.upper().encode("utf-16-be")).digest()[:16])
    value[7] = value[7] & 0x0f | 0x50
    return uuid.UUID(bytes_le=bytes(value))


def test_guid_is_derived_as_microsoft_publishes():
    assert str(guid_of("MyCompany.MyComponent")) == "ce5fa4ea-ab00-5402-8b76-9f76ac858fb5"


@pytest.fixture
def guid():
    header = (ROOT / "src/os/trace_etw.h").read_text()
    return guid_of(re.search(r'EFA_ETW_PROVIDER_NAME "(.*)"', header).group(1))


def test_header_names_the_guid(guid):
    assert f"{{{guid}}}" in (ROOT / "src/os/trace_etw.h").read_text()


def test_code_has_the_guid(guid):
    numbers = re.search(r"struct efa_guid provider = \{(.*?)\};",
                        (ROOT / "src/os/trace_etw.c").read_text(), re.DOTALL).group(1)
    fields = [int(number, 16) for number in re.findall(r"0x[0-9a-f]+", numbers)]
    assert uuid.UUID(bytes=fields[0].to_bytes(4, "big") + fields[1].to_bytes(2, "big")
                     + fields[2].to_bytes(2, "big") + bytes(fields[3:])) == guid


def test_document_names_the_guid(guid):
    document = (ROOT / "docs/tracing.md").read_text()
    assert set(re.findall(r"\{([0-9a-f-]{36})\}", document)) == {str(guid)}


def test_profile_names_the_guid_and_its_references_resolve(guid):
    profile = ElementTree.parse(ROOT / "packaging/efawin.wprp").getroot()
    provider, = profile.iter("EventProvider")
    assert provider.get("Name") == str(guid), provider.attrib
    ids = {item.get("Id") for item in profile.iter() if item.get("Id")}
    for reference in ("EventCollectorId", "EventProviderId"):
        for item in profile.iter(reference):
            assert item.get("Value") in ids, f"{reference} {item.get('Value')}"
    for item in profile.iter("Profile"):
        expected = f"{item.get('Name')}.{item.get('DetailLevel')}.{item.get('LoggingMode')}"
        assert item.get("Id") == expected, item.attrib
        assert item.get("Base") is None or item.get("Base") in ids, item.attrib
