#include "lab/scenario_reader.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "balance/health/health_settings.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "lab/ini_text.hpp"

namespace lars::lab {
namespace {

// A key of a section kind. `put` returns false for a value that is not allowed.
struct key_spec {
  std::string_view name;
  std::string_view allowed;
  std::function<bool(std::string_view)> put;
  bool needed = false;
};

struct refusal {
  std::string text;
  int line = 0;
};
using objection = std::optional<refusal>;

bool put_time(instant& into, std::string_view text, instant least, instant most) {
  const auto value = parse_time(text);
  if (!value || *value < least || *value > most) return false;
  into = *value;
  return true;
}

bool put_ticks(instant& into, std::string_view text, instant least) {
  return put_time(into, text, least, std::chrono::seconds(60)) && into % tick == instant(0);
}

template <class Number>
bool put_number(Number& into, std::string_view text, double least, double most) {
  const auto value = base::parse_number<double>(text, least, most);
  const auto number = value ? static_cast<Number>(*value) : Number{};
  if (!value || static_cast<double>(number) != *value) return false;
  into = number;
  return true;
}

bool put_text(std::string& into, std::string_view text) {
  into = text;
  return !text.empty();
}

template <class Kind>
bool put_name(Kind& into, std::string_view text, const std::map<std::string_view, Kind>& names) {
  const auto found = names.find(text);
  if (found != names.end()) into = found->second;
  return found != names.end();
}

bool put_numbers(std::vector<double>& into, std::string_view text) {
  for (const auto& part : base::split_list(text)) {
    const auto value = base::parse_number<double>(part, 1e-6, 1e9);
    if (!value) return false;
    into.push_back(*value);
  }
  return true;
}

bool put_names(std::vector<std::string>& into, std::string_view text) {
  into = base::split_list(text);
  return std::ranges::find(into, std::string()) == into.end();
}

// "967:927, 1082:991".
bool put_points(std::vector<std::pair<double, double>>& into, std::string_view text) {
  for (const auto& part : base::split_list(text)) {
    const auto both = base::split_list(part, ':');
    const auto x = base::parse_number<double>(both.front(), 0, 1e9);
    const auto y = base::parse_number<double>(both.back(), 0, 1e9);
    if (both.size() != 2 || !x || !y) return false;
    into.emplace_back(*x, *y);
  }
  return true;
}

std::string names_of(const std::vector<key_spec>& keys) {
  std::string names;
  for (const auto& one : keys) names += (names.empty() ? "" : ", ") + std::string(one.name);
  return names;
}

std::string title_of(const ini_section& section) {
  return "[" + section.kind + (section.name.empty() ? "" : " " + section.name) + "]";
}

objection read_keys(const ini_section& section, const std::vector<key_spec>& keys) {
  const std::string title = title_of(section) + ' ';
  for (const auto& [key, value, line] : section.entries) {
    const auto spec = std::ranges::find(keys, key, &key_spec::name);
    if (spec == keys.end()) return refusal{title + key + " is unknown; there are: " + names_of(keys), line};
    if (!spec->put(value))
      return refusal{title + key + " = '" + value + "' is not allowed; allowed: " + std::string(spec->allowed), line};
  }
  for (const auto& one : keys)
    if (one.needed && std::ranges::find(section.entries, one.name, &ini_entry::key) == section.entries.end())
      return refusal{title + "lacks " + std::string(one.name) + " (" + std::string(one.allowed) + ")", section.line};
  return std::nullopt;
}

// Reads a file section by section into a scenario. Lifetime: one file.
class reader {
public:
  explicit reader(scenario& into) : made_(into) {}

  objection read(const ini_section& section) {
    const auto kind = kinds_.find(section.kind);
    if (kind == kinds_.end())
      return refusal{title_of(section) +
                         " is unknown; there are: [scenario], [servers NAME], [calls], [limiter], "
                         "[reports], [health], [fault NAME], [phase NAME], [published]",
                     section.line};
    const bool wants_name = section.kind == "servers" || section.kind == "fault" || section.kind == "phase";
    if (wants_name == section.name.empty())
      return refusal{title_of(section) + (wants_name ? " needs a name" : " takes no name"), section.line};
    return (this->*kind->second)(section);
  }

  // Checks that need the whole scenario.
  objection finish();

private:
  using method = objection (reader::*)(const ini_section&);

