// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/draw/faults.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "sim/scenario/draw/drawn.h"

namespace rollcall::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Schedule {
public:
    Schedule(Rng& rng, Scenario& scenario)
        : rng_{rng}, scenario_{scenario}, nodes_(scenario.nodes) {}

    void draw() {
        begin();
        const unsigned faults = 2 + below(10) + (one_in(4) ? below(12) : 0);
        // Faults in quick succession, or each after the other.
        const unsigned pace = one_in(3) ? 3 : 12;
        for (unsigned fault = 0; fault < faults; ++fault) {
            pass(some_seconds(0, pace));
            add_fault();
        }
        pass(some_seconds(1, one_in(4) ? 60 : 15));
        end_everything();
        if (one_in(3)) last_crash();
        std::ranges::stable_sort(scenario_.steps, {}, &Step::at);
        scenario_.length = now_ + seconds{1};
        scenario_.healing = moved_ ? time_to_move(scenario_) : time_to_detect(scenario_);
    }

private:
    struct Node {
        bool running = true;
        bool paused = false, slow = false, blocking = false;
        Duration leaving_until{-1};
    };
    using Who = std::uint32_t;

    // --- random choices --------------------------------------------------------------------------
    unsigned below(unsigned bound) { return static_cast<unsigned>(rng_.below(bound)); }
    bool one_in(unsigned n) { return rng_.one_in(n); }
    Duration some_seconds(unsigned least, unsigned most) {
        return milliseconds{1000 * least + below(1000 * (most - least) + 1)};
    }
    // A random node for which `fits(node)` holds; 0 if there is none.
    template <class Fits>
    Who random_node(Fits&& fits) {
        std::vector<Who> who;
        for (Who n = 1; n <= nodes_.size(); ++n) {
            if (fits(at(n))) who.push_back(n);
        }
        return who.empty() ? 0 : who[below(static_cast<unsigned>(who.size()))];
    }
    Who random_healthy() {
        return random_node([this](const Node& n) { return healthy(n); });
    }
    Nodes some(unsigned one_of) {
        Nodes who;
        for (Who n = 1; n <= nodes_.size(); ++n) {
            if (one_in(one_of)) who.push_back(n);
        }
        return who;
    }

    // --- time ------------------------------------------------------------------------------------
    void pass(Duration time) {
        const Duration until = now_ + time;
        while (!ends_.empty() && ends_.begin()->first <= until) {
            const auto next = ends_.begin();
            now_ = next->first;
            const std::function<void()> end = std::move(next->second);
            ends_.erase(next);
            end();
        }
        now_ = until;
    }
    void later(Duration time, std::function<void()> what) {
        ends_.emplace(now_ + time, std::move(what));
    }
    void step(Action what) { scenario_.steps.push_back({.at = now_, .what = std::move(what)}); }

    Node& at(Who n) { return nodes_[n - 1]; }
    [[nodiscard]] bool leaving(const Node& n) const { return now_ < n.leaving_until; }
    [[nodiscard]] bool healthy(const Node& n) const {
        return n.running && !n.paused && !n.blocking && !n.slow && !leaving(n);
    }
    [[nodiscard]] bool enough_run() const {
        const auto running = std::ranges::count_if(nodes_, &Node::running);
        return running > std::max<std::ptrdiff_t>(2, std::ssize(nodes_) / 3);
    }

