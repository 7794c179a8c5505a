#include "app/old_file.hpp"

#include <optional>

#include "app/key_check.hpp"
#include "app/key_table.hpp"
#include "base/endpoint.hpp"
#include "base/number.hpp"

namespace lars::app {
namespace {

// The role that an old file configures.
enum class owner { dns, agent, reporter };

const char* owner_name(owner whose) {
  return whose == owner::dns ? "dns" : whose == owner::agent ? "agent" : "reporter";
}

owner owner_of(const ini_content& content) {
  if (content.has_section("dnsserver")) return owner::agent;
  return content.has_section("repoter") ? owner::reporter : owner::dns;
}

// Maps an old key to a new one. With an empty `becomes`, the value is only checked here: keys that together form an
// address or a URL are combined elsewhere.
struct old_key {
  owner whose;
  std::string_view section;
  std::string_view name;
  std::string_view becomes_section;
  std::string_view becomes;
  std::optional<long long> most;  // upper limit of a number with an empty `becomes`
};

constexpr long long highest_port = 65535;

constexpr old_key old_keys[] = {
    {owner::dns, "reactor", "ip", "dns", "ip", {}},
    {owner::dns, "reactor", "port", "dns", "port", {}},
    {owner::dns, "reactor", "maxConn", "dns", "max_connections", {}},
    {owner::dns, "reactor", "threadNum", "dns", "threads", {}},
    {owner::reporter, "reactor", "ip", "reporter", "ip", {}},
    {owner::reporter, "reactor", "port", "reporter", "port", {}},
    {owner::reporter, "reactor", "maxConn", "reporter", "max_connections", {}},
    {owner::reporter, "reactor", "threadNum", "reporter", "threads", {}},
    {owner::reporter, "repoter", "db_thread_cnt", "reporter", "writers", {}},
    {owner::agent, "reporter", "ip", "", "", {}},
    {owner::agent, "reporter", "port", "", "", highest_port},
    {owner::agent, "dnsserver", "ip", "", "", {}},
    {owner::agent, "dnsserver", "port", "", "", highest_port},
};

// The keys of [mysql] in the files of dns and reporter.
constexpr std::string_view mysql_names[] = {"db_host", "db_port", "db_user", "db_passwd", "db_name"};

bool is_mysql_name(std::string_view name) {
  for (const std::string_view known : mysql_names)
    if (known == name) return true;
  return false;
}

const old_key* find_old_key(owner whose, const ini_entry& entry) {
  for (const old_key& key : old_keys)
    if (key.whose == whose && key.section == entry.section && key.name == entry.name) return &key;
  return nullptr;
}

error refuse(const ini_content& content, int line, const std::string& why) {
  return {errc::invalid_argument, content.at(line) + ": " + why};
}

// Quotes a value for the connection string: a backslash escapes the next character.
std::string in_quotes(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

std::string value_or(const ini_content& content, std::string_view section, std::string_view name,
                     std::string_view fallback) {
  const ini_entry* entry = content.find(section, name);
  return entry ? entry->value : std::string(fallback);
}

// Uses the defaults of the original programs.
std::string storage_url(const ini_content& content) {
  return "mysql://db=" + in_quotes(value_or(content, "mysql", "db_name", "lars_dns")) +
         " user=" + in_quotes(value_or(content, "mysql", "db_user", "")) +
         " password=" + in_quotes(value_or(content, "mysql", "db_passwd", "")) +
         " host=" + in_quotes(value_or(content, "mysql", "db_host", "127.0.0.1")) +
         " port=" + value_or(content, "mysql", "db_port", "3306");
}

result<void> check_number(const ini_content& content, const ini_entry& entry, long long most) {
  const auto value = base::parse_number<long long>(entry.value);
  if (value && *value >= 0 && *value <= most) return {};
  return refuse(content, entry.line,
                "[" + entry.section + "] " + entry.name + " = '" + entry.value +
                    "' is not allowed; allowed: whole number 0 .. " + std::to_string(most));
}

result<owner> agreed_owner(const ini_content& content, const std::vector<role_kind>& roles) {
  const int line = content.sections.front().line;
  const owner whose = owner_of(content);
  if (roles.size() > 1)
    return refuse(content, line,
                  "a file with [reactor] or [dnsserver] has the old form, which configures exactly one role");
  if (whose == owner::agent && content.has_section("reactor"))
    return refuse(content, line, "[reactor] and [dnsserver] cannot be in the same file");
  if (!roles.empty() && std::string_view(role_name(roles.front())) != owner_name(whose))
    return refuse(content, line,
                  std::string("this file has the old form and is for the role ") + owner_name(whose) + ", not for " +
                      role_name(roles.front()));
  return whose;
}

// Combines ip and port of a remote section in the agent's file to "ip:port".
result<void> add_remote(const ini_content& content, std::string_view section, std::string_view becomes,
                        std::string_view default_port, std::vector<ini_entry>& translated) {
  const ini_entry* ip = content.find(section, "ip");
  const ini_entry* port = content.find(section, "port");
  if (!ip && !port) return {};
  const int line = (ip ? ip : port)->line;
  const std::string where = (ip ? ip->value : "127.0.0.1") + ":" + (port ? port->value : std::string(default_port));
  if (!base::parse_endpoint(where))
    return refuse(
        content, line,
        "[" + std::string(section) + "] '" + where + "' is not allowed; allowed: an IPv4 ip and a port 1 .. 65535");
  translated.push_back({"agent", std::string(becomes), where, line});
  return {};
}

// Translates one entry and adds the result, if any.
result<void> translate_entry(const ini_content& content, owner whose, const ini_entry& entry,
                             std::vector<ini_entry>& translated) {
  if (whose == owner::agent && entry.section == "loadbalance") {
    translated.push_back(entry);
    return {};
  }
  if (whose != owner::agent && entry.section == "mysql" && is_mysql_name(entry.name))
    return entry.name == "db_port" ? check_number(content, entry, highest_port) : result<void>{};
  const old_key* key = find_old_key(whose, entry);
  if (!key)
    return refuse(content, entry.line,
                  "[" + entry.section + "] " + entry.name + " is not a key of an old " + owner_name(whose) + " file");
  if (key->most) return check_number(content, entry, *key->most);
  if (!key->becomes.empty())
    translated.push_back({std::string(key->becomes_section), std::string(key->becomes), entry.value, entry.line});
  return {};
}

}  // namespace

bool is_old_file(const ini_content& content) {
  return content.has_section("reactor") || content.has_section("dnsserver");
}

result<std::vector<ini_entry>> translate_old_file(const ini_content& content, const std::vector<role_kind>& roles) {
  const auto whose = agreed_owner(content, roles);
  if (!whose) return whose.error();
  std::vector<ini_entry> translated;
  for (const ini_entry& entry : content.entries)
    if (const auto done = translate_entry(content, *whose, entry, translated); !done) return done.error();

  for (const ini_section& section : content.sections)
    if (*whose != owner::agent && section.name == "mysql")
      translated.push_back({"storage", "url", storage_url(content), section.line});
  if (*whose == owner::agent) {
    if (const auto dns = add_remote(content, "dnsserver", "dns", "7778", translated); !dns) return dns.error();
    if (const auto reporter = add_remote(content, "reporter", "reporter", "7779", translated); !reporter)
      return reporter.error();
  }
  return translated;
}

}  // namespace lars::app
