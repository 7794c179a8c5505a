#include "agent/explain_answer.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "balance/table/heap_arena.hpp"

namespace lars::explain_answer_test {

using namespace lars::agent;

namespace {

struct agent_at_hand {
  http::response ask(const std::string& query) {
    return explain_answer(modules, {"GET", "/explain", query, "", true}, base::random_source(1), {});
  }

  const balance::health_config health{};
  balance::heap_arena memory{4u << 20};
  service_index modules{memory, memory};
};

bool holds(const http::response& answer, const std::string& part) {
  return answer.body.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a query without a valid module is refused") {
  agent_at_hand agent;
  for (const auto* query : {"", "modid=1", "cmdid=1", "modid=1&cmdid=", "modid=x&cmdid=1", "modid=1&cmdid=1x",
                            "modid=2147483648&cmdid=1", "xmodid=1&cmdid=1", "modid=1;cmdid=1", "&&==&modid"})
    CHECK(agent.ask(query).status == 400);
}

TEST_CASE("a module that is unknown or has no hosts is a problem of its own type") {
  agent_at_hand agent;
  agent.modules.add({1, 1}, agent.health);
  for (const auto* query : {"modid=1&cmdid=1", "modid=2&cmdid=-2"}) {
    const auto answer = agent.ask(query);
    CHECK(answer.status == 404);
    CHECK(answer.type == "application/problem+json");
    CHECK(holds(answer, std::string("{\"type\":\"") + no_such_module_type + "\",\"status\":404,"));
  }
}

TEST_CASE("a module is explained as JSON") {
  agent_at_hand agent;
  agent.modules.add({1, -1}, agent.health)
      .apply(std::vector<host>{{{0x0a000001, 80}}, {{0x0a000002, 80}, 100, host_state::down}}, {});
  const auto answer = agent.ask("key=7&cmdid=-1&modid=1");
  CHECK(answer.status == 200);
  CHECK(answer.type == "application/json");
  CHECK(answer.body.starts_with("{\"modid\":1,\"cmdid\":-1,\"policy\":\"p2c\",\"parameters\":{\"choices\":\"2\","));
  CHECK(holds(answer,
              "\"mode\":\"latency\",\"reporting\":0,\"callers_report\":true,\"idle\":1,\"overloaded\":0,"
              "\"members\":2,\"subset_size\":0,\"route_hosts\":2,\"median_ms\":null,\"probe_num\":10,\"to_probe\":null,"
              "\"draws\":1000,\"none\":0,"));
  CHECK(holds(answer,
              "{\"ip\":\"10.0.0.1\",\"port\":80,\"state\":\"up\",\"weight\":100,\"zone\":\"\",\"verdict\":\"idle\","
              "\"failures\":0,\"successes\":0,\"in\":true,\"out_because\":null,\"calls\":0,"
              "\"latency_ms\":null,\"draw_share\":1,\"failure_calls\":0,\"load_weight\":1,\"score\":10000,"
              "\"awaited\":false,\"chance\":1}"));
  CHECK(holds(answer, "\"in\":false,\"out_because\":\"down\",\"calls\":0,"));
  CHECK(holds(answer, "\"score\":null,\"awaited\":false,\"chance\":0}]}\n"));
}

TEST_CASE("a host is explained with the zone of its route, whatever text it is") {
  agent_at_hand agent;
  auto& module = agent.modules.add({1, 1}, agent.health);
  const host quoted{{1, 80}, 100, host_state::up, "eu \"1\""}, foreign{{2, 80}, 100, host_state::up, "M\xC3\xBC"};
  module.apply(std::vector{quoted, foreign}, {});
  CHECK(holds(agent.ask("modid=1&cmdid=1"), "\"zone\":\"eu \\\"1\\\"\","));
  CHECK(holds(agent.ask("modid=1&cmdid=1"), "\"zone\":\"M\xC3\xBC\","));
}

TEST_CASE("the explanation of a subset contains the size of the whole route") {
  agent_at_hand agent;
  agent.modules.add({1, 1}, agent.health).apply(std::vector<host>{{{1, 80}}, {{2, 80}}}, {}, nullptr, {2, 100});
  CHECK(holds(agent.ask("modid=1&cmdid=1"), "\"members\":2,\"subset_size\":2,\"route_hosts\":100,"));
}

TEST_CASE("the explanation of a huge module contains only the first hosts and fits an HTTP answer") {
  agent_at_hand agent;
  std::vector<host> many;
  for (std::uint32_t i = 0; i < 5000; ++i)
    many.push_back({{0xfa000000 + i, 65535}, 10000, host_state::up, std::string(64, '\"')});
  agent.modules.add({1, 1}, agent.health).apply(many, {});
  const auto answer = agent.ask("modid=1&cmdid=1");
  CHECK(answer.status == 200);
  CHECK(holds(answer, "\"members\":5000,"));
  CHECK(answer.body.size() < (1u << 20));
}

}  // namespace lars::explain_answer_test
