# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# A thin front for people who just cloned: what is behind each name is in scripts/ and CMake.
.PHONY: help demo check check-long clients coverage fuzz dll bench package package-check clean

help:
	@echo 'make demo    two Windows processes exchange messages through efawin.dll, on a simulated EFA'
	@echo 'make check   what every change must pass, in about ten minutes'
	@echo 'make check-long  the builds and tests that make check leaves out, in about half an hour'
	@echo 'make clients third-party programs, such as libfabric and Open MPI, on the simulated EFA'
	@echo 'make coverage says what the native tests execute of src/ and sim/, with a page that shows it'
	@echo 'make fuzz    fuzzes each target of tests/fuzz for an hour; Ctrl-C ends and sums up'
	@echo 'make dll     DLL and programs in build/windows (Microsoft ABI, with PDB) and build/mingw, the'
	@echo '             simulated driver for scripts/with-efa, and efasim for Linux in build/native-release'
	@echo 'make bench   what the calls of the data path cost on this machine'
	@echo 'make package makes the ZIP, NuGet package and vcpkg port in dist/'
	@echo 'make package-check makes them and uses each from outside'
	@echo 'make clean   removes build/ and dist/'
	@echo
	@echo 'What builds installs what is missing from Debian first (scripts/install-deps).'
	@echo 'On Windows use Visual Studio or CMake: docs/building.md.'

demo:
	@scripts/demo

check:
	@scripts/check

check-long:
	@scripts/check --long

clients:
	@scripts/clients

coverage:
	@scripts/install-deps
	@scripts/coverage

fuzz:
	@scripts/fuzz

dll:
	@scripts/build-dll

bench:
	@scripts/bench

package:
	@scripts/package

package-check:
	@scripts/package-check

clean:
	rm -rf build dist
