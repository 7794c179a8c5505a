// What one dns answers, and what hostile peers can do to it.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <thread>

#include "base/random.hpp"
#include "dns_fixture.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::test::answers_test {

namespace {

using namespace std::string_literals;
using content = test_database::content;
using storage::backend;

constexpr route_key key{1, 1};
const auto golden_request = "\x01\0\0\0\x04\0\0\0\x08\x01\x10\x01"s;
const auto golden_answer = "\x02\0\0\0\x0d\0\0\0\x08\x01\x10\x01\x1a\x07\x08\x81\x80\x80\x50\x10\x50"s;

// A dns on SQLite whose module 1/1 has the host of the golden bytes.
struct small_dns {
  test_database database{backend::sqlite, content::current};
  std::unique_ptr<storage::route_editor> editor = storage::open_route_editor(database.config);
  std::unique_ptr<running_dns> dns;

  explicit small_dns(dns::dns_config config = running_dns::quick()) {
    REQUIRE(editor->add(host_row(key, 0x0a000001)));
    dns = std::make_unique<running_dns>(database.config, config);
  }
  std::uint32_t port() const { return dns->port(); }
};

}  // namespace

TEST_CASE("The golden bytes of a route request are answered with the golden bytes") {
  for (const auto kind : {backend::sqlite, backend::mysql}) {
    test_database database(kind, content::current);
    REQUIRE(storage::open_route_editor(database.config)->add(host_row(key, 0x0a000001)));
    running_dns dns(database.config);
    dns_client client(dns.port());
    client.send(golden_request);
    CHECK(client.frame() == golden_answer);
  }
}

TEST_CASE("A push to a peer in the field has the bytes of an answer") {
  small_dns all;
  dns_client client(all.port());
  client.ask(key);
  REQUIRE(client.frame() == golden_answer);
  REQUIRE(all.editor->set(key, {0x0a000001, 80}, {.weight = 0, .zone = {}, .state = {}}));
  CHECK(client.frame() == "\x02\0\0\0\x04\0\0\0\x08\x01\x10\x01"s);
  REQUIRE(all.editor->set(key, {0x0a000001, 80}, {.weight = 7, .zone = {}, .state = {}}));
  CHECK(client.frame() == golden_answer);
}

TEST_CASE("A change that a peer in the field cannot see is not pushed to it, but to one with features") {
  small_dns all;
  dns_client plain(all.port()), extended(all.port());
  plain.route(key);
  extended.ask_extended(key);
  REQUIRE(extended.response());
  REQUIRE(all.editor->set(key, {0x0a000001, 80}, {.weight = 7, .zone = "z", .state = {}}));
  const auto pushed = extended.response();
  REQUIRE(pushed);
  CHECK(pushed->hosts.at(0).weight == 7);
  CHECK(pushed->hosts.at(0).zone == "z");
  CHECK_FALSE(plain.frame(200ms));
}

TEST_CASE("An agent that comes back with its digest gets a few bytes") {
  small_dns all;
  dns_client first(all.port());
  first.ask_extended(key);
  const auto known = first.response();
  REQUIRE(known);
  dns_client second(all.port());
  second.ask_extended(key, known->digest);
  const auto whole = second.frame();
  REQUIRE(whole);
  CHECK(whole->size() < 32);
  proto::route_response response;
  REQUIRE(proto::decode(std::string_view(*whole).substr(8), response));
  CHECK(response.unchanged);
}

TEST_CASE("A module that nobody knows is answered without hosts, and pushed when it gets one") {
  small_dns all;
  dns_client client(all.port());
  CHECK(client.route({70, 7}).hosts.empty());
  REQUIRE(all.editor->add(host_row({70, 7}, 0xc0a80101, 7777)));
  const auto pushed = client.response();
  REQUIRE(pushed);
  CHECK(endpoints(*pushed) == std::vector<endpoint>{{0xc0a80101, 7777}});
}