    // --- start and end ---------------------------------------------------------------------------
    void begin() {
        if (scenario_.beginning == Beginning::joined) return;
        const bool stopped = scenario_.beginning == Beginning::stopped;
        if (stopped) {
            for (Node& n : nodes_) n.running = false;
        }
        for (Who n = 1; n <= nodes_.size(); ++n) {
            if (stopped) {
                if (one_in(8) && n > 3) continue;  // starts later, or never
                step(action::Start{{n}});
                at(n).running = true;
            }
            if (n > 1 && !one_in(6)) step(action::Join{.who = {n}, .via = 1 + below(n - 1)});
            if (one_in(3)) pass(milliseconds{below(2000)});
        }
        pass(some_seconds(0, 10));
    }
    void end_everything() {
        while (!ends_.empty()) pass(ends_.begin()->first - now_);
        for (const Node& n : nodes_) {
            if (leaving(n)) pass(n.leaving_until - now_);
        }
        step(action::Heal{});
        if (links_changed_) step(action::SetLinks{scenario_.links});
        for (Who n = 1; n <= nodes_.size(); ++n) {
            Node& node = at(n);
            if (node.running || one_in(3)) continue;  // some stay stopped
            step(action::Start{{n}});
            node.running = true;
        }
        pass(milliseconds{200});
        rejoin();
    }
    // As an agent's retry does: all nodes join again through a healthy one.
    void rejoin() {
        const Who hub = random_healthy();
        ROLLCALL_CHECK(hub != 0);
        Nodes others;
        for (Who n = 1; n <= nodes_.size(); ++n) {
            if (n != hub && at(n).running) others.push_back(n);
        }
        if (!others.empty()) step(action::Join{.who = std::move(others), .via = hub});
    }
    // Sometimes the routes to the crashed nodes are lost too, which must not delay their detection.
    void last_crash() {
        pass(some_seconds(1, 10));
        Nodes gone;
        for (unsigned i = 0; i <= below(2); ++i) {
            const Who n = enough_run() ? random_healthy() : 0;
            if (n == 0) return;
            if (one_in(2)) {
                step(action::Crash{{n}});
            } else {
                step(action::Kill{{n}});
            }
            at(n).running = false;
            gone.push_back(n);
        }
        if (!gone.empty() && one_in(2)) {
            std::ranges::sort(gone);
            step(action::Cut{all_nodes(), gone, some_reason()});
        }
        pass(time_to_detect(scenario_));
    }

