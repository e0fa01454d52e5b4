// SPDX-License-Identifier: Apache-2.0
//
// E1: how many sites a rumour never reaches, and its cost (Demers et al., tables 1 to 3).
// Synchronous cycles, uniform random partners. The report leaves three points open; our choices: a
// contact is useful when the recipient lacked the update at the start of the cycle, a new recipient
// begins in the next cycle, and a useful contact resets the counter to 0. The core has no such
// protocol (its transmissions are counted, rule G1), so it is implemented here, with the core's
// random generator.
#include <array>

#include "base/rng.h"
#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/statistics/bootstrap.h"

namespace rollcall::sim::papers {
namespace {

constexpr unsigned kSites = 1000;
constexpr unsigned kRumoursPerJob = 25;

struct RumourCell {
    enum class Kind { push_counter, push_coin, pull_counter } kind;
    unsigned k;
    double residue, traffic, last;  // s, m, t_last
    double residue_slack = 0.10, other_slack = 0.04;
    unsigned times = 1;  // more runs where the residue is small
};
using Kind = RumourCell::Kind;
constexpr std::array<RumourCell, 13> kRumourCells = {{
    {Kind::push_counter, 1, 0.18, 1.7, 16.8},
    {Kind::push_counter, 2, 0.037, 3.3, 16.9},
    {Kind::push_counter, 3, 0.011, 4.5, 17.4},
    {Kind::push_counter, 4, 0.0036, 5.6, 17.5},
    {Kind::push_counter, 5, 0.0012, 6.7, 17.7, 0.10, 0.04, 10},
    {Kind::push_coin, 1, 0.96, 0.04, 38, 0.10, 0.15},
    {Kind::push_coin, 2, 0.20, 1.6, 33},
    {Kind::push_coin, 3, 0.060, 2.8, 32},
    {Kind::push_coin, 4, 0.021, 3.9, 32},
    {Kind::push_coin, 5, 0.008, 4.9, 32, 0.20},
    {Kind::pull_counter, 1, 3.1e-2, 2.7, 17.6},
    {Kind::pull_counter, 2, 5.8e-4, 4.5, 15.4, 0.10, 0.04, 8},
    {Kind::pull_counter, 3, 4.0e-6, 6.1, 14.0, 0.50, 0.04, 40},
}};

// One rumour among kSites.
class Rumour {
public:
    Rumour(const RumourCell& cell, Rng& rng) : cell_{cell}, rng_{rng}, sites_(kSites) {
        sites_[0] = {.knows = true, .spreads = true};
        know_ = spread_ = 1;
    }
    void run() {
        while (spread_ > 0) {
            ++cycle_;
            cell_.kind == Kind::pull_counter ? pull() : push();
            for (const unsigned site : fresh_) {
                sites_[site] = {.knows = true, .spreads = true};
                ++spread_;
                ++know_;
                last_ = cycle_;
            }
            fresh_.clear();
        }
    }
    [[nodiscard]] double residue() const { return 1 - static_cast<double>(know_) / kSites; }
    [[nodiscard]] double traffic() const { return static_cast<double>(updates_) / kSites; }
    [[nodiscard]] double last_receipt() const { return last_; }

private:
    struct Site {
        bool knows = false, spreads = false;
        bool receives = false;  // since this cycle
        bool asked = false;     // in this cycle; pull
        bool needed = false;    // by at least one that asked; pull
        unsigned counter = 0;   // consecutive unnecessary contacts
    };
    [[nodiscard]] unsigned partner_of(unsigned site) {
        const auto drawn = static_cast<unsigned>(rng_.below(kSites - 1));
        return drawn < site ? drawn : drawn + 1;
    }
    // True when the recipient lacked it at the start of the cycle.
    bool send_to(unsigned site) {
        ++updates_;
        Site& recipient = sites_[site];
        if (recipient.knows) return false;
        if (!recipient.receives) fresh_.push_back(site);
        recipient.receives = true;
        return true;
    }
    void stop(Site& site) {
        site.spreads = false;
        --spread_;
    }
    void count(Site& site, bool useful) {
        site.counter = useful ? 0 : site.counter + 1;
        if (site.counter >= cell_.k) stop(site);
    }
    void push() {
        for (unsigned i = 0; i < kSites; ++i) {
            if (!sites_[i].spreads) continue;
            const bool useful = send_to(partner_of(i));
            if (cell_.kind == Kind::push_counter) {
                count(sites_[i], useful);
            } else if (rng_.one_in(cell_.k)) {
                stop(sites_[i]);
            }
        }
    }
    void pull() {
        for (unsigned i = 0; i < kSites; ++i) {
            Site& source = sites_[partner_of(i)];
            if (!source.spreads) continue;
            source.asked = true;
            if (send_to(i)) source.needed = true;
        }
        for (Site& site : sites_) {
            if (site.asked) count(site, site.needed);
            site.asked = site.needed = false;
        }
    }

