# SPDX-License-Identifier: Apache-2.0
#
# The Debian packages that ./run needs, and how it installs those that are missing. Sourced by it.
# Elsewhere it names them and goes on.

BUILD_PACKAGES=(g++ cmake ninja-build pkg-config python3 libuv1-dev libmicrohttpd-dev libmsgpack-cxx-dev libssl-dev
    libcli11-dev zlib1g-dev libre2-dev nlohmann-json3-dev prometheus-cpp-dev
    libgtest-dev libgmock-dev libbenchmark-dev)
INTEROP_PACKAGES=(python3-pytest python3-msgpack)
# For fuzz and tidy; libFuzzer's runtime is added by its version.
CLANG_PACKAGES=(clang clang-tidy clang-format)
# Used if installed; `./run deps` installs those that are available.
OPTIONAL_PACKAGES=(ccache serf nftables iproute2 libfaketime golang-go golang-github-hashicorp-memberlist-dev
    python3-selenium chromium chromium-driver prometheus)

installed() { [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" == installed ]]; }

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        command -v sudo >/dev/null || fail "installing needs root: run as root or install sudo"
        sudo "$@"
    fi
}
apt_lists_fresh=no
refresh_apt_lists() {
    if [[ $apt_lists_fresh == yes ]]; then return; fi
    as_root apt-get update -q || fail "apt-get update failed; is there a network?"
    apt_lists_fresh=yes
}
apt() {
    refresh_apt_lists
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" ||
        fail "apt-get could not install: $*"
}

# need PACKAGE...: installs missing packages; silent, and without apt, if there are none.
need() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null; then
        note "not a Debian system, please install: $*"
        return
    fi
    for package in "$@"; do installed "$package" || missing+=("$package"); done
    ((${#missing[@]} == 0)) || timed "installing ${missing[*]}" apt "${missing[@]}"
}
# The same for optional packages; skips those that are not available.
want() {
    local package
    for package in "$@"; do
        if ! command -v dpkg-query >/dev/null || installed "$package"; then continue; fi
        refresh_apt_lists
        if [[ -n $(apt-cache madison "$package") ]]; then
            need "$package"
        else
            note "$package is not available: skipping what needs it"
        fi
    done
}
need_clang() {
    need "${CLANG_PACKAGES[@]}"
    need "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
}
has_fuzzer() {
    command -v clang++ >/dev/null && command -v dpkg-query >/dev/null &&
        installed "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
}
