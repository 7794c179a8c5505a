#include "lars_trace.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/endpoint.hpp"

namespace lars::test {
namespace {

endpoint endpoint_of(const std::string& text) {
  const auto found = base::parse_endpoint(text);
  if (!found) throw std::runtime_error("no address: " + text);
  return *found;
}

void read_pick(trace_event& into, const std::string& answer) {
  into.answer = answer == "overload" ? 1 : answer == "none" ? 3 : 0;
  if (into.answer == 0) into.where = endpoint_of(answer);
}

// True for `yes`, false for `no`; throws for any other word.
bool either(const std::string& word, const std::string& yes, const std::string& no) {
  if (word != yes && word != no) throw std::runtime_error("neither " + yes + " nor " + no + ": " + word);
  return word == yes;
}

trace_event read_event(const std::string& what, std::istream& rest) {
  trace_event made;
  std::string word;
  if (what == "hosts") {
    made.what = trace_event::kind::hosts;
    while (rest >> word) made.hosts.push_back(endpoint_of(word));
    return made;
  }
  rest >> word;
  if (what == "pick") {
    read_pick(made, word);
  } else if (what == "wait") {
    made.what = trace_event::kind::wait;
    made.wait = std::chrono::milliseconds(std::stoi(word));
  } else if (what == "report" || what == "verdict") {
    const bool report = what == "report";
    made.what = report ? trace_event::kind::report : trace_event::kind::verdict;
    made.where = endpoint_of(word);
    rest >> word;
    made.good = either(word, report ? "ok" : "idle", report ? "fail" : "overload");
  } else {
    throw std::runtime_error("no event: " + what);
  }
  return made;
}

traced_module read_module(std::istream& rest) {
  traced_module made;
  made.settings.policy = "lars";
  rest >> made.name;
  for (std::string word; rest >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) throw std::runtime_error("no setting: " + word);
    made.settings.health[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return made;
}

}  // namespace

std::vector<traced_module> read_trace(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::vector<traced_module> all;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string what;
    words >> what;
    try {
      if (what == "module") {
        all.push_back(read_module(words));
      } else {
        all.at(all.size() - 1).events.push_back(read_event(what, words));
        all.back().events.back().line = number;
      }
    } catch (const std::exception& wrong) {
      throw std::runtime_error("line " + std::to_string(number) + ": " + wrong.what());
    }
  }
  return all;
}

}  // namespace lars::test
