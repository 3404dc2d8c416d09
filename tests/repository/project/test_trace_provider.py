#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The trace provider's GUID is the one that ETW's tools derive from its name, in the code, in the
recording profile and in the documents; the profile's references lead somewhere.

usage: test_trace_provider.py ROOT
"""
import hashlib
import pathlib
import re
import sys
import uuid
import xml.etree.ElementTree as ElementTree

NAMES = uuid.UUID("482c2db2-c390-47c8-87f8-1a15bfc130fb")


def guid_of(name):
    """SHA-1 over a fixed name space and the upper-case UTF-16 name, marked as version 5."""
    value = bytearray(hashlib.sha1(NAMES.bytes + name.upper().encode("utf-16-be")).digest()[:16])
    value[7] = value[7] & 0x0f | 0x50
    return uuid.UUID(bytes_le=bytes(value))


def main(root):
    root = pathlib.Path(root)
    # An example that Microsoft publishes.
    assert str(guid_of("MyCompany.MyComponent")) == "ce5fa4ea-ab00-5402-8b76-9f76ac858fb5"
    header = (root / "src/os/trace_etw.h").read_text()
    name = re.search(r'EFA_ETW_PROVIDER_NAME "(.*)"', header).group(1)
    guid = guid_of(name)
    assert f"{{{guid}}}" in header, f"trace_etw.h does not name {guid}"
    numbers = re.search(r"struct efa_guid provider = \{(.*?)\};",
                        (root / "src/os/trace_etw.c").read_text(), re.DOTALL).group(1)
    fields = [int(number, 16) for number in re.findall(r"0x[0-9a-f]+", numbers)]
    code = uuid.UUID(bytes=fields[0].to_bytes(4, "big") + fields[1].to_bytes(2, "big")
                     + fields[2].to_bytes(2, "big") + bytes(fields[3:]))
    assert code == guid, f"trace_etw.c has {code}, not {guid}"
    document = (root / "docs/tracing.md").read_text()
    found = set(re.findall(r"\{([0-9a-f-]{36})\}", document))
    assert found == {str(guid)}, f"tracing.md names {found}"
    profile = ElementTree.parse(root / "packaging/efawin.wprp").getroot()
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
    print(f"{name} is {{{guid}}} everywhere")


if __name__ == "__main__":
    main(sys.argv[1])
