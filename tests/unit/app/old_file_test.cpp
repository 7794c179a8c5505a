#include "app/old_file.hpp"

#include <catch2/catch.hpp>

namespace lars::old_file_test {

using namespace lars::app;

namespace {

using roles = std::vector<role_kind>;

constexpr const char* old_dns =
    "[reactor]\nmaxConn = 1024\nthreadNum = 5\nip = 0.0.0.0\nport = 7778\n\n"
    ";database\n[mysql]\ndb_host = 10.0.0.9\ndb_port = 3307\ndb_user = root\ndb_passwd = aceld\ndb_name = lars_dns\n";
constexpr const char* old_agent =
    "[reporter]\nip = 10.0.0.2\nport = 7779\n[dnsserver]\nip = 10.0.0.1\nport = 7770\n"
    "[loadbalance]\nprobe_num=11\nerr_rate=0.2\n";
constexpr const char* old_reporter =
    "[reactor]\nmaxConn=1024\nthreadNum=5\nip=127.0.0.1\nport=7779\n[mysql]\ndb_host=127.0.0.1\n[repoter]\ndb_thread_"
    "cnt=3\n";

ini_content parsed(const std::string& text) { return parse_ini(text, "old.conf").value(); }

std::string value(const std::vector<ini_entry>& entries, std::string_view section, std::string_view name) {
  for (const ini_entry& entry : entries)
    if (entry.section == section && entry.name == name) return entry.value;
  return "(absent)";
}

std::string refusal(const std::string& text, const roles& asked) {
  const auto translated = translate_old_file(parsed(text), asked);
  REQUIRE_FALSE(translated);
  return translated.error().detail;
}

}  // namespace

TEST_CASE("[reactor] or [dnsserver] marks an old file, [reporter] does not") {
  CHECK(is_old_file(parsed(old_dns)));
  CHECK(is_old_file(parsed(old_agent)));
  CHECK_FALSE(is_old_file(parsed("[reporter]\nip=127.0.0.1\n[loadbalance]\nprobe_num=10\n")));
}

TEST_CASE("an old dns file binds its reactor's address and reads its database") {
  const auto entries = translate_old_file(parsed(old_dns), roles{role_kind::dns});
  REQUIRE(entries);
  CHECK(value(*entries, "dns", "ip") == "0.0.0.0");
  CHECK(value(*entries, "dns", "port") == "7778");
  CHECK(value(*entries, "dns", "max_connections") == "1024");
  CHECK(value(*entries, "dns", "threads") == "5");
  CHECK(value(*entries, "storage", "url") ==
        "mysql://db='lars_dns' user='root' password='aceld' host='10.0.0.9' port=3307");
  CHECK(entries->front().line == 2);
}

TEST_CASE("an old agent file has remotes and thresholds but no address of the agent") {
  const auto entries = translate_old_file(parsed(old_agent), roles{role_kind::agent});
  REQUIRE(entries);
  CHECK(value(*entries, "agent", "dns") == "10.0.0.1:7770");
  CHECK(value(*entries, "agent", "reporter") == "10.0.0.2:7779");
  CHECK(value(*entries, "loadbalance", "probe_num") == "11");
  CHECK(value(*entries, "agent", "ip") == "(absent)");
  CHECK(value(*entries, "reporter", "ip") == "(absent)");
}

TEST_CASE("an old reporter file binds its reactor's address and writes with its threads to its database") {
  const auto entries = translate_old_file(parsed(old_reporter), roles{role_kind::reporter});
  REQUIRE(entries);
  CHECK(value(*entries, "reporter", "ip") == "127.0.0.1");
  CHECK(value(*entries, "reporter", "port") == "7779");
  CHECK(value(*entries, "reporter", "max_connections") == "1024");
  CHECK(value(*entries, "reporter", "threads") == "5");
  CHECK(value(*entries, "reporter", "writers") == "3");
  CHECK(value(*entries, "dns", "port") == "(absent)");
  CHECK(value(*entries, "storage", "url") == "mysql://db='lars_dns' user='' password='' host='127.0.0.1' port=3306");
}

TEST_CASE("quotes, blanks and backslashes of an old password survive") {
  const auto entries = translate_old_file(parsed("[reactor]\nport=1\n[mysql]\ndb_passwd = it's a \\ \"word\"=1\n"),
                                          roles{role_kind::dns});
  REQUIRE(entries);
  CHECK(value(*entries, "storage", "url").find(R"( password='it\'s a \\ "word"=1' )") != std::string::npos);
}

TEST_CASE("an old file without [mysql] does not set the database") {
  const auto entries = translate_old_file(parsed("[reactor]\nport=7000\n"), roles{role_kind::dns});
  REQUIRE(entries);
  CHECK(value(*entries, "storage", "url") == "(absent)");
}

TEST_CASE("a missing ip or port of a remote has the original default") {
  const auto entries = translate_old_file(parsed("[dnsserver]\nip = 10.0.0.1\n"), roles{role_kind::agent});
  REQUIRE(entries);
  CHECK(value(*entries, "agent", "dns") == "10.0.0.1:7778");
}

TEST_CASE("an old file is accepted only for the one role that it configures") {
  CHECK(refusal(old_dns, {role_kind::dns, role_kind::agent}).find("exactly one role") != std::string::npos);
  CHECK(refusal(old_dns, {role_kind::agent}) ==
        "old.conf:1: this file has the old form and is for the role dns, not for agent");
  CHECK(refusal(old_agent, {role_kind::dns}).find("for the role agent, not for dns") != std::string::npos);
  CHECK(refusal(old_reporter, {role_kind::dns}).find("for the role reporter, not for dns") != std::string::npos);
}

TEST_CASE("an old file's unknown keys and bad values are refused with their lines") {
  CHECK(refusal("[reactor]\nport=1\nmaxconn=5\n", {role_kind::dns}) ==
        "old.conf:3: [reactor] maxconn is not a key of an old dns file");
  CHECK(refusal("[reactor]\nport=1\n[mysql]\ndb_port=abc\n", {role_kind::dns})
            .starts_with("old.conf:4: [mysql] db_port"));
  CHECK(refusal("[dnsserver]\nip=dns.local\nport=7778\n", {role_kind::agent}).starts_with("old.conf:2: [dnsserver]"));
  CHECK(refusal("[dnsserver]\nip=10.0.0.1\n[mysql]\ndb_name=x\n", {role_kind::agent}).find("[mysql] db_name") !=
        std::string::npos);
  CHECK(refusal("[reactor]\nport=1\n[dnsserver]\nip=10.0.0.1\n", {}).find("cannot be in the same file") !=
        std::string::npos);
}

}  // namespace lars::old_file_test
