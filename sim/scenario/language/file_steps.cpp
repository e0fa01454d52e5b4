// SPDX-License-Identifier: Apache-2.0
//
// What is done, and when: one action per line, perhaps again and again, perhaps to one after the
// other, perhaps undone after a while.
#include <algorithm>
#include <array>
#include <cmath>

#include "sim/scenario/language/file.h"
#include "sim/scenario/language/file_lines.h"
#include "sim/scenario/language/numbers.h"
#include "sim/scenario/language/units.h"
#include "sim/world/host_clock.h"

namespace rollcall::sim {
namespace {

using Actions = std::vector<Action>;

// What a line does at one moment, and what undoes it.
struct Deed {
    Actions doing;
    Actions undoing;  // empty: nothing does
};

struct Verb {
    Phrase phrase;
    Deed (*read)(LineReader& line, const Scenario& scenario);
};

struct Ways {
    Nodes from, to;
    bool both = false;
};
Ways ways(LineReader& line) {
    constexpr std::string_view kArrows[] = {"->", "<->"};
    Ways w;
    w.from = line.nodes("from");
    w.both = line.choice("direction", kArrows) == 1;
    w.to = line.nodes("to");
    return w;
}
template <class Way>
Actions both_ways(const Ways& w) {
    Actions list{Way{w.from, w.to}};
    if (w.both) list.push_back(Way{w.to, w.from});
    return list;
}

Deed crash(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    return {{action::Crash{who}}, {action::Start{who}}};
}
Deed kill(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    return {{action::Kill{who}}, {action::Start{who}}};
}
Deed start(LineReader& line, const Scenario&) {
    return {{action::Start{line.nodes()}}, {}};
}
Deed restart(LineReader& line, const Scenario&) {
    action::Restart restart{.who = line.nodes()};
    while (line.peek() == "at" || line.peek() == "under") {
        if (line.accept("under")) {
            line.need("a", "restart"), line.need("new", "restart"), line.need("name", "restart");
            restart.new_name = true;
        } else if (line.accept("at"); line.accept("a")) {
            line.need("new", "restart"), line.need("address", "restart");
            restart.new_address = true;
        } else {
            line.need("the", "restart"), line.need("address", "restart");
            line.need("of", "restart");
            restart.address_of = line.node("address of");
        }
    }
    if (restart.new_address && restart.address_of != 0) {
        line.fail("restart", "at a new address at the address of", "one of the two");
    }
    if (restart.address_of != 0 && restart.who.size() > 1) {
        line.fail("restart", node_list(restart.who), "one node, when it takes another's address");
    }
    return {{restart}, {}};
}
Deed readdress(LineReader& line, const Scenario&) {
    return {{action::Readdress{line.nodes()}}, {}};
}
Deed join(LineReader& line, const Scenario&) {
    action::Join join{.who = line.nodes()};
    line.need("via", "join");
    join.via = line.node("via");
    return {{join}, {}};
}
Deed leave(LineReader& line, const Scenario&) {
    return {{action::Leave{line.nodes()}}, {}};
}
Deed pause(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    return {{action::Pause{who}}, {action::Resume{who}}};
}
Deed resume(LineReader& line, const Scenario&) {
    return {{action::Resume{line.nodes()}}, {}};
}
Deed slow(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    line.need("by", "slow");
    const std::string_view word = line.peek();
    const Duration each = line.time("by");
    if (each > std::chrono::minutes{1}) line.fail("by", word, "0 to 1m");
    return {{action::Slow{who, each}}, {action::Slow{.who = who}}};
}
Deed block(LineReader& line, const Scenario&) {
    action::Block block{.who = line.nodes()};
    constexpr Duration kLeast = std::chrono::milliseconds{1};
    const auto turn = [&](std::string_view field) {
        const std::string_view word = line.peek();
        const Duration time = line.time(field);
        if (time < kLeast) line.fail(field, word, "1ms or longer");
        return time;
    };
    line.need("in", "block"), line.need("turns", "block"), line.need("of", "block");
    block.blocked = turn("turns of");
    if (line.accept(",")) {
        line.need("running", "block");
        block.running = turn("running");
    }
    return {{block}, {action::Block{.who = block.who}}};
}
Deed unblock(LineReader& line, const Scenario&) {
    return {{action::Block{.who = line.nodes()}}, {}};
}
Deed drift(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    line.need("by", "drift");
    std::string_view word = line.take();
    std::optional<double> ppm;
    if (word.ends_with("ppm")) ppm = parse_number(word.substr(0, word.size() - 3));
    if (!ppm || std::abs(*ppm) > HostClock::kMostDrift || std::floor(*ppm) != *ppm) {
        line.fail("by", word, "whole parts per million from -100000ppm to 100000ppm, like 50ppm");
        return {};
    }
    return {{action::Drift{who, *ppm}}, {action::Drift{.who = who}}};
}
Deed jump(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    line.need("by", "jump");
    return {{action::ClockJump{who, line.time("by")}}, {}};
}
Deed partition(LineReader& line, const Scenario& scenario) {
    action::Partition partition;
    std::vector<bool> named(scenario.nodes + 1);
    do {
        partition.groups.push_back(line.nodes());
        for (const std::uint32_t n : partition.groups.back()) {
            if (named[n]) line.fail("partition", "n" + std::to_string(n), "each node once");
            named[n] = true;
        }
    } while (line.accept("|"));
    return {{partition}, {action::Heal{}}};
}
Deed cut(LineReader& line, const Scenario&) {
    const Ways w = ways(line);
    return {both_ways<action::Cut>(w), both_ways<action::Mend>(w)};
}
// Without an aim: to all others.
Deed unsendable(LineReader& line, const Scenario& scenario) {
    using membership::SendError;
    action::Cut cut{.from = line.nodes(), .to = {}};
    if (line.accept("->")) {
        cut.to = line.nodes();
    } else {
        for (std::uint32_t n = 1; n <= scenario.nodes; ++n) cut.to.push_back(n);
    }
    cut.because = SendError::no_route;
    if (line.accept("because")) {
        constexpr std::array<std::string_view, 2> kReasons{"no-route", "local"};
        if (line.choice("because", kReasons) == 1) cut.because = SendError::local;
    }
    return {{cut}, {action::Mend{cut.from, cut.to}}};
}
Deed mend(LineReader& line, const Scenario&) {
    return {both_ways<action::Mend>(ways(line)), {}};
}
Deed links(LineReader& line, const Scenario& scenario) {
    LinkQuality quality = scenario.links;
    line.links(quality);
    return {{action::SetLinks{quality}}, {action::SetLinks{scenario.links}}};
}
Deed link(LineReader& line, const Scenario& scenario) {
    const Ways w = ways(line);
    LinkQuality quality = scenario.links;
    line.links(quality);
    Deed deed;
    for (const LinkQuality& q : {quality, scenario.links}) {
        Actions& list = deed.doing.empty() ? deed.doing : deed.undoing;
        list.push_back(action::SetLink{w.from, w.to, q});
        if (w.both) list.push_back(action::SetLink{w.to, w.from, q});
    }
    return deed;
}
Deed loss(LineReader& line, const Scenario&) {
    action::HostLoss loss{.who = line.nodes()};
    constexpr std::string_view kWays[] = {"in", "out"};
    do {
        double& way = line.choice("loss", kWays) == 0 ? loss.ingress : loss.egress;
        way = line.share("loss");
    } while (line.accept(","));
    return {{loss}, {action::HostLoss{.who = loss.who}}};
}
Deed bandwidth(LineReader& line, const Scenario&) {
    action::Narrow narrow{.who = line.nodes(), .bandwidth = {}};
    constexpr std::string_view kFields[] = {"in", "out", "queue"};
    do {
        switch (line.choice("bandwidth", kFields)) {
            case 0:
                narrow.bandwidth.ingress = line.rate("in");
                break;
            case 1:
                narrow.bandwidth.egress = line.rate("out");
                break;
            default:
                narrow.bandwidth.queue = line.count("queue", 1, Bandwidth::kLongestQueue);
        }
    } while (line.accept(","));
    return {{narrow}, {action::Narrow{.who = narrow.who, .bandwidth = {}}}};
}
Deed heal(LineReader&, const Scenario&) {
    return {{action::Heal{}}, {}};
}
Deed update(LineReader& line, const Scenario&) {
    return {{action::UpdateMeta{line.nodes()}}, {}};
}
// Only the Serf layer knows such a thing.
bool needs_serf(LineReader& line, const Scenario& scenario, std::string_view verb) {
    if (!scenario.serf)
        line.fail("core", "membership", "`core serf`, to `" + std::string{verb} + "`");
    return scenario.serf;
}
Deed event(LineReader& line, const Scenario& scenario) {
    if (!needs_serf(line, scenario, "event")) return {};
    return {{action::SayEvent{line.nodes()}}, {}};
}
Deed query(LineReader& line, const Scenario& scenario) {
    if (!needs_serf(line, scenario, "query")) return {};
    return {{action::AskQuery{line.nodes()}}, {}};
}
Deed rotate(LineReader& line, const Scenario& scenario) {
    if (!needs_serf(line, scenario, "rotate")) return {};
    action::RotateKeys rotate{.who = line.nodes()};
    line.need("to", "rotate"), line.need("key", "rotate");
    rotate.key = static_cast<unsigned>(line.count("key", 1, kMostKeys));
    if (line.accept("without")) {
        line.need("failed", "rotate");
        rotate.without_failed = true;
    }
    return {{rotate}, {}};
}

// clang-format off
constexpr Verb kVerbs[] = {
    {{"crash", "crash NODES [for TIME]", "the hosts fall silent; then they come back and join"}, crash},
    {{"kill", "kill NODES [for TIME]", "the processes end, their hosts say so to whoever asks; then they start and join"}, kill},
    {{"start", "start NODES", "processes that do not run start, and join through the first node that they reach, until somebody answers"}, start},
    {{"restart", "restart NODES [at a new address] [under a new name] [at the address of NODE]", "what runs is killed; then as `start`. n7 comes back as n7b, n7c, ..."}, restart},
    {{"readdress", "readdress NODES", "the hosts get other addresses while their processes run on, as after a new DHCP lease"}, readdress},
    {{"join", "join NODES via NODE", "each joins through that one, once"}, join},
    {{"leave", "leave NODES", "gracefully; each process ends when its leave is over, and stays off"}, leave},
    {{"pause", "pause NODES [for TIME]", "the processes stand still, as under SIGSTOP"}, pause},
    {{"resume", "resume NODES", "and go on"}, resume},
    {{"slow", "slow NODES by TIME [for TIME]", "each needs so long for every packet; 0 ends it"}, slow},
    {{"block", "block NODES in turns of TIME[, running TIME] [for TIME]", "stuck where they send and receive for so long, then running for so long, and so on; once without `running`"}, block},
    {{"unblock", "unblock NODES", "ends that"}, unblock},
    {{"drift", "drift NODES by NUMBERppm [for TIME]", "the hosts' clocks run fast, or slow below 0"}, drift},
    {{"jump", "jump NODES by TIME", "the hosts' clocks leap forward, as after a suspend"}, jump},
    {{"partition", "partition NODES [| NODES]... [for TIME]", "groups do not hear each other; who is not named forms one more. Its end is a `heal`"}, partition},
    {{"cut", "cut NODES -> NODES [for TIME]", "nothing gets from these to those; with <-> neither way"}, cut},
    {{"unsendable", "unsendable NODES [-> NODES] [because no-route|local] [for TIME]", "like `cut`, and the senders get an error from their own system: no route, or a local fault. Without a target: to all others"}, unsendable},
    {{"mend", "mend NODES -> NODES", "ends what `cut` and `unsendable` did; also with <->"}, mend},
    {{"links", "links LINKS [for TIME]", "all links become so; what is not named stays as at the head"}, links},
    {{"link", "link NODES -> NODES LINKS [for TIME]", "the same for single links; also with <->"}, link},
    {{"loss", "loss NODES in SHARE, out SHARE [for TIME]", "what the hosts themselves lose of all that they are sent and send; either or both"}, loss},
    {{"bandwidth", "bandwidth NODES in RATE, out RATE[, queue BYTES] [for TIME]", "what the hosts can take and send, and how much waits each way before the rest is dropped (256 KiB); either or both. RATE is 10Mbit/s, 100kB/s, ..., or off"}, bandwidth},
    {{"heal", "heal", "ends partitions, cuts, single links, hosts' losses"}, heal},
    {{"update", "update NODES", "each announces new metadata"}, update},
    {{"event", "event NODES", "each tells everybody a user event; with `core serf`"}, event},
    {{"query", "query NODES", "each asks everybody, and whoever hears it answers at once; with `core serf`"}, query},
    {{"rotate", "rotate NODES to key NUMBER [without failed]", "the first of them that runs replaces all keys by that one (1 to 8; the cluster begins with 1), as `rollcall keys rotate` does, unless somebody is at it already; with `core serf` and `encryption on`"}, rotate},
};
// clang-format on
constexpr std::size_t kVerbCount = std::size(kVerbs);

Deed read_deed(LineReader& line, const Scenario& scenario) {
    std::array<std::string_view, kVerbCount> words;
    for (std::size_t i = 0; i < kVerbCount; ++i) words[i] = kVerbs[i].phrase.word;
    const std::size_t verb = line.choice("what to do", words);
    if (line.failed()) return {};
    return kVerbs[verb].read(line, scenario);
}

// The same for one node of it.
std::optional<Action> only(const Action& what, std::uint32_t node) {
    return std::visit(
        [&](const auto& all) -> std::optional<Action> {
            if constexpr (requires { all.who; }) {
                auto one = all;
                one.who = {node};
                return one;
            } else {
                return {};
            }
        },
        what);
}
Nodes named_by(const Action& what) {
    return std::visit(
        [](const auto& one) -> Nodes {
            if constexpr (requires { one.who; }) {
                return one.who;
            } else {
                return {};
            }
        },
        what);
}

Duration moment(LineReader& line, const Scenario& scenario, std::string_view field) {
    const std::string_view word = line.peek();
    const Duration at = line.time(field);
    if (at > scenario.length)
        line.fail(field, word, "0 to the end of the run, " + exact(scenario.length));
    return at;
}
Duration interval(LineReader& line, std::string_view field) {
    const std::string_view word = line.peek();
    const Duration time = line.time(field);
    if (time < std::chrono::milliseconds{1}) line.fail(field, word, "1ms or longer");
    return time;
}

class StepList {
public:
    StepList(LineReader& line, const Scenario& scenario, std::vector<Step>& steps,
             std::size_t& named)
        : line_{line}, scenario_{scenario}, steps_{steps}, named_{named} {}