TEST_CASE("A frame of length 0 is a request for module 0/0") {
  small_dns all;
  dns_client client(all.port());
  client.send("\x01\0\0\0\0\0\0\0"s);
  CHECK(client.frame() == "\x02\0\0\0\0\0\0\0"s);
  CHECK(client.route(key).hosts.size() == 1);
}

TEST_CASE("A ping is answered") {
  small_dns all;
  dns_client client(all.port());
  client.send(proto::encode(proto::ping{5, proto::feature_ping}));
  CHECK(client.frame() == proto::encode(proto::pong{5, proto::our_features}));
  const auto standing = client.standing();
  CHECK(standing.tells_state());
  CHECK(standing.state == proto::server_state::well);
  REQUIRE(standing.age_ms);
  CHECK(*standing.age_ms < 1000);
}

TEST_CASE("A peer that announced pings and falls silent is closed, one that announced none never is") {
  auto config = running_dns::quick();
  config.silence = 300ms;
  small_dns all(config);
  dns_client old(all.port()), other(all.port()), silent(all.port());
  old.route(key);
  other.send(proto::encode(proto::ping{5, 0}));
  silent.send(proto::encode(proto::ping{5, proto::our_features}));
  CHECK(silent.closed());
  CHECK_FALSE(old.closed(100ms));
  CHECK_FALSE(other.closed(100ms));
}

TEST_CASE("Hostile bytes end their own connection and no other") {
  small_dns all;
  dns_client bystander(all.port());
  bystander.route(key);
  const std::vector<std::string> hostile{"\x01\0\0\0\xff\xff\xff\xff"s, "\x01\0\0\0\0\0\0\x80"s,
                                         "\x01\0\0\0\xff\xff\xff\x7f"s, std::string(64, '\xff'),
                                         "GET / HTTP/1.1\r\nHost: dns\r\n\r\n"s};
  for (const auto& bytes : hostile) {
    dns_client client(all.port());
    client.send(bytes);
    CHECK(client.closed());
  }
  CHECK(bystander.route(key).hosts.size() == 1);
}

TEST_CASE("A message that cannot be read costs that message, not the connection") {
  small_dns all;
  dns_client client(all.port());
  client.send("\x01\0\0\0\x05\0\0\0\xff\xff\xff\xff\xff"s + "\x0c\0\0\0\x02\0\0\0\x08\xff"s);
  CHECK(client.route(key).hosts.size() == 1);
}

TEST_CASE("Random bodies behind valid headers of every id leave a dns that answers") {
  small_dns all;
  base::random_source random(11);
  for (int round = 0; round < 200; ++round) {
    dns_client client(all.port());
    std::string bytes(8 + random.below(40), '\0');
    bytes[0] = static_cast<char>(random.below(18));
    bytes[4] = static_cast<char>(bytes.size() - 8);
    for (std::size_t i = 8; i < bytes.size(); ++i) bytes[i] = static_cast<char>(random.below(256));
    client.send(bytes);
  }
  dns_client client(all.port());
  CHECK(client.route(key).hosts.size() == 1);
}

TEST_CASE("Unknown ids are skipped") {
  small_dns all;
  dns_client client(all.port());
  client.send("\x03\0\0\0\x02\0\0\0zz\x63\0\0\0\0\0\0\0"s + golden_request);
  CHECK(client.frame() == golden_answer);
}

TEST_CASE("A request that arrives byte by byte is answered") {
  small_dns all;
  dns_client client(all.port());
  for (const char byte : golden_request) {
    client.send(std::string(1, byte));
    std::this_thread::sleep_for(1ms);
  }
  CHECK(client.frame() == golden_answer);
}

TEST_CASE("Half a frame and silence costs its connection alone") {
  small_dns all;
  dns_client half(all.port()), client(all.port());
  half.send(golden_request.substr(0, 10));
  CHECK(client.route(key).hosts.size() == 1);
}

