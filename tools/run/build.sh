# SPDX-License-Identifier: Apache-2.0
#
# Configures and builds one preset of CMakePresets.json. Sourced by ./run.

JOBS=$(nproc)

# Silent unless it fails.
configure() {
    local output
    output=$(cmake --preset "$1" 2>&1) && return
    printf '%s\n' "$output" >&2
    return 1
}
# Concurrent runs share a build folder: the second waits for the first.
build_locked() {
    local preset=$1
    shift
    exec 9>"build/.$preset.lock"
    flock 9
    # The cache of a moved or copied folder has its old path.
    if ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "build/$preset/CMakeCache.txt" 2>/dev/null; then
        rm -rf "build/$preset/CMakeCache.txt" "build/$preset/CMakeFiles"
    fi
    local status=0
    { configure "$preset" && cmake --build --preset "$preset" -j "$JOBS" "${@/#/--target=}"; } 9>&- ||
        status=$?
    exec 9>&-
    return $status
}
# build PRESET [TARGET...]: all targets by default.
build() {
    mkdir -p build
    local status=0
    timed "building $1${2:+: ${*:2}}" build_locked "$@" || status=$?
    ((status == 0)) || fail "the build of preset '$1' failed"
}
