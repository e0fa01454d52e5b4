// SPDX-License-Identifier: Apache-2.0
#include "agent/http/figures.h"

#include <string>

namespace rollcall::agent::http {

rpc::StringMap figures(const Server& server) {
    const Stats& stats = server.stats();
    const Load load = server.load();
    const auto text = [](auto number) { return std::to_string(number); };
    rpc::StringMap figures{
        {"accepted", text(stats.accepted)},      {"requests", text(stats.requests)},
        {"bytes_sent", text(stats.bytes_sent)},  {"turns", text(stats.turns)},
        {"turns_cut", text(stats.turns_cut)},    {"events_lost", text(stats.events_lost)},
        {"connections", text(load.connections)}, {"event_streams", text(load.event_streams)}};
    for (std::size_t hundred = 2; hundred < stats.answers.size(); ++hundred) {
        figures["answers." + text(hundred) + "xx"] = text(stats.answers.at(hundred));
    }
    for (std::size_t cause = 0; cause < stats.refused.size(); ++cause) {
        figures["refused." + std::string{kRefusedNames.at(cause)}] = text(stats.refused.at(cause));
    }
    return figures;
}

}  // namespace rollcall::agent::http