    // To all that the action names, or to one of them. What would come after the end of the run
    // does not happen.
    void add(Duration at, const Actions& what, std::uint32_t one) {
        if (at > scenario_.length) return;
        for (const Action& action : what) {
            if (steps_.size() >= kMostSteps) {
                return line_.fail("steps", "more than " + std::to_string(kMostSteps),
                                  "at most that many in one scenario");
            }
            named_ += one > 0 ? 1 : named_by(action).size();
            if (named_ > kMostNamed) {
                return line_.fail("nodes", "more than " + std::to_string(kMostNamed),
                                  "at most that many names in all steps together");
            }
            steps_.push_back(
                {.at = at, .what = one > 0 ? *only(action, one) : action, .line = line_.line()});
        }
    }

private:
    LineReader& line_;
    const Scenario& scenario_;
    std::vector<Step>& steps_;
    std::size_t& named_;
};

}  // namespace

std::span<const Phrase> action_phrases() {
    static const std::vector<Phrase> kPhrases = [] {
        std::vector<Phrase> list;
        for (const Verb& verb : kVerbs) list.push_back(verb.phrase);
        return list;
    }();
    return kPhrases;
}

void read_steps(LineReader& line, const Scenario& scenario, std::vector<Step>& steps,
                std::size_t& named) {
    Duration from{}, to{}, again{}, apart{};
    if (line.accept("every")) {
        again = interval(line, "every");
        line.need("from", "every");
        from = moment(line, scenario, "from");
        line.need("to", "every");
        to = moment(line, scenario, "to");
        if (to < from) line.fail("to", exact(to), "not before the beginning, " + exact(from));
    } else {
        line.need("at", "line");
        from = to = moment(line, scenario, "at");
    }
    if (line.accept("one")) {
        line.need("every", "one");
        apart = interval(line, "one every");
    }
    const std::string_view verb = line.peek();
    const Deed deed = read_deed(line, scenario);
    std::optional<Duration> lasting;
    if (line.accept("for")) {
        if (deed.undoing.empty()) line.fail("for", verb, "with actions that end by themselves");
        lasting = interval(line, "for");
    }
    line.end();
    const Nodes who = line.failed() ? Nodes{} : named_by(deed.doing.front());
    if (apart > Duration{} && who.empty()) {
        line.fail("one every", verb, "with actions that are done to nodes");
    }
    if (line.failed()) return;
    StepList list{line, scenario, steps, named};
    for (Duration at = from; at <= to && !line.failed(); at += again) {
        Duration turn = at;
        const std::size_t turns = apart > Duration{} ? who.size() : 1;
        for (std::size_t i = 0; i < turns && !line.failed(); ++i, turn += apart) {
            if (turn > scenario.length) {
                line.fail("one every", exact(apart),
                          "so short that all " + std::to_string(who.size()) +
                              " have their turn before the run ends at " + exact(scenario.length));
                break;
            }
            const std::uint32_t one = apart > Duration{} ? who[i] : 0;
            list.add(turn, deed.doing, one);
            if (lasting) list.add(turn + *lasting, deed.undoing, one);
        }
        if (again == Duration{}) break;
    }
}

}  // namespace rollcall::sim
