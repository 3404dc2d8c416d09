# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The adapters that third-party programs run on: parts, interface versions, fabrics and limits."""

# One packet in a hundred is lost, one in five is overtaken, and each takes a time of its own.
ROUGH = """loss = 1%
reorder_window = 16
reorder_probability = 20%
latency = 5us
jitter = 20us
"""
# So little of everything that queues are full most of the time. libfabric wants completion queues of
# 8192, whatever the adapter offers.
SMALL = {"max_sq_depth": 16, "max_rq_depth": 32, "max_cq_depth": 8192, "max_qp": 8, "max_cq": 16,
         "max_ah": 4, "max_mr": 64, "max_pd": 8}
LIMITS = {"max_sq_depth": 4096, "max_rq_depth": 32768, "max_cq_depth": 32768, "max_qp": 256, "max_cq": 512,
          "max_ah": 4096, "max_mr": 16384, "max_pd": 256}
# More adapters than one of them has room for peers. libfabric makes a buffer for each receive of a queue,
# which takes long with deep ones.
SIX = "max_ah = 4\nmax_rq_depth = 512\n" + "".join(f"[device {name}]\n" for name in "abcdef")


class Adapter:
    def __init__(self, part, text="", versions="1 2 3", limits=LIMITS):
        self.part, self.versions, self.limits = part, versions, limits
        self.reads = part != "0xefa0"
        lines = "".join(f"{name} = {value}\n" for name, value in limits.items() if LIMITS[name] != value)
        self.config = f"preset = efa-{part}\nversions = {versions}\n{lines}{text}"
        self.is_rough, self.is_small = text == ROUGH, limits is SMALL
        # libfabric 1.17 reads only where it is told to.
        self.variables = {"FI_EFA_USE_DEVICE_RDMA": "1"} if self.reads else {}


ADAPTERS = {
    "first": Adapter("0xefa0"),
    "first-v1": Adapter("0xefa0", versions="1"),
    "first-v2": Adapter("0xefa0", versions="1 2"),
    "first-rough": Adapter("0xefa0", ROUGH),
    "first-small": Adapter("0xefa0", limits=SMALL),
    "later": Adapter("0xefa1"),
    "later-rough": Adapter("0xefa1", ROUGH),
    "later-small": Adapter("0xefa1", limits=SMALL),
    "six": Adapter("0xefa1", SIX),
}
# Those that a case runs on unless it names its own. Drivers of older interface versions differ in a few
# requests only: some cases of each program show that it can do with them.
MATRIX = tuple(name for name in ADAPTERS if name not in ("six", "first-v1", "first-v2"))
WITH_VERSIONS = MATRIX + ("first-v1", "first-v2")
# Where datagrams are lost most programs wait for them for ever.
LOSSLESS = tuple(name for name in WITH_VERSIONS if not ADAPTERS[name].is_rough)
