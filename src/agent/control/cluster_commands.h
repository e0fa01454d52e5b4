// SPDX-License-Identifier: Apache-2.0
//
// Executes the control protocol's commands on the core. Keeps the callback of every unfinished
// request by the core's request id, until the event that ends the request. The loop's thread.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/join/joiner.h"
#include "agent/journal/journal.h"
#include "agent/journal/member_names.h"
#include "agent/journal/sightings.h"
#include "agent/log/logging.h"
#include "agent/session/control.h"
#include "base/endpoint.h"
#include "serf/serf.h"

namespace rollcall::agent {

class ClusterCommands final : public Control {
public:
    struct Parts {
        CoreDriver& driver;
        const serf::Serf& core;  // the driver's
        Joiner& joiner;
        Log& log;
        Journal& journal;
        const Sightings& sightings;
        const MemberNames& names;
        bool serf_layer = true;          // false: --delegate=none
        std::uint16_t default_port = 0;  // of peers given without a port
        std::function<rpc::Stats()> stats;
        // Whether an address could not answer us: agent/host/own_address.h.
        std::function<bool(const Endpoint&)> out_of_reach;
        // Writes the core's tags to the tags file. Empty: there is none.
        std::function<void(Done)> save_tags;
        std::function<void(const std::string& peer, Diagnosed)> diagnose;
    };
    explicit ClusterCommands(Parts parts) : parts_{std::move(parts)} {}

    // Events that finish requests or are part of an answer; unknown requests are ignored.
    void handle(const serf::LeaveFinished& event);
    void handle(const serf::ForceLeaveFinished& event);
    void handle(const serf::TagsFinished& event);
    void handle(const serf::QueryAcked& event);
    void handle(const serf::QueryAnswered& event);
    void handle(const serf::QueryFinished& event);
    void handle(const serf::KeyCommandFinished& event);
    // The agent is shutting down: refuses every command from now on.
    void stop() { stopped_ = true; }

    // --- Control -------------------------------------------------------------------------------
    [[nodiscard]] std::vector<serf::MemberRecord> members() const override;
    [[nodiscard]] const std::string* name_after(std::string_view name) const override {
        return parts_.names.after(name);
    }
    [[nodiscard]] std::optional<MemberDetail> detail_of(std::string_view name) const override;
    [[nodiscard]] Journal& journal() override { return parts_.journal; }
    [[nodiscard]] serf::Tags tags() const override;
    [[nodiscard]] rpc::Stats stats() const override;
    [[nodiscard]] Result<std::optional<serf::Coordinate>, std::string> coordinate_of(
        const std::string& node) const override;
    void join(std::vector<std::string> peers, bool replay, Joined done) override;
    void leave(Done done) override;
    void force_leave(std::string node, bool prune, Done done) override;
    void set_tags(serf::Tags tags, Done done) override;
    [[nodiscard]] std::string user_event(const std::string& name, Bytes payload,
                                         bool coalesce) override;
    [[nodiscard]] Result<RequestId, std::string> query(const rpc::QueryRequest& asked,
                                                       OnAnswer on_answer) override;
    void forget_query(RequestId query) override;
    [[nodiscard]] std::optional<serf::MessageError> respond(serf::QueryHandle query,
                                                            Bytes payload) override;
    void diagnose(const std::string& peer, Diagnosed done) override;
    [[nodiscard]] std::optional<std::string> tune(const std::string& request) override;
    void change_keys(serf::KeyCommand command, const std::string& key, KeysDone done) override;

private:
    // Runs the command, and keeps `done` by request id for the event that ends it. False if it was
    // refused; `done` was then called with the reason.
    template <class Command>
    bool run(Done done, Command&& command);
    void finish(RequestId request, const std::string& error);
    void forward(RequestId query, const rpc::AnswerRecord& record);

    Parts parts_;
    std::unordered_map<RequestId, Done> commands_;
    std::unordered_map<RequestId, OnAnswer> queries_;
    std::unordered_map<RequestId, KeysDone> key_commands_;
    bool stopped_ = false;
};

}  // namespace rollcall::agent
