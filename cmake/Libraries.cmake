# SPDX-License-Identifier: Apache-2.0
#
# Every library comes from the system; nothing is downloaded or vendored by the build.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv>=1.44)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
# Not by find_package(): that wants what its HTTP server needs, too.
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core>=1.0)

# msgpack-c is headers only and its packages disagree about CMake names: look for the header.
find_path(MSGPACK_CXX_INCLUDE msgpack.hpp REQUIRED)
add_library(msgpack_cxx INTERFACE)
target_include_directories(msgpack_cxx SYSTEM INTERFACE ${MSGPACK_CXX_INCLUDE})
target_compile_definitions(msgpack_cxx INTERFACE MSGPACK_NO_BOOST)
