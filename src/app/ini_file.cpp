#include "app/ini_file.hpp"

#include <algorithm>
#include <boost/property_tree/ini_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "base/text.hpp"

namespace lars::app {
namespace {

using boost::property_tree::ptree;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // some editors write it at the start of UTF-8 files

// A second pass over the text, because Boost's parser does not keep line numbers, drops empty sections and ignores text
// after ']'. REQUIRES: Boost's parser accepts the text, so the first character of a line determines its kind.
struct line_index {
  explicit line_index(const std::string& text) {
    std::istringstream lines(text);
    std::string whole;
    std::string section;
    for (int number = 1; std::getline(lines, whole); ++number) {
      const auto line = base::trimmed(whole);
      if (line.empty() || line[0] == ';' || line[0] == '#') continue;
      if (line[0] == '[') {
        section = base::trimmed(line.substr(1, line.find(']') - 1));
        add_section(section, number, line.find(']') == line.size() - 1);
      } else {
        keys[{section, std::string(base::trimmed(line.substr(0, line.find('='))))}] = number;
      }
    }
  }

  std::vector<ini_section> sections;
  std::map<std::pair<std::string, std::string>, int> keys;
  int bad_line = 0;  // the first invalid section line; 0 = none
  const char* why = "";

private:
  void add_section(const std::string& name, int line, bool ends_with_bracket) {
    const bool known = std::ranges::any_of(sections, [&](const ini_section& other) { return other.name == name; });
    if (bad_line == 0 && (known || !ends_with_bracket)) {
      bad_line = line;
      why = known ? "duplicate section name" : "text after ']'";
    }
    sections.push_back({name, line});
  }
};

error refuse_line(const ini_content& content, int line, const std::string& why) {
  return {errc::invalid_argument, content.at(line) + ": " + why +
                                      "; allowed: [section], key = value, and comment lines that start with ; or #; "
                                      "each section and key only once"};
}

}  // namespace

bool ini_content::has_section(std::string_view name) const {
  return std::ranges::any_of(sections, [&](const ini_section& section) { return section.name == name; });
}

const ini_entry* ini_content::find(std::string_view section, std::string_view name) const {
  const auto found =
      std::ranges::find_if(entries, [&](const ini_entry& e) { return e.section == section && e.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

result<ini_content> parse_ini(const std::string& bytes, std::string file) {
  ini_content content;
  content.file = std::move(file);
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    return {errc::invalid_argument, content.at(1) + ": the file is UTF-16; allowed: UTF-8"};
  const std::string text = bytes.substr(bytes.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
  ptree tree;
  try {
    std::istringstream stream(text);
    boost::property_tree::read_ini(stream, tree);
  } catch (const boost::property_tree::ini_parser_error& failure) {
    return refuse_line(content, static_cast<int>(failure.line()), failure.message());
  }
  line_index index(text);
  if (index.bad_line > 0) return refuse_line(content, index.bad_line, index.why);
  content.sections = std::move(index.sections);
  for (const auto& [section, keys] : tree) {
    if (keys.empty())
      return {errc::invalid_argument,
              content.at(index.keys[{"", section}]) + ": key '" + section + "' is before the first [section]"};
    for (const auto& [name, value] : keys)
      content.entries.push_back({section, name, value.data(), index.keys[{section, name}]});
  }
  return content;
}

result<ini_content> read_ini(const std::filesystem::path& file) {
  const auto refused = [&](const char* why) {
    return error{errc::io_failed, file.string() + ": cannot read the file: " + why};
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return refused("it is a directory");
  std::ifstream stream(file);
  if (!stream) return refused(std::strerror(errno));
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  return parse_ini(text, file.string());
}

}  // namespace lars::app
