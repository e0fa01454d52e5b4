// SPDX-License-Identifier: Apache-2.0
//
// Steps: one action per line; it may be repeated, applied to one node after the other, or undone
// after a time.
#include <algorithm>
#include <array>
#include <cmath>

#include "serf/tune_messages.h"
#include "sim/scenario/language/file.h"
#include "sim/scenario/language/file_attacks.h"
#include "sim/scenario/language/file_lines.h"
#include "sim/scenario/language/numbers.h"
#include "sim/scenario/language/units.h"
#include "sim/world/host_clock.h"

namespace rollcall::sim {
namespace {

using Actions = std::vector<Action>;

// What a line does at one time, and what undoes it.
struct ParsedAction {
    Actions apply;
    Actions undo;  // empty: cannot be undone
};

struct Verb {
    Phrase phrase;
    ParsedAction (*read)(LineReader& line, const Scenario& scenario);
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

ParsedAction crash(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    return {{action::Crash{who}}, {action::Start{who}}};
}
ParsedAction kill(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    return {{action::Kill{who}}, {action::Start{who}}};
}
ParsedAction start(LineReader& line, const Scenario&) {
    return {{action::Start{line.nodes()}}, {}};
}
ParsedAction restart(LineReader& line, const Scenario&) {
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
ParsedAction readdress(LineReader& line, const Scenario&) {
    return {{action::Readdress{line.nodes()}}, {}};
}
ParsedAction join(LineReader& line, const Scenario&) {
    action::Join join{.who = line.nodes()};
    line.need("via", "join");
    join.via = line.node("via");
    return {{join}, {}};
}
ParsedAction leave(LineReader& line, const Scenario&) {
    return {{action::Leave{line.nodes()}}, {}};
}
ParsedAction pause(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    return {{action::Pause{who}}, {action::Resume{who}}};
}
ParsedAction resume(LineReader& line, const Scenario&) {
    return {{action::Resume{line.nodes()}}, {}};
}
ParsedAction freeze(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    return {{action::Freeze{who}}, {action::Thaw{who}}};
}
ParsedAction thaw(LineReader& line, const Scenario&) {
    return {{action::Thaw{line.nodes()}}, {}};
}
ParsedAction slow(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    line.need("by", "slow");
    const std::string_view word = line.peek();
    const Duration each = line.time("by");
    if (each > std::chrono::minutes{1}) line.fail("by", word, "0 to 1m");
    return {{action::Slow{who, each}}, {action::Slow{.who = who}}};
}
ParsedAction block(LineReader& line, const Scenario&) {
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
ParsedAction unblock(LineReader& line, const Scenario&) {
    return {{action::Block{.who = line.nodes()}}, {}};
}
ParsedAction drift(LineReader& line, const Scenario&) {
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
ParsedAction jump(LineReader& line, const Scenario&) {
    Nodes who = line.nodes();
    line.need("by", "jump");
    return {{action::ClockJump{who, line.time("by")}}, {}};
}
ParsedAction partition(LineReader& line, const Scenario& scenario) {
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
ParsedAction cut(LineReader& line, const Scenario&) {
    const Ways w = ways(line);
    return {both_ways<action::Cut>(w), both_ways<action::Mend>(w)};
}
// Without a target: to all others.
ParsedAction unsendable(LineReader& line, const Scenario& scenario) {
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
ParsedAction mend(LineReader& line, const Scenario&) {
    return {both_ways<action::Mend>(ways(line)), {}};
}
ParsedAction links(LineReader& line, const Scenario& scenario) {
    LinkQuality quality = scenario.links;
    line.links(quality);
    return {{action::SetLinks{quality}}, {action::SetLinks{scenario.links}}};
}
ParsedAction link(LineReader& line, const Scenario& scenario) {
    const Ways w = ways(line);
    LinkQuality quality = scenario.links;
    line.links(quality);
    ParsedAction parsed;
    for (const LinkQuality& q : {quality, scenario.links}) {
        Actions& list = parsed.apply.empty() ? parsed.apply : parsed.undo;
        list.push_back(action::SetLink{w.from, w.to, q});
        if (w.both) list.push_back(action::SetLink{w.to, w.from, q});
    }
    return parsed;
}
ParsedAction loss(LineReader& line, const Scenario&) {
    action::HostLoss loss{.who = line.nodes()};
    constexpr std::string_view kWays[] = {"in", "out"};
    do {
        double& way = line.choice("loss", kWays) == 0 ? loss.ingress : loss.egress;
        way = line.share("loss");
    } while (line.accept(","));
    return {{loss}, {action::HostLoss{.who = loss.who}}};
}
ParsedAction bandwidth(LineReader& line, const Scenario&) {
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
ParsedAction heal(LineReader&, const Scenario&) {
    return {{action::Heal{}}, {}};
}
ParsedAction update(LineReader& line, const Scenario&) {
    return {{action::UpdateMeta{line.nodes()}}, {}};
}
// The action exists in the Serf layer only.
bool needs_serf(LineReader& line, const Scenario& scenario, std::string_view verb) {
    if (!scenario.serf)
        line.fail("core", "membership", "`core serf`, for `" + std::string{verb} + "`");
    return scenario.serf;
}
ParsedAction event(LineReader& line, const Scenario& scenario) {
    if (!needs_serf(line, scenario, "event")) return {};
    return {{action::SendEvent{line.nodes()}}, {}};
}
ParsedAction query(LineReader& line, const Scenario& scenario) {
    if (!needs_serf(line, scenario, "query")) return {};
    return {{action::SendQuery{line.nodes()}}, {}};
}
ParsedAction rotate(LineReader& line, const Scenario& scenario) {
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
ParsedAction tune(LineReader& line, const Scenario& scenario) {
    if (!needs_serf(line, scenario, "tune")) return {};
    action::Tune tune{.who = line.nodes(), .values = {}};
    line.need("to", "tune");
    // Values that do not go together are refused by the nodes, as an operator's are.
    membership::TimingSettings any{};
    do {
        const std::string_view word = line.take();
        const std::size_t equals = std::min(word.find('='), word.size());
        const std::string_view value =
            equals == word.size() ? std::string_view{} : word.substr(equals + 1);
        if (const auto bad = serf::set_tune_value(any, word.substr(0, equals), value)) {
            line.fail("tune", word, "KEY=VALUE, " + bad->allowed);
        }
        tune.values.emplace_back(word);
    } while (line.accept(","));
    line.need("undone", "tune"), line.need("after", "tune");
    const std::string_view word = line.peek();
    tune.revert_after = line.time("undone after");
    if (tune.revert_after < serf::kShortestRevertAfter ||
        tune.revert_after > serf::kLongestRevertAfter) {
        line.fail("undone after", word, "1s to 24h");
    }
    return {{tune}, {}};
}
ParsedAction attack(LineReader& line, const Scenario& scenario, std::string_view verb) {
    const action::Attack attack = read_attack(line, scenario, verb);
    return {{attack}, {action::Retreat{attack.kind}}};
}
ParsedAction forge(LineReader& line, const Scenario& scenario) {
    return attack(line, scenario, "forge");
}
ParsedAction flood(LineReader& line, const Scenario& scenario) {
    return attack(line, scenario, "flood");
}
ParsedAction replay(LineReader& line, const Scenario& scenario) {
    return attack(line, scenario, "replay");
}
ParsedAction walk(LineReader& line, const Scenario& scenario) {
    return attack(line, scenario, "walk");
}
ParsedAction lie(LineReader& line, const Scenario& scenario) {
    return attack(line, scenario, "lie");
}
ParsedAction retreat(LineReader& line, const Scenario&) {
    return {{read_retreat(line)}, {}};
}

// clang-format off
constexpr Verb kVerbs[] = {
    {{"crash", "crash NODES [for TIME]", "the hosts fall silent; after TIME they start and join"}, crash},
    {{"kill", "kill NODES [for TIME]", "the processes end, and their hosts answer that the port is unreachable; after TIME they start and join"}, kill},
    {{"start", "start NODES", "stopped processes start and join through the first node that they reach, with retries until one answers"}, start},
    {{"restart", "restart NODES [at a new address] [under a new name] [at the address of NODE]", "running processes are killed; then as `start`. Under a new name n7 becomes n7b, n7c, ..."}, restart},
    {{"readdress", "readdress NODES", "the hosts get new addresses while their processes run on, as after a new DHCP lease"}, readdress},
    {{"join", "join NODES via NODE", "each joins through that node, once"}, join},
    {{"leave", "leave NODES", "graceful leave; each process ends after it and stays stopped"}, leave},
    {{"pause", "pause NODES [for TIME]", "the processes stop running, as under SIGSTOP, and their kernels still take connections; after TIME they continue"}, pause},
    {{"resume", "resume NODES", "ends `pause`"}, resume},
    {{"freeze", "freeze NODES [for TIME]", "the whole hosts stand still and answer nothing, as virtual machines that are being moved; after TIME they continue"}, freeze},
    {{"thaw", "thaw NODES", "ends `freeze`"}, thaw},
    {{"slow", "slow NODES by TIME [for TIME]", "each packet takes this long to handle; 0 ends it"}, slow},
    {{"block", "block NODES in turns of TIME[, running TIME] [for TIME]", "blocked where they send and receive for the first TIME, running for the second, and so on; without `running`: blocked once"}, block},
    {{"unblock", "unblock NODES", "ends `block`"}, unblock},
    {{"drift", "drift NODES by NUMBERppm [for TIME]", "the hosts' clocks run fast, or slow if negative"}, drift},
    {{"jump", "jump NODES by TIME", "the hosts' clocks jump forward, as after a suspend"}, jump},
    {{"partition", "partition NODES [| NODES]... [for TIME]", "the groups cannot reach each other; nodes not named form one more. After TIME: `heal`"}, partition},
    {{"cut", "cut NODES -> NODES [for TIME]", "nothing gets through in this direction; with <-> in neither"}, cut},
    {{"unsendable", "unsendable NODES [-> NODES] [because no-route|local] [for TIME]", "like `cut`, and the senders get an error from their own system: no route, or a local fault. Without a target: to all others"}, unsendable},
    {{"mend", "mend NODES -> NODES", "ends `cut` and `unsendable`; also with <->"}, mend},
    {{"links", "links LINKS [for TIME]", "changes all links; what is not named is as at the head of the file"}, links},
    {{"link", "link NODES -> NODES LINKS [for TIME]", "the same for these links; also with <->"}, link},
    {{"loss", "loss NODES in SHARE, out SHARE [for TIME]", "packet loss at the hosts' own interfaces, received and sent; either or both"}, loss},
    {{"bandwidth", "bandwidth NODES in RATE, out RATE[, queue BYTES] [for TIME]", "limits what the hosts receive and send, and the queue each way, beyond which datagrams are dropped (256 KiB); either or both. RATE is 10Mbit/s, 100kB/s, ..., or off"}, bandwidth},
    {{"heal", "heal", "ends partitions, cuts, changes of single links, and host loss"}, heal},
    {{"update", "update NODES", "each announces new metadata"}, update},
    {{"event", "event NODES", "each sends a user event; with `core serf`"}, event},
    {{"query", "query NODES", "each sends a query, and every member that receives it answers at once; with `core serf`"}, query},
    {{"rotate", "rotate NODES to key NUMBER [without failed]", "the first of them that runs replaces all keys with that one (1 to 8; the cluster begins with 1), as `rollcall keys rotate` does, unless a rotation is already running; with `core serf` and `encryption on`"}, rotate},
    {{"tune", "tune NODES to KEY=VALUE[, KEY=VALUE]... undone after TIME", "the first of them that runs asks all of them by query to prepare these timings and then to apply them, as `rollcall tune --partial` does; each undoes it by itself; with `core serf`, `encryption on` and `set allow_tuning on`"}, tune},
    {{"forge", "forge WHAT on NODES at COUNT/s [for TIME]", "the adversary sends forgeries about NODES to random nodes, this many a second: `suspicions`, `deaths`, `leaves`, `takeovers` (a leave, then the name at its own address), `claims` (higher incarnations with other metadata), or `prunes` with `core serf`"}, forge},
    {{"flood", "flood WHAT on NODES at COUNT/s [for TIME]", "it sends to NODES: `pings`, `relays` (requests to ping a third address), `states` (requests for a push/pull), or `joins` (claims of invented names)"}, flood},
    {{"replay", "replay on NODES at COUNT/s [for TIME]", "it sends what it has read to NODES again: datagrams, and whole messages of streams, from any earlier time"}, replay},
    {{"walk", "walk WHAT on NODES at COUNT/s [for TIME]", "it moves numbers on in steps as large as they are accepted: `incarnations` of NODES, or with `core serf` `clocks`, by messages to NODES"}, walk},
    {{"lie", "lie WHAT on NODES at COUNT/s [for TIME]", "it exchanges state with NODES: `ghosts` (invented members), or wrong `states` of true members"}, lie},
    {{"retreat", "retreat [from VERB [WHAT]]", "the adversary ends that attack, or all"}, retreat},
};
// clang-format on
constexpr std::size_t kVerbCount = std::size(kVerbs);

ParsedAction read_action(LineReader& line, const Scenario& scenario) {
    std::array<std::string_view, kVerbCount> words;
    for (std::size_t i = 0; i < kVerbCount; ++i) words[i] = kVerbs[i].phrase.word;
    const std::size_t verb = line.choice("action", words);
    if (line.failed()) return {};
    return kVerbs[verb].read(line, scenario);
}

// The same action for one of its nodes.
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

    // For all nodes that the action names, or for node `one` of them. Steps after the end of the
    // run are left out.
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
    const ParsedAction parsed = read_action(line, scenario);
    std::optional<Duration> lasting;
    if (line.accept("for")) {
        if (parsed.undo.empty()) line.fail("for", verb, "only after actions that can be undone");
        lasting = interval(line, "for");
    }
    line.end();
    const Nodes who = line.failed() ? Nodes{} : named_by(parsed.apply.front());
    if (apart > Duration{} && who.empty()) {
        line.fail("one every", verb, "only before actions on nodes");
    }
    if (line.failed()) return;
    StepList list{line, scenario, steps, named};
    for (Duration at = from; at <= to && !line.failed(); at += again) {
        Duration turn = at;
        const std::size_t turns = apart > Duration{} ? who.size() : 1;
        for (std::size_t i = 0; i < turns && !line.failed(); ++i, turn += apart) {
            if (turn > scenario.length) {
                line.fail("one every", exact(apart),
                          "an interval in which all " + std::to_string(who.size()) +
                              " have their turn before the run ends at " + exact(scenario.length));
                break;
            }
            const std::uint32_t one = apart > Duration{} ? who[i] : 0;
            list.add(turn, parsed.apply, one);
            if (lasting) list.add(turn + *lasting, parsed.undo, one);
        }
        if (again == Duration{}) break;
    }
}

}  // namespace rollcall::sim
