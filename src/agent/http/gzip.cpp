// SPDX-License-Identifier: Apache-2.0
#include "agent/http/gzip.h"

#include <zlib.h>

#include <array>
#include <string>
#include <utility>

namespace rollcall::agent::http {
namespace {

constexpr int kLevel = 3;               // half of the time of the default, nearly its size
constexpr int kWindowOfGzip = 13 + 16;  // 8 KiB; 16: with gzip's header
constexpr int kMemoryLevel = 6;

class Gzip final : public Source {
public:
    explicit Gzip(std::unique_ptr<Source>& plain) {
        ready_ = deflateInit2(&stream_, kLevel, Z_DEFLATED, kWindowOfGzip, kMemoryLevel,
                              Z_DEFAULT_STRATEGY) == Z_OK;
        if (ready_) plain_ = std::move(plain);
    }
    ~Gzip() override {
        if (ready_) deflateEnd(&stream_);
    }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    [[nodiscard]] bool ready() const { return ready_; }

    State append(std::string& to) override {
        piece_.clear();
        const State state = plain_->append(piece_);
        if (state == State::broken) return state;
        stream_.next_in = reinterpret_cast<Bytef*>(piece_.data());
        stream_.avail_in = static_cast<uInt>(piece_.size());
        std::array<Bytef, kSlice> out{};
        do {
            stream_.next_out = out.data();
            stream_.avail_out = static_cast<uInt>(out.size());
            if (deflate(&stream_, state == State::ended ? Z_FINISH : Z_NO_FLUSH) ==
                Z_STREAM_ERROR) {
                return State::broken;
            }
            to.append(reinterpret_cast<const char*>(out.data()), out.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
        return state;
    }
    void on_wake(const std::function<void()>& wake) override { plain_->on_wake(wake); }

private:
    z_stream stream_{};
    bool ready_ = false;
    std::unique_ptr<Source> plain_;
    std::string piece_;
};

class Text final : public Source {
public:
    explicit Text(std::string text) : text_{std::move(text)} {}
    State append(std::string& to) override {
        to.append(text_, at_, kSlice);
        at_ += kSlice;
        return at_ >= text_.size() ? State::ended : State::more;
    }

private:
    std::string text_;
    std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<Source> gzipped(std::unique_ptr<Source>& plain) {
    auto source = std::make_unique<Gzip>(plain);
    if (!source->ready()) return nullptr;
    return source;
}

std::unique_ptr<Source> text_source(std::string text) {
    return std::make_unique<Text>(std::move(text));
}

bool accepts_gzip(std::string_view accept_encoding) {
    while (!accept_encoding.empty()) {
        const auto end = accept_encoding.find(',');
        std::string item;  // without spaces, in lower case
        for (const char c : accept_encoding.substr(0, end)) {
            if (c == ' ' || c == '\t') continue;
            item += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        accept_encoding.remove_prefix(end == std::string_view::npos ? accept_encoding.size()
                                                                    : end + 1);
        const std::string_view coding = std::string_view{item}.substr(0, item.find(';'));
        if (coding != "gzip" && coding != "*") continue;
        const auto quality = item.find("q=");
        if (quality == std::string::npos) return true;
        return item.find_first_not_of("0.", quality + 2) != std::string::npos;
    }
    return false;
}

}  // namespace rollcall::agent::http
