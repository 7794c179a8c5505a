#include "app/service_link.hpp"

#include <catch2/catch.hpp>

namespace lars::service_link_test {

using lars::app::is_service_link;

TEST_CASE("every variable of a Kubernetes service is recognised") {
  for (const char* service :
       {"LARS_DNS", "LARS_AGENT", "LARS_REPORTER", "LARS_HTTP", "LARS_STATE_DIR", "LARS_DNS_PORT"}) {
    const std::string name = service;
    INFO(name);
    CHECK(is_service_link(name + "_SERVICE_HOST", "10.96.0.7"));
    CHECK(is_service_link(name + "_SERVICE_PORT", "7778"));
    CHECK(is_service_link(name + "_SERVICE_PORT_ROUTES", "7778"));
    CHECK(is_service_link(name + "_PORT", "tcp://10.96.0.7:7778"));
    CHECK(is_service_link(name + "_PORT", "udp://[fd00::7]:7778"));
    for (const std::string protocol : {"TCP", "UDP", "SCTP"}) {
      const auto port = name + "_PORT_7778_" + protocol;
      CHECK(is_service_link(port, "tcp://10.96.0.7:7778"));
      CHECK(is_service_link(port + "_PROTO", "tcp"));
      CHECK(is_service_link(port + "_PORT", "7778"));
      CHECK(is_service_link(port + "_ADDR", "10.96.0.7"));
    }
  }
}

TEST_CASE("settings and misspelt settings are not service variables") {
  for (const char* value : {"7778", "0", "tcp", "tcp://", "tcp://10.96.0.7", "tcp://10.96.0.7:", "tcp://:7778x",
                            "http://10.96.0.7:7778", ""}) {
    INFO(value);
    CHECK_FALSE(is_service_link("LARS_DNS_PORT", value));
  }
  for (const char* name : {"LARS_DNS_PROT", "LARS_DNS_HOST", "LARS_DNS_PORT_7778", "LARS_DNS_PORT_X_TCP",
                           "LARS_DNS_PORT_7778_TCP_X", "LARS_DNS_IP", "LARS_SERVICE"}) {
    INFO(name);
    CHECK_FALSE(is_service_link(name, "tcp://10.96.0.7:7778"));
  }
}

}  // namespace lars::service_link_test
