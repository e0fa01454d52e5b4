// SPDX-License-Identifier: Apache-2.0
#include "transport/seed_file.h"

#include <utility>

#include "files/small_file.h"

namespace rollcall::transport {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 10;

std::string_view without_comment(std::string_view line) {
    line = line.substr(0, line.find('#'));
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == line.npos) return {};
    return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

std::optional<std::string_view> seed_file_of(std::string_view host) {
    if (!host.starts_with(kSeedFile)) return {};
    host.remove_prefix(kSeedFile.size());
    if (!host.starts_with('/')) return {};
    return host;
}

Result<std::vector<HostPort>, SeedFileError> read_seed_file(const std::string& path,
                                                            std::uint16_t default_port) {
    const auto text = read_small_file(path, kMostBytes);
    if (!text) return SeedFileError{"cannot read " + path + ": " + text.error().text};

    std::vector<HostPort> seeds;
    std::size_t number = 0;
    for (std::string_view rest = *text; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = without_comment(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        ++number;
        if (line.empty()) continue;
        auto seed = HostPort::parse(line, default_port);
        if (!seed) {
            return SeedFileError{path + " line " + std::to_string(number) + ": '" +
                                 std::string{line.substr(0, 80)} +
                                 "' is not allowed; allowed: HOST, HOST:PORT, [IPV6]:PORT"};
        }
        if (seeds.size() == kMostSeedsInAFile) {
            return SeedFileError{path + " has more than " + std::to_string(kMostSeedsInAFile) +
                                 " seeds"};
        }
        seeds.push_back(std::move(*seed));
    }
    if (seeds.empty()) return SeedFileError{path + " has no seeds"};
    return seeds;
}

}  // namespace rollcall::transport
