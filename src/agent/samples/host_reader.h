// SPDX-License-Identifier: Apache-2.0
//
// Reads the kernel's files into a sample. Blocks for as long as they do: not for the loop's thread.
// A file that is missing, unreadable or not of the expected form leaves its figures absent. One
// thread at a time.
#pragma once

#include <optional>
#include <string>

#include "agent/samples/cgroup_text.h"
#include "agent/samples/sample.h"

namespace rollcall::agent {

class HostReader {
public:
    // `root`: the folder with the host's /proc and /sys; "" is /.
    explicit HostReader(std::string root);

    [[nodiscard]] Sample read();

private:
    // "" for none.
    [[nodiscard]] std::string text_of(const std::string& path) const;
    [[nodiscard]] std::string file_in(const std::string& folder, const char* name) const;
    [[nodiscard]] std::optional<Cgroup> read_cgroup();
    void read_first_version(Cgroup& cgroup) const;
    void read_second_version(Cgroup& cgroup) const;

    std::string root_;
    double ticks_per_second_;
    std::string own_cgroups_;  // as they were when the folders were looked up
    CgroupFolders folders_;
};

}  // namespace rollcall::agent