    // --- faults ----------------------------------------------------------------------------------
    void add_fault() {
        struct Kind {
            unsigned weight;
            void (Schedule::*draw)();
        };
        static constexpr Kind kinds[] = {
            {12, &Schedule::stop},       {10, &Schedule::start},    {12, &Schedule::restart},
            {8, &Schedule::leave},       {12, &Schedule::pause},    {6, &Schedule::slow},
            {5, &Schedule::block},       {3, &Schedule::drift},     {3, &Schedule::jump},
            {10, &Schedule::split},      {10, &Schedule::cut},      {5, &Schedule::change_links},
            {5, &Schedule::bad_link},    {6, &Schedule::bad_host},  {8, &Schedule::update},
            {4, &Schedule::join},        {3, &Schedule::heal},      {4, &Schedule::narrow_host},
            {6, &Schedule::lose_routes}, {5, &Schedule::readdress}, {6, &Schedule::freeze},
        };
        unsigned all = 0;
        for (const Kind& kind : kinds) all += kind.weight;
        unsigned drawn = below(all);
        for (const Kind& kind : kinds) {
            if (drawn < kind.weight) return (this->*kind.draw)();
            drawn -= kind.weight;
        }
    }
    void stop() {
        do {
            const Who n =
                enough_run()
                    ? random_node([this](const Node& x) { return x.running && !leaving(x); })
                    : 0;
            if (n == 0) return;
            if (one_in(2)) {
                step(action::Crash{{n}});
            } else {
                step(action::Kill{{n}});
            }
            at(n) = {.running = false};
        } while (one_in(4));  // sometimes several at once
    }
    void start() {
        const Who n = random_node([](const Node& x) { return !x.running; });
        if (n == 0) return;
        step(action::Start{{n}});
        at(n) = {};
        join_soon(n);
    }
    void restart() {
        const Who n = random_node([this](const Node& x) { return !leaving(x) && !x.slow; });
        if (n == 0) return;
        const bool new_address = one_in(4);
        moved_ = moved_ || new_address;
        step(action::Restart{.who = {n}, .new_address = new_address, .new_name = one_in(8)});
        at(n) = {};
        join_soon(n);
    }
    void readdress() {
        const Who n = random_node([this](const Node& x) { return x.running && !leaving(x); });
        if (n == 0) return;
        moved_ = true;
        step(action::Readdress{{n}});
    }
    // A started node joins through n1, which may be stopped, or be the node itself.
    void join_soon(Who n) {
        const Who via = random_healthy();
        if (via == 0 || via == n) return;
        later(milliseconds{100 + below(900)}, [this, n, via] {
            if (at(n).running && at(via).running && !at(n).paused && !leaving(at(n))) {
                step(action::Join{.who = {n}, .via = via});
            }
        });
    }
    void leave() {
        const Who n = enough_run() ? random_healthy() : 0;
        if (n == 0) return;
        if (one_in(3)) {  // one member receives none of its gossip
            const Who unreached =
                random_node([&](const Node& x) { return healthy(x) && &x != &at(n); });
            if (unreached != 0) {
                step(action::HostLoss{.who = {unreached}, .ingress = 1});
                later(some_seconds(3, 12),
                      [this, unreached] { step(action::HostLoss{.who = {unreached}}); });
            }
        }
        step(action::Leave{{n}});
        at(n).running = false;
        at(n).leaving_until = now_ + kLeaves;
    }
    void pause() {
        const Who n = random_healthy();
        if (n == 0) return;
        at(n).paused = true;
        step(action::Pause{{n}});
        later(some_seconds(0, one_in(4) ? 60 : 12), [this, n] {
            if (!at(n).running || !at(n).paused) return;
            at(n).paused = false;
            step(action::Resume{{n}});
        });
    }
    void freeze() {
        const Who n = random_healthy();
        if (n == 0) return;
        at(n).paused = true;
        step(action::Freeze{{n}});
        later(some_seconds(0, one_in(3) ? 20 : 3), [this, n] {
            if (!at(n).running || !at(n).paused) return;
            at(n).paused = false;
            step(action::Thaw{{n}});
        });
    }
    void slow() {
        const Who n = random_healthy();
        if (n == 0) return;
        at(n).slow = true;
        step(action::Slow{.who = {n}, .service_time = milliseconds{1 + below(200)}});
        later(some_seconds(2, 30), [this, n] {
            if (!at(n).slow) return;
            at(n).slow = false;
            step(action::Slow{.who = {n}, .service_time = {}});
        });
    }
    void block() {
        const Who n = random_healthy();
        if (n == 0) return;
        at(n).blocking = true;
        step(action::Block{.who = {n},
                           .blocked = milliseconds{100 + below(8000)},
                           .running = milliseconds{10 + below(2000)}});
        later(some_seconds(2, 30), [this, n] {
            if (!at(n).blocking) return;
            at(n).blocking = false;
            step(action::Block{.who = {n}});
        });
    }
    void drift() {
        const Who n = 1 + below(scenario_.nodes);
        step(action::Drift{.who = {n},
                           .parts_per_million = static_cast<double>(below(2001)) - 1000});
    }
    void jump() {
        const Who n = random_healthy();
        if (n != 0) step(action::ClockJump{.who = {n}, .forward = milliseconds{1 + below(10000)}});
    }
    void split() {
        std::vector<Nodes> groups{some(2)};
        if (one_in(3)) {
            Nodes& first = groups.front();
            Nodes second;
            for (const Who n : some(2)) {
                if (!std::ranges::binary_search(first, n)) second.push_back(n);
            }
            if (!second.empty()) groups.push_back(std::move(second));
        }
        if (groups.front().empty()) return;
        step(action::Partition{std::move(groups)});
        if (one_in(2))
            later(some_seconds(1, one_in(4) ? 90 : 25), [this] { step(action::Heal{}); });
    }
    void cut() {
        Nodes from = one_in(2) ? some(3) : Nodes{1 + below(scenario_.nodes)};
        Nodes to = one_in(2) ? some(2) : Nodes{1 + below(scenario_.nodes)};
        std::erase_if(to, [&](Who n) { return std::ranges::binary_search(from, n); });
        if (from.empty() || to.empty()) return;
        step(action::Cut{from, to});
        later(some_seconds(1, 30), [this, from, to] { step(action::Mend{from, to}); });
    }
    // To some nodes, or to all.
    void lose_routes() {
        Nodes from = one_in(2) ? some(3) : Nodes{1 + below(scenario_.nodes)};
        Nodes to = one_in(2) ? all_nodes() : some(2);
        if (from.empty() || to.empty()) return;
        step(action::Cut{from, to, some_reason()});
        later(some_seconds(1, 30), [this, from, to] { step(action::Mend{from, to}); });
    }
    membership::SendError::Kind some_reason() {
        using membership::SendError;
        return one_in(3) ? SendError::local : SendError::no_route;
    }
    [[nodiscard]] Nodes all_nodes() const {
        Nodes all;
        for (Who n = 1; n <= nodes_.size(); ++n) all.push_back(n);
        return all;
    }
    LinkQuality worse() {
        LinkQuality links = scenario_.links;
        links.loss = static_cast<double>(1 + below(9)) / 10;
        if (one_in(3)) links.reordering = 0.5;
        if (one_in(3)) links.duplication = 0.3;
        if (one_in(6)) links.mtu = 200 + below(1000);
        return links;
    }
    void change_links() {
        links_changed_ = true;
        step(action::SetLinks{worse()});
        later(some_seconds(1, 20), [this] { step(action::SetLinks{scenario_.links}); });
    }
    void bad_link() {
        const Who from = 1 + below(scenario_.nodes);
        const Who to = 1 + below(scenario_.nodes);
        if (from == to) return;
        step(action::SetLink{.from = {from}, .to = {to}, .quality = worse()});
        later(some_seconds(1, 30), [this, from, to] {
            step(action::SetLink{.from = {from}, .to = {to}, .quality = scenario_.links});
        });
    }
    void bad_host() {
        const Who n = 1 + below(scenario_.nodes);
        step(action::HostLoss{.who = {n},
                              .ingress = static_cast<double>(below(11)) / 10,
                              .egress = static_cast<double>(below(11)) / 10});
        later(some_seconds(1, 30), [this, n] { step(action::HostLoss{.who = {n}}); });
    }
    // From a rate at which queues are always full to more than any node sends. The queue holds one
    // to four seconds of traffic in the slower direction, as interfaces do.
    void narrow_host() {
        const auto some_rate = [&] { return Bandwidth::kSlowest << below(11); };
        const Who n = 1 + below(scenario_.nodes);
        Bandwidth narrow{.egress = some_rate(), .ingress = some_rate()};
        narrow.queue = std::min(narrow.egress, narrow.ingress) * (1 + below(4));
        step(action::Narrow{.who = {n}, .bandwidth = narrow});
        later(some_seconds(1, 30),
              [this, n] { step(action::Narrow{.who = {n}, .bandwidth = {}}); });
    }
    void update() {
        const Who n = random_healthy();
        if (n != 0) step(action::UpdateMeta{{n}});
    }
    void join() {
        const Who n = random_healthy();
        const Who via = random_node([](const Node& x) { return x.running; });
        if (n != 0 && via != 0 && via != n) step(action::Join{.who = {n}, .via = via});
    }
    void heal() { step(action::Heal{}); }

    // A leave times out after 5 s; the Serf layer takes up to twice that and another second.
    static constexpr Duration kLeaves = seconds{15};

    Rng& rng_;
    Scenario& scenario_;
    std::vector<Node> nodes_;
    Duration now_ = seconds{1};
    std::multimap<Duration, std::function<void()>> ends_;
    bool links_changed_ = false;
    bool moved_ = false;
};

}  // namespace

void draw_faults(Rng& rng, Scenario& scenario) {
    Schedule{rng, scenario}.draw();
}

}  // namespace rollcall::sim