    const RumourCell& cell_;
    Rng& rng_;
    std::vector<Site> sites_;
    std::vector<unsigned> fresh_;
    unsigned know_ = 0, spread_ = 0, cycle_ = 0, last_ = 0;
    std::uint64_t updates_ = 0;
};

// Means over kRumoursPerJob rumours.
Measurement spread_rumours(const RumourCell& cell, std::uint64_t seed) {
    Measurement sums(3);
    Rng rng{seed};
    for (unsigned i = 0; i < kRumoursPerJob * cell.times; ++i) {
        Rumour rumour{cell, rng};
        rumour.run();
        sums[0] += rumour.residue();
        sums[1] += rumour.traffic();
        sums[2] += rumour.last_receipt();
    }
    for (double& sum : sums) sum /= kRumoursPerJob * cell.times;
    return sums;
}

Batches rumour_batches(const Scale& scale) {
    return {.cells = kRumourCells.size(), .batches = scale.pick<std::size_t>(20, 100, 200)};
}

std::string rumour_name(const RumourCell& cell) {
    constexpr std::array kNames = {"push, feedback and counter", "push, blind coin",
                                   "pull, feedback and counter"};
    return std::string{kNames[static_cast<std::size_t>(cell.kind)]} +
           ", k = " + std::to_string(cell.k);
}

std::vector<Figure> judge_rumours(const Scale& scale, const Results& results) {
    const Batches batches = rumour_batches(scale);
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < kRumourCells.size(); ++i) {
        const RumourCell& cell = kRumourCells[i];
        const auto add = [&](std::size_t column, const char* what, double published, double slack) {
            const std::vector<double> values =
                batches.column(results, "epidemic/rumours", i, column);
            Figure figure{.name = std::string{what} + ": " + rumour_name(cell),
                          .published = number(published)};
            figure.simulated = mean(values);
            figure.interval = bootstrap(values, mean);
            figure.must_be_in(within(published, slack));
            figures.push_back(std::move(figure));
        };
        add(0, "never reached", cell.residue, cell.residue_slack);
        add(1, "updates per site", cell.traffic, cell.other_slack);
        add(2, "cycles to the last", cell.last, cell.other_slack);
    }
    return figures;
}

}  // namespace

void add_rumours(Catalogue& all) {
    all.experiments.push_back({.id = "epidemic/rumours",
                               .weight = 0.03,
                               .jobs = [](const Scale& s) { return rumour_batches(s).jobs(); },
                               .run =
                                   [](const Scale& s, std::size_t job, std::uint64_t seed) {
                                       return spread_rumours(
                                           kRumourCells[rumour_batches(s).cell_of(job)], seed);
                                   }});
    all.rows.push_back(
        {.id = "E1",
         .paper = "epidemic",
         .target = "Rumours: residue, traffic and delay (Demers et al., tables 1 to 3)",
         .scenario = "1000 sites, one update, synchronous cycles, uniform partners; counters and "
                     "coins.",
         .free_parameters =
             "Semantics left open by the report: useful when the recipient lacked the "
             "update at the start of the cycle; a new recipient spreads from the next "
             "cycle; a useful contact resets the counter. t_ave is left out: its "
             "definition must differ. The printed residue of pull with k = 1 is "
             "illegible; 3.1e-2 is the commonly cited value.",
         .tolerance = "residue 10 % (blind coin k = 5 20 %, pull k = 3 50 %), traffic and last "
                      "receipt 4 % (blind coin k = 1 15 %)",
         .repetition = "times 25 rumours for each line (push with counter k = 5: 250, pull k = 2: "
                       "200, k = 3: 1000): 20 quick, 100 "
                       "normal, 200 full",
         .experiments = {"epidemic/rumours"},
         .judge = judge_rumours});
}

}  // namespace rollcall::sim::papers
