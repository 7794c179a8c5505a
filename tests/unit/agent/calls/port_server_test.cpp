#include "agent/calls/port_server.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "balance/table/heap_arena.hpp"
#include "support/memory_network.hpp"
#include "support/simulated_loop.hpp"

namespace lars::port_server_test {

using namespace lars::agent;

namespace {

constexpr endpoint address{0x7f000001, 8888};
constexpr endpoint caller{0x7f000001, 9000};

// A port in a network in memory, whose module 1/1 has one host.
struct served_port {
  served_port() { modules.add({1, 1}, health).apply(std::vector<host>{{{1, 80}}}, base::clock::now()); }

  void ask(std::uint32_t seq) {
    char out[wire::small_datagram_limit];
    network.send(caller, address, {out, wire::encode(wire::get_host_request{seq, {1, 1}}, out)});
  }
  std::vector<std::uint32_t> answers() {
    std::vector<std::uint32_t> numbers;
    for (const auto& each : network.received(caller)) {
      wire::frame frame;
      wire::get_host_response answer;
      REQUIRE(wire::parse_datagram(each.bytes, frame));
      REQUIRE(wire::decode(frame.body, answer));
      CHECK(each.from == address);
      numbers.push_back(answer.seq);
    }
    return numbers;
  }

  test::simulated_loop loop;
  test::memory_network network;
  balance::health_config health;
  balance::heap_arena memory;
  service_index modules{memory, memory};
  absent_modules absent{base::clock::now()};
  port_server port{network, loop.context, address, modules, absent, [](miss_queue&) {}};
};

}  // namespace

TEST_CASE("a port in virtual time answers in the context of the loop") {
  served_port served;
  REQUIRE(served.port.listen());
  CHECK(served.port.port() == address.port);
  CHECK(&served.port.context() == &served.loop.context);
  served.port.start();

  served.ask(1);
  CHECK(served.answers().empty());
  served.loop.settle();

  CHECK(served.answers() == std::vector<std::uint32_t>{1});
  CHECK(served.network.received(address).empty());
}

TEST_CASE("a port that stops answers what has arrived, and frees its address") {
  served_port served;
  REQUIRE(served.port.listen());
  served.port.start();
  served.loop.settle();
  port_server other(served.network, served.loop.context, address, served.modules, served.absent, [](miss_queue&) {});
  CHECK(other.listen().error().code == errc::connection_refused);

  served.ask(1);
  served.ask(2);
  served.port.stop();
  CHECK(served.answers() == std::vector<std::uint32_t>{1, 2});
  served.ask(3);
  served.loop.settle();

  CHECK(served.answers().size() == 2);
  CHECK(other.listen());
}

}  // namespace lars::port_server_test
