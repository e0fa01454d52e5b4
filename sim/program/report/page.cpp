// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/page.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <utility>

#include "base/sanitize.h"
#include "base/version.h"
#include "sim/program/report/heat.h"
#include "sim/program/report/page_parts.h"
#include "sim/program/report/source.h"
#include "sim/scenario/language/figure_words.h"
#include "sim/scenario/language/numbers.h"

namespace rollcall::sim {
namespace {

std::string tag(std::string_view name, std::string_view text) {
    return "<" + std::string{name} + ">" + html_text(text) + "</" + std::string{name} + ">";
}
std::string fact(std::string_view name, std::string_view value) {
    return "<div>" + tag("dt", name) + tag("dd", value) + "</div>\n";
}

std::string in_thousands(std::uint64_t value) {
    std::string text = std::to_string(value);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, "\u202f");
    return text;
}

std::string head(const RunReport& report) {
    const Scenario& scenario = report.scenario;
    const RunResult& result = report.result;
    std::string length = exact(scenario.length);
    if (scenario.healing > Duration{})
        length += ", then " + exact(scenario.healing) + " of healing";
    std::string text = "<p class=\"over\">rollcall-sim: a run in virtual time</p>\n";
    text += "<div class=\"title\">" + tag("h1", scenario.name);
    text += result.holds() ? "<span class=\"verdict holds\">\u2713 holds</span>"
                           : "<span class=\"verdict broken\">\u2717 does not hold</span>";
    text += "</div>\n";
    if (!scenario.why.empty()) {
        text += "<p class=\"why\">" + html_text(scenario.why) + "</p>\n";
    }
    text += "<dl class=\"facts\">\n" + fact("nodes", in_thousands(scenario.nodes)) +
            fact("rollcall", "v" + std::string{kVersionNumber}) +
            fact("core", scenario.serf ? "the Serf layer" : "the membership core") +
            fact("simulated", length) + fact("seed", std::to_string(result.seed)) +
            fact("hash of the run", hash_text(result.hash)) +
            fact("events", in_thousands(result.events)) + "</dl>\n";
    text += "<p class=\"over\">To repeat this run:</p>\n<pre class=\"command\"><code>" +
            html_text(report.again) + "</code></pre>\n";
    return text;
}

// `links`: trusted HTML, appended to `measured`.
std::string table_row(bool holds, std::string_view what, std::string_view measured,
                      std::string_view links = {}) {
    return std::string{"<tr class=\""} + (holds ? "holds" : "broken") +
           "\"><td class=\"mark\" title=\"" + (holds ? "holds" : "does not hold") + "\">" +
           (holds ? "\u2713" : "\u2717") + "</td>" + tag("td", what) + "<td>" +
           html_text(measured) + std::string{links} + "</td></tr>\n";
}

std::string expectations(const RunReport& report, const nlohmann::json& recorded) {
    const RunResult& result = report.result;
    std::string rows;
    for (const Outcome& o : result.outcomes) {
        rows += table_row(o.holds, o.text, o.measured,
                          o.holds ? "" : story_links(o.measured, o.text, recorded));
    }
    std::size_t shown = 0;
    constexpr std::size_t kMostShown = 50;
    for (const Violation& v : result.violations) {
        if (v.invariant.starts_with("line ")) continue;  // an expectation, listed above
        if (++shown > kMostShown) break;
        rows += table_row(false, v.invariant + " (at " + about(v.at) + ")", v.what,
                          story_links(v.what, {}, recorded));
    }
    if (result.invariants_broken > shown) {
        rows +=
            table_row(false, "more",
                      in_thousands(result.invariants_broken) + " violations of invariants in all");
    }
    if (rows.empty()) return {};
    return "<section aria-labelledby=\"expected-title\">\n<h2 id=\"expected-title\">"
           "Expectations</h2>\n<div class=\"scroll\"><table><thead><tr><th></th><th scope=\"col\">"
           "expected</th><th scope=\"col\">measured</th></tr></thead><tbody>\n" +
           rows + "</tbody></table></div>\n</section>\n";
}

std::string figures(const RunReport& report) {
    std::string rows;
    for (const FigureWord& word : figure_words()) {
        const auto found = report.result.figures.find(std::string{word.name});
        if (found == report.result.figures.end()) continue;
        rows += "<tr><td class=\"mono\">" + html_text(word.name) + "</td><td class=\"n\">" +
                html_text(number(found->second)) + "</td>" + tag("td", word.unit) +
                tag("td", word.meaning) + "</tr>\n";
    }
    if (rows.empty()) return {};
    return "<section aria-labelledby=\"figures-title\">\n<h2 id=\"figures-title\">All figures</h2>"
           "\n<details><summary>of the schedule, without healing</summary><div class=\"scroll\">"
           "<table><tbody>\n" +
           rows + "</tbody></table></div></details>\n</section>\n";
}

std::string foot(const RunReport& report, const nlohmann::json& recorded) {
    std::array<char, 64> took{};
    std::snprintf(took.data(), took.size(), "%.2f s", report.took_s);
    std::string text = "<p>Run in " + std::string{took.data()} +
                       ". The same scenario and seed give the same run, byte for byte.</p>\n";
    for (const auto& sentence : recorded.value("left_out", nlohmann::json::array())) {
        text += tag("p", sentence.get<std::string>()) + "\n";
    }
    return text;
}

// Replaces every {{name}} of the frame; inserted text is not scanned again.
std::string filled(std::string_view frame,
                   std::span<const std::pair<std::string_view, std::string>> parts) {
    std::string page;
    while (true) {
        const std::size_t open = frame.find("{{");
        page += frame.substr(0, open);
        if (open == std::string_view::npos) return page;
        const std::size_t close = frame.find("}}", open);
        const std::string_view name = frame.substr(open + 2, close - open - 2);
        for (const auto& [part, text] : parts) {
            if (part == name) page += text;
        }
        frame.remove_prefix(close + 2);
    }
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string out;
    for (const char c : sanitized(text, "\n")) {
        switch (c) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string script_json(const nlohmann::json& json) {
    const std::string plain = json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    std::string out;
    out.reserve(plain.size());
    for (const char c : plain) {
        switch (c) {
            case '<':
                out += "\\u003c";
                break;
            case '>':
                out += "\\u003e";
                break;
            case '&':
                out += "\\u0026";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string report_page(const RunReport& report, const nlohmann::json& recorded) {
    const std::string_view frame{kPageFrame, std::size(kPageFrame)};
    const std::array<std::pair<std::string_view, std::string>, 11> parts{{
        {"style_hash", std::string{kPageStyleSha256}},
        {"script_hash", std::string{kPageScriptSha256}},
        {"title", html_text(report.scenario.name + ", seed " + std::to_string(report.result.seed))},
        {"style", std::string(kPageStyle, std::size(kPageStyle))},
        {"head", head(report)},
        {"expectations", expectations(report, recorded)},
        {"figures", figures(report)},
        {"source", source_section(report)},
        {"foot", foot(report, recorded)},
        {"data", script_json(recorded)},
        {"script", std::string(kPageScript, std::size(kPageScript))},
    }};
    return filled(frame, parts);
}

}  // namespace rollcall::sim
