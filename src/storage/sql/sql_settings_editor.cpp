#include "storage/sql/sql_settings_editor.hpp"

#include <soci/soci.h>

#include <algorithm>

#include "storage/sql/schema.hpp"
#include "storage/sql/settings_query.hpp"

namespace lars::storage {
namespace {

std::string where_module(route_key key) { return " where " + keys_condition(std::span(&key, 1), true); }

void write_text(soci::session& sql, route_key key, bool is_new, const std::string& text, std::int64_t version) {
  const std::string number = std::to_string(version);
  if (is_new)
    sql << "insert into ModuleSettings (modid, cmdid, settings, version) values (" + std::to_string(key.modid) + ", " +
               std::to_string(key.cmdid) + ", :text, " + number + ")",
        soci::use(text, "text");
  else
    sql << "update ModuleSettings set settings = :text, version = " + number + where_module(key),
        soci::use(text, "text");
}

}  // namespace

result<std::vector<settings_row>> sql_settings_editor::list(std::optional<route_key> only) {
  using rows = std::vector<settings_row>;
  auto found = session_.read([&](soci::session& sql, const schema_shape& shape) -> result<rows> {
    if (!shape.settings) return not_migrated();
    if (only) return settings_of(sql, shape, std::span(&*only, 1));
    rows all;
    each_settings(sql, shape, "", [&](settings_row& row) { all.push_back(row); });
    return all;
  });
  if (found) std::ranges::sort(*found, {}, &settings_row::key);
  return found;
}

result<void> sql_settings_editor::set(route_key key, const decision& decide) {
  return session_.write([&](soci::session& sql, const schema_shape& shape, route_writer& writer) -> result<void> {
    if (!shape.settings) return not_migrated();
    const auto current = settings_of(sql, shape, std::span(&key, 1));
    const std::string before = current.empty() ? std::string() : current.front().text;
    const auto text = decide(before);
    if (!text) return text.error();
    if (*text == before) return {};
    if (text->empty())
      sql << "delete from ModuleSettings" + where_module(key);
    else
      write_text(sql, key, current.empty(), *text, writer.next_version());
    writer.announce(std::span(&key, 1));
    return {};
  });
}

result<void> sql_settings_editor::remove(route_key key) {
  return session_.write([&](soci::session& sql, const schema_shape& shape, route_writer& writer) -> result<void> {
    if (!shape.settings) return not_migrated();
    if (settings_of(sql, shape, std::span(&key, 1)).empty())
      return {errc::not_found,
              "module " + std::to_string(key.modid) + "/" + std::to_string(key.cmdid) + " has no settings of its own"};
    sql << "delete from ModuleSettings" + where_module(key);
    writer.announce(std::span(&key, 1));
    return {};
  });
}

}  // namespace lars::storage