TEST_CASE("Five thousand cold modules asked in one write are all answered, and the next push arrives") {
  small_dns all;
  dns_client client(all.port());
  std::string requests;
  for (std::int32_t i = 0; i < 5000; ++i) requests += proto::encode(proto::route_request{{i, 1}, 0, 0});
  std::jthread sender([&] { client.send(requests); });
  for (std::int32_t i = 0; i < 5000; ++i) {
    const auto got = client.response();
    REQUIRE(got);
    CHECK(got->key == route_key{i, 1});
  }
  sender.join();
  REQUIRE(all.editor->add(host_row({4999, 1}, 0x0a000009)));
  const auto pushed = client.response();
  REQUIRE(pushed);
  CHECK(pushed->key == route_key{4999, 1});
}

// Sanitizers keep what is freed.
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
TEST_CASE("When agents leave, what they followed takes no memory any more") {
  test_database database(backend::sqlite, content::current);
  running_dns dns(database.config);
  const std::size_t before = memory_kb("VmRSS");
  std::vector<std::unique_ptr<dns_client>> clients;
  for (int agent = 0; agent < 20; ++agent) {
    auto& client = *clients.emplace_back(std::make_unique<dns_client>(dns.port()));
    std::string questions;
    for (int modid = 0; modid < 10'000; ++modid) questions += proto::encode(proto::route_request{{modid, agent}, 0, 0});
    client.send(questions);
    for (int modid = 0; modid < 10'000; ++modid) REQUIRE(client.frame());
  }
  CHECK(eventually([&] { return dns.metric("lars_dns_subscriptions") == 200'000; }));
  const std::size_t most = memory_kb("VmRSS");
  REQUIRE(most > before + 20'000);
  clients.clear();
  CHECK(eventually([&] { return memory_kb("VmRSS") < before + (most - before) / 3; }));
}
#endif

TEST_CASE("Subscribers that vanish while changes are pushed harm nobody") {
  small_dns all;
  dns_client steady(all.port());
  steady.route(key);
  for (std::uint32_t round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<dns_client>> crowd;
    for (int i = 0; i < 20; ++i) {
      crowd.push_back(std::make_unique<dns_client>(all.port()));
      crowd.back()->ask(key);
    }
    REQUIRE(all.editor->add(host_row(key, 0x0b000000 + round)));
    if (round % 2 == 0)
      for (auto& client : crowd) {
        const linger reset{1, 0};
        setsockopt(client->handle(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      }
    crowd.clear();
    const auto pushed = steady.response();
    REQUIRE(pushed);
    CHECK(pushed->hosts.size() == 2 + round);
  }
}

TEST_CASE("A peer that asks without reading waits with its own questions, and gets every answer once it reads") {
  small_dns all;
  std::vector<storage::route_row> rows;
  for (std::uint32_t i = 0; i < 3000; ++i) rows.push_back(host_row({2, 2}, 0xc0000000 + i));
  REQUIRE(all.editor->import(rows, std::nullopt));
  dns_client steady(all.port());
  REQUIRE(eventually([&] { return steady.route({2, 2}).hosts.size() == 3000; }));
  const std::size_t before = memory_kb("VmRSS");
  dns_client greedy(all.port(), 4096);
  constexpr int asked = 2000;
  std::string requests;
  for (int i = 0; i < asked; ++i) requests += proto::encode(proto::route_request{{2, 2}, 0, 0});
  std::jthread sender([&] { greedy.send(requests); });  // a hundred megabytes of answers
  std::this_thread::sleep_for(1s);
  CHECK(memory_kb("VmRSS") < before + 48 * 1024);
  CHECK(steady.route(key).hosts.size() == 1);
  sender.join();
  int answers = 0;
  while (answers < asked && greedy.frame()) ++answers;
  CHECK(answers == asked);
}

TEST_CASE("Where unread answers are many, each peer gets more only once it has read its own, and all get theirs") {
  auto config = running_dns::quick();
  config.answer_bytes = 64 << 10;
  small_dns all(config);
  std::vector<storage::route_row> rows;
  for (std::uint32_t i = 0; i < 3000; ++i) rows.push_back(host_row({2, 2}, 0xc0000000 + i));
  REQUIRE(all.editor->import(rows, std::nullopt));
  dns_client steady(all.port());
  REQUIRE(eventually([&] { return steady.route({2, 2}).hosts.size() == 3000; }));
  constexpr int asked = 100;
  std::vector<std::unique_ptr<dns_client>> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(std::make_unique<dns_client>(all.port(), 4096));
    for (int n = 0; n < asked; ++n) peers.back()->ask({2, 2});
  }
  CHECK(steady.route(key).hosts.size() == 1);
  for (const auto& peer : peers) {
    int answers = 0;
    while (answers < asked && peer->frame()) ++answers;
    CHECK(answers == asked);
  }
}

TEST_CASE("Six thousand six hundred hosts are cut for a peer in the field and whole for one with features") {
  small_dns all;
  std::vector<storage::route_row> rows;
  for (std::uint32_t i = 0; i < 6600; ++i) rows.push_back(host_row({2, 2}, 0xc0000000 + i, 8080));
  REQUIRE(all.editor->import(rows, std::nullopt));
  dns_client extended(all.port());
  REQUIRE(eventually([&] {
    extended.ask_extended({2, 2});
    const auto got = extended.response();
    return got && got->hosts.size() == 6600;
  }));
  dns_client plain(all.port());
  const auto cut = plain.route({2, 2});
  CHECK(cut.hosts.size() > 3500);
  CHECK(cut.hosts.size() < 6600);
}

TEST_CASE("Deleting one host of several leaves the others") {
  small_dns all;
  for (std::uint32_t i = 2; i <= 5; ++i) REQUIRE(all.editor->add(host_row(key, 0x0a000000 + i)));
  dns_client client(all.port());
  REQUIRE(eventually([&] { return client.route(key).hosts.size() == 5; }));
  REQUIRE(all.editor->remove(key, {0x0a000003, 80}));
  REQUIRE(eventually([&] {
    const auto got = endpoints(client.route(key));
    return got == std::vector<endpoint>{{0x0a000001, 80}, {0x0a000002, 80}, {0x0a000004, 80}, {0x0a000005, 80}};
  }));
}

TEST_CASE("Connections over the limit are closed, those within it are served") {
  test_database database(backend::sqlite, content::current);
  auto config = running_dns::quick();
  config.max_connections = 1500;
  running_dns dns(database.config, config);
  std::vector<std::unique_ptr<dns_client>> clients;
  for (int i = 0; i < 1500; ++i) clients.push_back(std::make_unique<dns_client>(dns.port()));
  for (auto& client : clients) client->ask(key);
  for (auto& client : clients) REQUIRE(client->response());
  dns_client late(dns.port());
  CHECK(late.closed());
}

TEST_CASE("Where every place is taken by the silent, the one that came first makes way for who speaks") {
  auto config = running_dns::quick();
  config.max_connections = 20;
  small_dns all(config);
  std::vector<std::unique_ptr<dns_client>> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(std::make_unique<dns_client>(all.port()));
  silent.front()->send(golden_request.substr(0, 9));  // half a message is no message
  std::this_thread::sleep_for(1100ms);
  std::vector<std::unique_ptr<dns_client>> agents;
  for (int i = 0; i < 20; ++i) {
    INFO(i);
    agents.push_back(std::make_unique<dns_client>(all.port()));
    CHECK(agents.back()->route(key).hosts.size() == 1);
  }
  CHECK(silent.front()->closed());
  CHECK(silent.back()->closed());
  // Now all have spoken: nobody goes for a newcomer.
  dns_client late(all.port());
  CHECK(late.closed());
  for (const auto& agent : agents) CHECK(agent->route(key).hosts.size() == 1);
}

TEST_CASE("A stop closes the connections and ends within its time") {
  small_dns all;
  dns_client client(all.port());
  client.route(key);
  CHECK(all.dns->stop() < 1s);
  CHECK(client.closed(1s));
  CHECK_THROWS(dns_client(all.port()));
}

}  // namespace lars::test::answers_test
