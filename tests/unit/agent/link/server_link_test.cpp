#include "agent/link/server_link.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/fence.hpp"
#include "support/memory_network.hpp"
#include "support/simulated_loop.hpp"

namespace lars::agent::server_link_test {

using namespace std::chrono_literals;

namespace {

constexpr endpoint first_server{0x0a000001, 7778};
constexpr endpoint second_server{0x0a000002, 7778};
constexpr auto message_of_client = proto::message_id::get_route_response;

// Has one request a connection, or as many as a test asks for, and notes what it is told.
class noting_client final : public link_client {
public:
  void on_connected(endpoint) override { ++connections; }
  std::string next_requests(std::size_t) override { return std::exchange(next, {}); }
  void on_server_report(const server_report& report) override { reports.push_back(report); }
  bool on_frame(const proto::frame& frame) override {
    if (throws) throw std::runtime_error("broken client");
    frames.push_back(frame.id);
    return readable;
  }

  int connections = 0;
  std::string next;
  std::vector<server_report> reports;
  std::vector<std::int32_t> frames;
  bool readable = true;
  bool throws = false;
};

std::string frame_of(proto::message_id id, const std::string& body = {}) {
  std::string bytes;
  wire::append_frame(bytes, id, body);
  return bytes;
}

std::string answer_of(proto::server_state state, std::uint64_t token = 0) {
  return proto::encode(proto::pong{token, proto::our_features, 0, state});
}
std::string well() { return answer_of(proto::server_state::well); }

// An agent's link in a network whose servers the test plays.
struct linked {
  explicit linked(link_config config = {"dns", false, {}}) : link(loop.context, client, config, net) {}
  ~linked() {
    link.stop();
    loop.settle();
    loop.time.abandon();
  }

  void start(std::vector<endpoint> servers) {
    boost::asio::co_spawn(loop.context, link.run(std::move(servers), "this agent"),
                          [this](std::exception_ptr) { ended = true; });
    loop.settle();
  }
  // The latest connection to the server.
  test::memory_peer& peer(endpoint where = first_server) { return net.peers(where).back(); }
  std::size_t connections_to(endpoint where) { return net.peers(where).size(); }

  // Lets time pass while the server answers each ping in time.
  void serve_for(base::duration length, endpoint where = first_server) {
    for (const auto end = loop.time.now() + length; loop.time.now() < end;) {
      if (!peer(where).received().empty()) peer(where).send(well());
      loop.run_for(100ms);
    }
  }

