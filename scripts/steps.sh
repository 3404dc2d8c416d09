# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# Functions for scripts with steps: one line for each step with the time since the start, the whole log
# of a step that fails. Source this file.

steps_logs=$(mktemp -d)
trap 'rm -rf "$steps_logs"' EXIT
steps_failed=0

# step DESCRIPTION COMMAND...: runs it quietly; its status is the command's.
step()
{
    local description=$1 log=$steps_logs/log status=0
    shift
    printf '[%3d s] %s\n' "$SECONDS" "$description"
    "$@" > "$log" 2>&1 < /dev/null || status=$?
    if [ $status -ne 0 ]; then
        cat "$log"
        printf '[%3d s] FAILED: %s (exit status %d)\n' "$SECONDS" "$description" $status
        steps_failed=$((steps_failed + 1))
    fi
    return $status
}

# install_dependencies [OPTION]: installs what is missing, showing what.
install_dependencies()
{
    scripts/install-deps "$@" || exit 1
}

# Builds everything that a user can run: the DLL and the programs by both compilers, and the simulated driver.
build_products()
{
    step 'building DLL and programs in Microsoft'\''s ABI (clang-cl): build/windows' \
        build windows products
    step 'building them with mingw-w64, and the simulated driver: build/mingw' build mingw products
    step 'building efasim and the programs for Linux: build/native-release' build native-release products
}

# build PRESET [TARGET...]: configures it and builds all of it, or those targets.
build()
{
    local preset=$1
    shift
    cmake --preset "$preset" &&
        cmake --build --preset "$preset" -j "$(nproc)" ${1:+--target "$@"}
}
