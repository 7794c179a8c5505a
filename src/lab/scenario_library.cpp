#include "lab/scenario_library.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "lab/scenario_reader.hpp"

namespace lars::lab {
namespace {

std::string known_names() {
  std::string names;
  for (const auto& scenario : embedded_scenarios()) names += (names.empty() ? "" : ", ") + std::string(scenario.name);
  return names;
}

}  // namespace

result<scenario> load_scenario(const std::string& name_or_file) {
  const auto known = embedded_scenarios();
  const auto found = std::ranges::find(known, std::string_view(name_or_file), &embedded_scenario::name);
  if (found != known.end()) return read_scenario(found->text, found->name, name_or_file);
  std::ifstream file(name_or_file);
  if (!file || std::filesystem::is_directory(name_or_file))
    return {errc::not_found,
            "scenario '" + name_or_file + "' is neither a file nor a built-in scenario: " + known_names()};
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return read_scenario(text, std::filesystem::path(name_or_file).stem().string(), name_or_file);
}

}  // namespace lars::lab
