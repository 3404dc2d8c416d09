# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The formats of the packages, a module each."""