  test::simulated_loop loop;
  test::memory_network net;
  noting_client client;
  server_link link;
  bool ended = false;
};

link_config reporter_link() { return {"reporter", true, {}}; }

}  // namespace

TEST_CASE("without servers the link ends at once") {
  linked one;
  one.start({});
  CHECK(one.ended);
}

TEST_CASE("a new connection sends a ping first, then the requests") {
  linked one;
  one.net.serve(first_server);
  one.client.next = frame_of(message_of_client, "request");

  one.start({first_server});

  proto::frame_reader reader(proto::stream_body_limit);
  reader.feed(one.peer().received());
  proto::frame frame;
  REQUIRE(reader.next(frame) == proto::frame_reader::status::ready);
  CHECK(frame.id == static_cast<std::int32_t>(proto::message_id::ping));
  REQUIRE(reader.next(frame) == proto::frame_reader::status::ready);
  CHECK(frame.id == static_cast<std::int32_t>(message_of_client));
  CHECK(one.client.connections == 1);
  CHECK_FALSE(one.link.stats().connected());  // until the server has sent something
}

TEST_CASE("refused attempts are counted and repeated until the server is there") {
  linked one;
  one.start({first_server});
  one.loop.run_for(10s);
  CHECK(one.link.stats().unreachable() >= 8);  // the longest wait is a second

  one.net.serve(first_server);
  one.loop.run_for(1s);
  one.peer().send(well());
  one.loop.settle();
  CHECK(one.link.stats().connected());
  CHECK(one.link.peer() == peer_kind::current);
}

TEST_CASE("a server that neither accepts nor refuses is given up for the next one") {
  linked one;
  one.net.hang(first_server);
  one.net.hang(second_server);
  one.start({first_server, second_server});

  one.loop.run_for(10s);
  CHECK(one.link.stats().unreachable() >= 8);

  one.net.hang(second_server, false);
  one.net.serve(second_server);
  one.loop.run_for(2s);
  CHECK(one.connections_to(second_server) >= 1);
}

TEST_CASE("bytes that are no frame end the connection, and the next server is asked") {
  linked one;
  one.net.serve(first_server);
  one.start({first_server});

  one.peer().send(std::string("\xff\xff\xff\x7f\xff\xff\xff\x7f", 8));
  one.loop.settle();

  CHECK(one.peer().closed());
  one.loop.run_for(2s);
  CHECK(one.connections_to(first_server) >= 2);
}

TEST_CASE("a message that cannot be read costs itself alone") {
  linked one;
  one.net.serve(first_server);
  one.start({first_server});

  SECTION("it is the client's") {
    one.client.readable = false;
    one.peer().send(frame_of(message_of_client) + well());
  }
  SECTION("it is a pong") { one.peer().send(frame_of(proto::message_id::pong, "\xff") + well()); }
  one.loop.settle();

  CHECK(one.link.stats().unreadable() == 1);
  CHECK(one.client.reports.size() == 1);
  CHECK(one.link.connected());
}

TEST_CASE("a client that throws costs one connection") {
  linked one;
  one.net.serve(first_server);
  one.start({first_server});
  const auto before = net::exception_count();
  one.client.throws = true;

  one.peer().send(frame_of(message_of_client));
  one.loop.settle();
  CHECK(net::exception_count() == before + 1);
  CHECK_FALSE(one.link.connected());

  one.client.throws = false;
  one.loop.run_for(2s);
  one.peer().send(frame_of(message_of_client));
  one.loop.settle();
  CHECK(one.client.frames.size() == 1);
}

TEST_CASE("a server that stops answering pings is left within its deadline") {
  linked one;
  one.net.serve(first_server);
  one.start({first_server});
  one.serve_for(2s);
  REQUIRE(one.link.connected());

  one.loop.run_for(250ms + 600ms + 100ms);  // ping interval, ping deadline, and the last answer's age

  CHECK(one.net.peers(first_server).front().closed());
  CHECK(one.link.stats().connections() == 1);
}

TEST_CASE("a connection that ends within a second counts as failed: the next attempt waits") {
  linked one;
  one.net.serve(first_server);
  one.start({first_server});
  for (int i = 0; i < 6; ++i) {  // the waits reach their longest
    one.peer().send(well());
    one.peer().close();
    one.loop.run_for(1s);
  }
  const auto connections = one.connections_to(first_server);
  one.peer().close();
  one.loop.run_for(100ms);
  CHECK(one.connections_to(first_server) == connections);
}

TEST_CASE("an unhealthy server is left for one that answers to be healthy") {
  linked one;
  one.net.serve(first_server);
  one.net.serve(second_server);
  one.start({first_server, second_server});
  const bool first = one.connections_to(first_server) == 1;
  const auto mine = first ? first_server : second_server;
  const auto other = first ? second_server : first_server;

  one.peer(mine).send(answer_of(proto::server_state::storage_lost));
  one.loop.settle();
  CHECK(one.link.stats().is_unhealthy());

  // State 1: the other is asked; it does not answer: the agent stays.
  one.peer(mine).send(answer_of(proto::server_state::storage_lost));
  one.loop.run_for(250ms);
  REQUIRE(one.connections_to(other) == 1);
  CHECK(one.link.server() == mine);

  // State 2: at a later question it answers to be healthy.
  for (int i = 0; i < 100 && one.link.server() == mine; ++i) {
    if (!one.peer(mine).received().empty()) one.peer(mine).send(answer_of(proto::server_state::storage_lost));
    if (!one.peer(other).received().empty()) one.peer(other).send(well());
    one.loop.run_for(50ms);
  }
  CHECK(one.link.server() == other);
  CHECK(one.link.stats().moves() == 1);
}

TEST_CASE("requests wait while the server does not read, and go on when it does") {
  linked one;
  one.net.serve(first_server);
  one.start({first_server});
  one.peer().send(well());
  one.loop.settle();
  one.peer().received();
  one.peer().accept_only(0);

  // State 1: more than the link queues is offered; some of it stays with the client.
  const std::string large = frame_of(message_of_client, std::string(600 * 1024, 'x'));
  one.client.next = large;
  one.link.pump();
  one.client.next = large;
  one.link.pump();
  CHECK_FALSE(one.client.next.empty());

  // State 2: the server reads again.
  one.peer().accept_only(SIZE_MAX);
  one.peer().send(well());
  one.loop.run_for(10ms);
  CHECK(one.client.next.empty());
  CHECK(one.peer().received().size() >= 2 * large.size());
}

TEST_CASE("a reporter that never sends anything is old after a second, and is used all the same") {
  linked one(reporter_link());
  one.net.serve(first_server);
  one.start({first_server});

  CHECK(one.link.peer() == peer_kind::unknown);
  one.loop.run_for(1s);
  CHECK(one.link.peer() == peer_kind::old);
  one.loop.run_for(1min);
  CHECK(one.connections_to(first_server) == 1);
}

TEST_CASE("a reporter that answered once and is silent since is old only if it closes in order, five times") {
  linked one(reporter_link());
  one.net.serve(first_server);
  one.start({first_server});
  one.serve_for(2s);
  REQUIRE(one.link.peer() == peer_kind::current);
  one.peer().close();

  // It was replaced: it accepts, says nothing, and closes when the other end has ended its direction.
  for (int i = 0; i < 3'000 && one.link.peer() != peer_kind::old; ++i) {
    for (auto& each : one.net.peers(first_server))
      if (each.closed()) each.close();
    one.loop.run_for(20ms);
  }
  CHECK(one.link.peer() == peer_kind::old);
}

TEST_CASE("a reporter that hangs is never taken for an old one") {
  linked one(reporter_link());
  one.net.serve(first_server);
  one.start({first_server});
  one.serve_for(2s);
  one.peer().close();

  for (int i = 0; i < 600; ++i) {
    one.loop.run_for(100ms);
    CHECK(one.link.peer() != peer_kind::old);
  }
}

TEST_CASE("stop ends the link in whatever state it is") {
  linked one;
  SECTION("waiting for the next attempt") {
    one.start({first_server});
    one.loop.run_for(3s);
  }
  SECTION("connected") {
    one.net.serve(first_server);
    one.start({first_server});
  }
  SECTION("asking another server") {
    one.net.serve(first_server);
    one.net.serve(second_server);
    one.start({first_server, second_server});
    for (const auto where : {first_server, second_server})
      if (one.connections_to(where) == 1) one.peer(where).send(answer_of(proto::server_state::storage_lost));
    one.loop.run_for(250ms);
  }
  REQUIRE_FALSE(one.ended);

  one.link.stop();
  one.loop.settle();

  CHECK(one.ended);
}

TEST_CASE("a stop while a connection is being made ends with its deadline") {
  linked one;
  one.net.hang(first_server);
  one.start({first_server});

  one.link.stop();
  one.loop.run_for(300ms);

  CHECK(one.ended);
}

}  // namespace lars::agent::server_link_test
