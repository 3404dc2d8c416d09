# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The bill of materials of a ZIP: SPDX 2.3."""
import datetime
import json
import uuid

from .archive import NAMESPACE, digest

LICENSE = "GPL-2.0-only OR Linux-OpenIB"


def sbom(package, files, version, time):
    """Everything in the package is this project's own; it bundles nothing."""
    created = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
    entries, relations = [], []
    for number, (name, content) in enumerate(sorted(files.items())):
        identity = f"SPDXRef-File-{number}"
        entries.append({
            "SPDXID": identity,
            "fileName": f"./{name}",
            "checksums": [{"algorithm": kind.upper(), "checksumValue": digest(kind, content)}
                          for kind in ("sha1", "sha256")],
            "licenseConcluded": LICENSE,
            "licenseInfoInFiles": ["GPL-2.0-only", "Linux-OpenIB"],
            "copyrightText": "NOASSERTION",
        })
        relations.append({"spdxElementId": "SPDXRef-Package", "relationshipType": "CONTAINS",
                          "relatedSpdxElement": identity})
    code = digest("sha1", "".join(sorted(digest("sha1", content)
                                         for content in files.values())).encode())
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{package}-{version}",
        "documentNamespace": f"urn:uuid:{uuid.uuid5(NAMESPACE, f'{package} {version} {code}')}",
        "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "creators": ["Tool: efawin-make-packages"]},
        "packages": [{
            "SPDXID": "SPDXRef-Package",
            "name": package,
            "versionInfo": version,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": True,
            "packageVerificationCode": {"packageVerificationCodeValue": code},
            "primaryPackagePurpose": "LIBRARY",
            "licenseConcluded": LICENSE,
            "licenseDeclared": LICENSE,
            "licenseInfoFromFiles": ["GPL-2.0-only", "Linux-OpenIB"],
            "copyrightText": "NOASSERTION",
        }],
        "files": entries,
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                           "relatedSpdxElement": "SPDXRef-Package"}, *relations],
    }
    return (json.dumps(document, indent=1) + "\n").encode()