  objection read_scenario(const ini_section& section) {
    return read_keys(
        section,
        {{"title", "a text", [&](auto text) { return put_text(made_.title, text); }},
         {"unit", "number 0.000001 .. 1000000", [&](auto text) { return put_number(made_.unit, text, 1e-6, 1e6); }},
         {"offered", "numbers above 0, parted by commas", [&](auto text) { return put_numbers(made_.offered, text); },
          true},
         {"agents", "whole number 1 .. 10000", [&](auto text) { return put_number(made_.agents, text, 1, 10000); }},
         {"warm_up", "0s .. 3600s", [&](auto text) { return put_time(made_.warm_up, text, instant(0), most); }},
         {"measured", "1s .. 3600s",
          [&](auto text) { return put_time(made_.measured, text, std::chrono::seconds(1), most); }, true},
         {"policies", "names parted by commas, each with :parameter=value behind it as needed",
          [&](auto text) { return put_names(made_.policies, text); }, true}});
  }

  objection read_servers(const ini_section& section) {
    server_spec spec;
    spec.kind = section.name;
    std::uint32_t count = 1;
    const std::map<std::string_view, law_kind> laws{{"fixed", law_kind::fixed},
                                                    {"exponential", law_kind::exponential},
                                                    {"gamma", law_kind::gamma},
                                                    {"lognormal", law_kind::lognormal}};
    auto wrong = read_keys(
        section,
        {{"count", "whole number 1 .. 10000", [&](auto text) { return put_number(count, text, 1, 10000); }},
         {"cores", "whole number 1 .. 1024", [&](auto text) { return put_number(spec.cores, text, 1, 1024); }},
         {"background_cores", "whole number 0 .. 1023",
          [&](auto text) { return put_number(spec.background_cores, text, 0, 1023); }},
         {"service", "1ns .. 600s",
          [&](auto text) { return put_time(spec.service.mean, text, instant(1), std::chrono::seconds(600)); }, true},
         {"service_law", "fixed, exponential, gamma, lognormal",
          [&](auto text) { return put_name(spec.service.kind, text, laws); }},
         {"service_cv", "number 0.05 .. 10", [&](auto text) { return put_number(spec.service.cv, text, 0.05, 10); }}});
    if (!wrong && spec.background_cores >= spec.cores)
      wrong = refusal{title_of(section) + " background_cores leaves no core of " + std::to_string(spec.cores),
                      section.line};
    made_.servers.insert(made_.servers.end(), count, spec);
    return wrong;
  }

  objection read_calls(const ini_section& section) {
    return read_keys(section,
                     {{"rtt", "0s .. 10s",
                       [&](auto text) { return put_time(made_.rtt, text, instant(0), std::chrono::seconds(10)); }},
                      {"timeout", "1ms .. 600s", [&](auto text) {
                         return put_time(made_.timeout, text, std::chrono::milliseconds(1), std::chrono::seconds(600));
                       }}});
  }

  objection read_limiter(const ini_section& section) {
    auto& limit = made_.limit.emplace();
    return read_keys(
        section,
        {{"target", "number 0 .. 1", [&](auto text) { return put_number(limit.target, text, 0, 1); }},
         {"gain", "number 0 .. 10", [&](auto text) { return put_number(limit.gain, text, 0, 10); }},
         {"period", "100ms .. 60s in steps of 100ms", [&](auto text) { return put_ticks(limit.period, text, tick); }},
         {"rejection_cost", "number 0 .. 1", [&](auto text) { return put_number(limit.rejection_cost, text, 0, 1); }},
         {"rejection_reply", "0s .. 10s",
          [&](auto text) { return put_time(limit.rejection_reply, text, instant(0), std::chrono::seconds(10)); }}});
  }

  objection read_reports(const ini_section& section) {
    return read_keys(section, {{"window", "100ms .. 60s in steps of 100ms",
                                [&](auto text) { return put_ticks(made_.reports.window, text, tick); }},
                               {"shift", "0s .. 60s in steps of 100ms",
                                [&](auto text) { return put_ticks(made_.reports.shift, text, instant(0)); }}});
  }

  // Checks one setting at a time, so that an error names its line.
  objection read_health(const ini_section& section) {
    for (const auto& [key, value, line] : section.entries) {
      const auto next = balance::make_health(made_.health, {{key, value}});
      if (!next) return refusal{title_of(section) + ' ' + next.error().detail, line};
      made_.health = *next;
    }
    return std::nullopt;
  }

