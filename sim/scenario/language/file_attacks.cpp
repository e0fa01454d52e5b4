// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/file_attacks.h"

#include <string>
#include <vector>

#include "sim/scenario/language/units.h"

namespace rollcall::sim {
namespace {

constexpr std::string_view kPerSecond = "/s";

// "20/s".
unsigned attack_rate(LineReader& line) {
    const std::string_view word = line.take();
    std::optional<std::uint64_t> count;
    if (word.ends_with(kPerSecond)) {
        count = parse_count(word.substr(0, word.size() - kPerSecond.size()));
    }
    if (!count || *count < 1 || *count > kFastestAttack) {
        line.fail("at", word, "1/s to " + std::to_string(kFastestAttack) + "/s");
        return 1;
    }
    return static_cast<unsigned>(*count);
}

AttackKind kind_of(LineReader& line, std::string_view verb) {
    std::vector<std::string_view> whats;
    std::vector<AttackKind> kinds;
    for (const AttackWord& word : attack_words()) {
        if (word.verb != verb) continue;
        if (word.what.empty()) return word.kind;
        whats.push_back(word.what);
        kinds.push_back(word.kind);
    }
    return kinds[line.choice(verb, whats)];
}

}  // namespace

AdversaryPowers read_powers(LineReader& line) {
    AdversaryPowers powers{.present = true};
    constexpr std::string_view kPowers[] = {"outside", "key", "path", "member"};
    bool first = true;
    do {
        switch (line.choice("adversary", kPowers)) {
            case 0:
                if (!first) line.fail("adversary", "outside", "that word alone");
                return powers;
            case 1:
                powers.key = true;
                break;
            case 2:
                powers.path = true;
                break;
            default:
                powers.member = true;
        }
        first = false;
    } while (line.accept(","));
    return powers;
}

action::Attack read_attack(LineReader& line, const Scenario& scenario, std::string_view verb) {
    action::Attack attack;
    if (!scenario.adversary.present) {
        line.fail(verb, "no adversary", "a line like 'adversary outside' at the head");
        return attack;
    }
    attack.kind = kind_of(line, verb);
    if (word_of(attack.kind).serf && !scenario.serf) {
        line.fail("core", "membership", "`core serf`, for `" + attack_text(attack.kind) + "`");
    }
    line.need("on", verb);
    attack.who = line.nodes();
    line.need("at", verb);
    attack.rate = attack_rate(line);
    return attack;
}

action::Retreat read_retreat(LineReader& line) {
    if (line.at_end()) return {};
    std::vector<std::string_view> verbs;
    for (const AttackWord& word : attack_words()) {
        if (verbs.empty() || verbs.back() != word.verb) verbs.push_back(word.verb);
    }
    line.need("from", "retreat");
    const std::string_view verb = verbs[line.choice("retreat", verbs)];
    if (line.failed()) return {};
    return {.kind = kind_of(line, verb)};
}

}  // namespace rollcall::sim
