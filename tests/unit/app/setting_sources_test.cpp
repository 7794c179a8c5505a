#include "app/setting_sources.hpp"

#include <catch2/catch.hpp>

#include "config_file.hpp"

namespace lars::setting_sources_test {

using namespace lars::app;

namespace {

std::string refusal(const setting_sources& sources) {
  const auto table = gather(sources);
  REQUIRE_FALSE(table);
  return table.error().detail;
}

}  // namespace

TEST_CASE("--set beats the environment, which beats the file, which beats presets, which beat defaults") {
  const config_file file("[dns]\nport = 2\n");
  setting_sources sources;
  CHECK(gather(sources)->value("dns", "port") == "7778");
  CHECK(gather(sources)->at("dns", "port").origin.empty());

  sources.presets = {"dns.port=1"};
  CHECK(gather(sources)->value("dns", "port") == "1");
  sources.file = file.name();
  CHECK(gather(sources)->value("dns", "port") == "2");
  CHECK(gather(sources)->at("dns", "port").origin == file.name() + ":2");
  sources.environment = {{"LARS_DNS_PORT", "3"}};
  CHECK(gather(sources)->value("dns", "port") == "3");
  CHECK(gather(sources)->at("dns", "port").origin == "LARS_DNS_PORT");
  sources.sets = {"dns.port=4", "dns.port=5"};
  CHECK(gather(sources)->value("dns", "port") == "5");
  CHECK(gather(sources)->at("dns", "port").origin == "--set dns.port");
}

TEST_CASE("an unknown key or section is refused with its place and with what is allowed") {
  const config_file key("[dns]\n\nprot = 1\n");
  CHECK(refusal({{}, key.name(), {}, {}, {}}) ==
        key.name() + ":3: [dns] has no key 'prot'; allowed: ip, port, poll_interval_ms, reconcile_interval_s, " +
            "max_connections, max_subscriptions, answers_mb, threads");
  const config_file section("[dsn]\nport = 1\n");
  CHECK(refusal({{}, section.name(), {}, {}, {}}).starts_with(section.name() + ":1: unknown section [dsn]"));
  const config_file empty_section("[dns]\nport = 1\n[dsn]\n");
  CHECK(
      refusal({{}, empty_section.name(), {}, {}, {}}).starts_with(empty_section.name() + ":3: unknown section [dsn]"));
  CHECK(refusal({{}, {}, {}, {"dsn.port=1"}, {}}).starts_with("--set dsn.port: unknown section [dsn]"));
}

TEST_CASE("a value that is not allowed is refused even where another source overrides it") {
  const config_file file("[dns]\nport = 99999\n");
  CHECK(refusal({{}, file.name(), {}, {"dns.port=1"}, {}}) ==
        file.name() + ":2: [dns] port = '99999' is not allowed; allowed: whole number 0 .. 65535");
}

TEST_CASE("a variable of a known section must be a key of it") {
  CHECK(refusal({{}, {}, {{"LARS_DNS_PROT", "1"}}, {}, {}}).starts_with("LARS_DNS_PROT: [dns] has no such key"));
  CHECK(refusal({{}, {}, {{"LARS_LOG_LEVEL", "loud"}}, {}, {}}).starts_with("LARS_LOG_LEVEL: [log] level = 'loud'"));
}

TEST_CASE("variables of callers, tests and other programs are ignored") {
  const variables others = {
      {"LARS_CLIENT_TIMEOUT", "x"}, {"LARS_TEST_BINARY", "x"}, {"LARS_WERROR", "x"}, {"DNS_PORT", "x"}};
  CHECK(gather({{}, {}, others, {}, {}}));
}

TEST_CASE("variables of a Kubernetes service are ignored, even if they start like a section") {
  const variables links = {{"LARS_DNS_PORT", "tcp://10.96.0.7:7778"},
                           {"LARS_DNS_SERVICE_HOST", "10.96.0.7"},
                           {"LARS_DNS_SERVICE_PORT_NAME", "x"},
                           {"LARS_AGENT_PORT_8888_UDP_ADDR", "10.96.0.8"}};
  const auto table = gather({{}, {}, links, {}, {}});
  REQUIRE(table);
  CHECK(table->value("dns", "port") == "7778");
  CHECK(table->at("dns", "port").origin.empty());
  CHECK(gather({{}, {}, {{"LARS_DNS_PORT", "7779"}}, {}, {}})->value("dns", "port") == "7779");
  CHECK(refusal({{}, {}, {{"LARS_DNS_PORT", "tcp:7778"}}, {}, {}}).starts_with("LARS_DNS_PORT: [dns] port"));
  CHECK(refusal({{}, {}, {{"LARS_DNS_SERVICE", "x"}}, {}, {}}).starts_with("LARS_DNS_SERVICE: [dns] has no such key"));
}

TEST_CASE("a path in quotes or with a comment behind it is refused with its line and the reason") {
  const config_file quoted("[state]\n\ndir = \"/var/lib/lars\"\n");
  CHECK(refusal({{}, quoted.name(), {}, {}, {}}) ==
        quoted.name() +
            ":3: [state] dir = '\"/var/lib/lars\"' is not allowed: quotes would be part of the value; write it " +
            "without them; allowed: path");
  const config_file commented("[log]\nfile = /var/log/lars.log   ; where else\n");
  CHECK(refusal({{}, commented.name(), {}, {}, {}})
            .starts_with(commented.name() +
                         ":2: [log] file = '/var/log/lars.log   ; where else' is not allowed: a comment "
                         "needs a line of its own"));
}

TEST_CASE("--set needs section, key and value") {
  for (const char* text : {"", "dns", "dns.port", "port=1", "=1", "port=1.5"}) {
    INFO(text);
    CHECK(refusal({{}, {}, {}, {text}, {}}).starts_with(std::string("--set ") + text));
  }
}

TEST_CASE("a --set value may hold equals signs and dots") {
  CHECK(gather({{}, {}, {}, {"storage.url=mysql://db=x host=1.2.3.4"}, {}})->value("storage", "url") ==
        "mysql://db=x host=1.2.3.4");
}

TEST_CASE("settings of an old file have line numbers and the precedence of a file") {
  const config_file file("[dnsserver]\nip = 10.0.0.1\nport = 7778\n[loadbalance]\nprobe_num = 7\n");
  const auto table = gather({{}, file.name(), {}, {"loadbalance.probe_num=8"}, {role_kind::agent}});
  REQUIRE(table);
  CHECK(table->value("agent", "dns") == "10.0.0.1:7778");
  CHECK(table->at("agent", "dns").origin == file.name() + ":2");
  CHECK(table->value("loadbalance", "probe_num") == "8");
  CHECK(table->value("agent", "port") == "8888");
}

TEST_CASE("a bad value of an old file is refused with its line") {
  const config_file file("[reactor]\nip = 0.0.0.0\nport = 70000\n");
  CHECK(refusal({{}, file.name(), {}, {}, {role_kind::dns}}).starts_with(file.name() + ":3: [dns] port = '70000'"));
}

}  // namespace lars::setting_sources_test
