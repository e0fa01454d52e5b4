// SPDX-License-Identifier: Apache-2.0
#include "agent/session/member_reply.h"

#include <utility>

namespace rollcall::agent {
namespace {

constexpr std::size_t kSentAtOnce = std::size_t{64} << 10;

class MemberSlices {
public:
    MemberSlices(Control& control, MemberReply reply)
        : control_{control}, reply_{std::move(reply)} {}

    // As Replies::Slices: true for the last.
    bool operator()(std::string& out) { return encoded_ ? send_piece(out) : encode_slice(out); }

private:
    bool encode_slice(std::string& out) {
        for (std::size_t looked = 0; looked < reply_.per_slice; ++looked) {
            const std::string* const name = control_.name_after(looked_at_);
            if (name == nullptr) {
                encoded_ = true;
                reply_.append_head(out, count_);
                return body_.empty();
            }
            looked_at_ = *name;
            const auto member = control_.detail_of(looked_at_);
            if (member && reply_.append(*member, body_)) ++count_;
        }
        return false;
    }
    bool send_piece(std::string& out) {
        out.append(body_, sent_, kSentAtOnce);
        sent_ += kSentAtOnce;
        return sent_ >= body_.size();
    }

    Control& control_;
    MemberReply reply_;
    std::string looked_at_;  // the last name
    std::string body_;
    std::uint32_t count_ = 0;  // of members in it
    bool encoded_ = false;
    std::size_t sent_ = 0;
};

}  // namespace

void send_members(const RpcCall& call, MemberReply reply) {
    call.replies.send_in_slices(call.seq, MemberSlices{call.client.control, std::move(reply)});
}

}  // namespace rollcall::agent
