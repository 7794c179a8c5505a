#include "app/check_config.hpp"

#include <sstream>

#include "app/settings.hpp"

namespace lars::app {

result<std::string> check_config(const setting_sources& sources) {
  const auto table = gather(sources);
  if (!table) return table.error();
  const auto configuration = load_settings(*table, sources);
  if (!configuration) return configuration.error();

  std::ostringstream text;
  std::string_view section;
  for (const key_spec& key : all_keys()) {
    if (key.section != section) text << (section.empty() ? "[" : "\n[") << key.section << "]\n";
    section = key.section;
    const setting& found = table->at(key.section, key.name);
    if (!found.origin.empty()) text << "; from " << found.origin << '\n';
    std::string value = found.value;
    if (key.kind == value_kind::url) value = configuration->storage.shown();
    if (&key == find_key("http", "port")) value = std::to_string(configuration->http.listen.port);
    if (&key == find_key("state", "dir")) value = configuration->state_dir.string();
    text << key.name << (value.empty() ? " =" : " = ") << value << '\n';
  }
  return text.str();
}

}  // namespace lars::app