  objection read_fault(const ini_section& section) {
    auto& one = made_.faults.emplace_back();
    one.name = section.name;
    fault_lines_.push_back(section.line);
    const std::map<std::string_view, fault_kind> kinds{{"delay", fault_kind::delay},
                                                       {"kill", fault_kind::kill},
                                                       {"restart", fault_kind::restart},
                                                       {"remove", fault_kind::remove},
                                                       {"add", fault_kind::add}};
    return read_keys(
        section,
        {{"at", "0s .. 7200s", [&](auto text) { return put_time(one.at, text, instant(0), 2 * most); }, true},
         {"server", "whole number from 1", [&](auto text) { return put_number(one.server, text, 1, 1e6); }, true},
         {"kind", "delay, kill, restart, remove, add", [&](auto text) { return put_name(one.kind, text, kinds); },
          true},
         {"delay", "0s .. 3600s", [&](auto text) { return put_time(one.delay, text, instant(0), most); }}});
  }

  objection read_phase(const ini_section& section) {
    auto& one = made_.phases.emplace_back();
    one.name = section.name;
    phase_lines_.push_back(section.line);
    return read_keys(
        section,
        {{"from", "0s .. 7200s", [&](auto text) { return put_time(one.from, text, instant(0), 2 * most); }, true},
         {"to", "0s .. 7200s", [&](auto text) { return put_time(one.to, text, instant(0), 2 * most); }, true}});
  }

  // Any policy name may be a key.
  objection read_published(const ini_section& section) {
    for (const auto& [key, value, line] : section.entries) {
      auto& curve = made_.published.emplace_back();
      curve.policy = key;
      if (!put_points(curve.points, value))
        return refusal{"[published] " + key + " = '" + value + "' is not allowed; allowed: offered:goodput, ...", line};
    }
    return std::nullopt;
  }

  static constexpr instant most = std::chrono::seconds(3600);
  static const std::map<std::string_view, method> kinds_;

  scenario& made_;
  std::vector<int> fault_lines_;
  std::vector<int> phase_lines_;
};

const std::map<std::string_view, reader::method> reader::kinds_{
    {"scenario", &reader::read_scenario}, {"servers", &reader::read_servers}, {"calls", &reader::read_calls},
    {"limiter", &reader::read_limiter},   {"reports", &reader::read_reports}, {"health", &reader::read_health},
    {"fault", &reader::read_fault},       {"phase", &reader::read_phase},     {"published", &reader::read_published}};

objection reader::finish() {
  if (made_.offered.empty()) return refusal{"there is no [scenario]", 1};
  if (made_.servers.empty()) return refusal{"there is no [servers NAME]", 1};
  for (std::size_t i = 0; i < made_.faults.size(); ++i)
    if (made_.faults[i].server > made_.servers.size())
      return refusal{"[fault " + made_.faults[i].name + "] server: there are " + std::to_string(made_.servers.size()),
                     fault_lines_[i]};
  for (std::size_t i = 0; i < made_.phases.size(); ++i)
    if (made_.phases[i].from >= made_.phases[i].to || made_.phases[i].to > made_.length())
      return refusal{"[phase " + made_.phases[i].name + "] from is before to, to at most warm_up + measured",
                     phase_lines_[i]};
  if (made_.phases.empty()) made_.phases.push_back({"all", made_.warm_up, made_.length()});
  return std::nullopt;
}

error refused(const refusal& wrong, std::string_view file) {
  return {errc::invalid_argument, std::string(file) + ':' + std::to_string(wrong.line) + ": " + wrong.text};
}

}  // namespace

std::optional<instant> parse_time(std::string_view text) {
  constexpr std::chrono::hours day(24);
  const auto length = base::parse_duration(text, {"ns", "us", "ms", "s"});
  if (!length || *length > day) return std::nullopt;
  return instant(static_cast<instant::rep>(length->count() + 0.5));
}

result<scenario> read_scenario(std::string_view text, std::string_view name, std::string_view file) {
  const auto sections = parse_ini(text, file);
  if (!sections) return sections.error();
  scenario plan;
  plan.name = name;
  reader into(plan);
  for (const auto& section : *sections)
    if (const auto wrong = into.read(section)) return refused(*wrong, file);
  if (const auto wrong = into.finish()) return refused(*wrong, file);
  return plan;
}

}  // namespace lars::lab
