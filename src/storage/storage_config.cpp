#include "storage/storage_config.hpp"

#include <algorithm>
#include <array>

#include "base/number.hpp"
#include "storage/connect_options.hpp"
#include "storage/host_list.hpp"

namespace lars::storage {
namespace {

constexpr std::string_view sqlite_prefix = "sqlite3://";
constexpr std::string_view mysql_prefix = "mysql://";

constexpr std::array<std::string_view, 13> mysql_keys = {
    "db",      "user",   "password",        "host",         "port",         "unix_socket", "charset", "sslca",
    "sslcert", "sslkey", "connect_timeout", "read_timeout", "write_timeout"};

// SOCI accepts several names for some keys; we use one.
std::string canonical(const std::string& key) {
  if (key == "pass") return "password";
  if (key == "dbname" || key == "service") return "db";
  return key;
}

result<void> check_number(const std::string& key, const std::string& value, unsigned most) {
  if (!base::parse_number<unsigned>(value, 1, most))
    return {errc::invalid_argument, "storage.url: " + key + " must be a number from 1 to " + std::to_string(most)};
  return {};
}

result<storage_config> parse_mysql(std::string_view text) {
  auto options = parse_connect_options(text);
  if (!options) return {errc::invalid_argument, "storage.url: " + options.error().detail};
  connect_options accepted;
  for (const auto& [written, value] : *options) {
    std::string key = canonical(written);
    if (std::find(mysql_keys.begin(), mysql_keys.end(), key) == mysql_keys.end())
      return {errc::invalid_argument,
              "storage.url: unknown key '" + key + "'; known are db, user, password, host, port and others"};
    if (find_option(accepted, key)) return {errc::invalid_argument, "storage.url: '" + key + "' is given twice"};
    const bool port = key == "port";
    if (port || key.ends_with("_timeout"))
      if (auto valid = check_number(key, value, port ? 65535 : 3600); !valid) return valid.error();
    if (key == "host" && !value.empty())
      if (const auto hosts = parse_host_list(value); !hosts)
        return {errc::invalid_argument, "storage.url: host: " + hosts.error().detail};
    accepted.emplace_back(std::move(key), value);
  }
  const std::string* db = find_option(accepted, "db");
  if (!db || db->empty()) return {errc::invalid_argument, "storage.url: mysql:// needs db=NAME"};
  return storage_config{backend::mysql, format_connect_options(accepted)};
}

result<storage_config> parse_sqlite(std::string_view text, const std::filesystem::path& state_dir) {
  if (text.empty()) return {errc::invalid_argument, "storage.url: sqlite3:// needs the path of a file"};
  // SOCI cannot escape it.
  if (text.find('"') != std::string_view::npos)
    return {errc::invalid_argument, "storage.url: the path may not contain a double quote"};
  return storage_config{backend::sqlite, (state_dir / std::filesystem::path(text)).lexically_normal().string()};
}

}  // namespace

std::string storage_config::url() const {
  return std::string(kind == backend::sqlite ? sqlite_prefix : mysql_prefix) + connect;
}

std::string storage_config::shown() const {
  if (kind == backend::sqlite) return std::string(sqlite_prefix) + connect;
  auto options = parse_connect_options(connect);
  if (!options) return std::string(mysql_prefix);
  std::erase_if(*options, [](const auto& option) { return canonical(option.first) == "password"; });
  return std::string(mysql_prefix) + format_connect_options(*options);
}

result<storage_config> parse_url(const std::string& url, const std::filesystem::path& state_dir) {
  if (url.starts_with(sqlite_prefix))
    return parse_sqlite(std::string_view(url).substr(sqlite_prefix.size()), state_dir);
  if (url.starts_with(mysql_prefix)) return parse_mysql(std::string_view(url).substr(mysql_prefix.size()));
  return {errc::invalid_argument, "storage.url must start with sqlite3:// or mysql://"};
}

}  // namespace lars::storage
