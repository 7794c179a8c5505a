#include "client/udp_transport.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <thread>

#include "base/endpoint.hpp"
#include "client/caller.hpp"
#include "fake_agent.hpp"
#include "wire/features.hpp"

namespace lars::udp_transport_test {

using namespace std::chrono_literals;
using lars::client::udp_transport;
using lars::test::answer_to;
using lars::test::as_datagram;
using lars::test::code_answer;
using lars::test::fake_agent;
using lars::test::host_answer;
using lars::test::module_key;

namespace {

using replies = std::vector<std::string>;
constexpr endpoint first{0xC0A80101, 7777}, second{0x0A000001, 80};

udp_transport transport_to(endpoint agent, std::chrono::milliseconds deadline = 400ms) {
  client::udp_transport_config config;
  config.agent = agent;
  config.limits.deadline = deadline;
  auto transport = udp_transport::open(config);
  REQUIRE(transport);
  return std::move(*transport);
}

replies gives_first(std::string_view datagram, int) {
  wire::frame frame;
  if (!wire::parse_datagram(datagram, frame) || frame.id != 4) return {};
  return {host_answer(fake_agent::question(datagram), first)};
}

// A port that was free a moment ago.
endpoint nobody_listens() {
  const fake_agent agent(gives_first);
  return agent.where();
}

template <class F>
std::chrono::milliseconds time_of(F f) {
  const auto begin = base::clock::now();
  f();
  return std::chrono::duration_cast<std::chrono::milliseconds>(base::clock::now() - begin);
}

}  // namespace

TEST_CASE("a host that the agent gives is returned") {
  fake_agent agent([](auto datagram, int) { return replies{host_answer(fake_agent::question(datagram), first)}; });
  auto transport = transport_to(agent.where());
  const auto host = transport.get_host(module_key);
  REQUIRE(host);
  CHECK(host->where == first);
  CHECK(host->call_id == 0);
  REQUIRE(agent.received() == 1);
  const auto asked = agent.datagrams();
  const auto question = fake_agent::question(asked[0]);
  CHECK(question.key == module_key);
  CHECK(question.features == wire::our_features);
  CHECK(question.pick_key.empty());
  CHECK(question.exclude.size() == 0);
  CHECK(question.cost == 0);
}

TEST_CASE("what a caller says of its call reaches the agent with every try, the call's id comes back") {
  fake_agent agent([](auto datagram, int number) {
    auto answer = answer_to(fake_agent::question(datagram), first);
    answer.call_id = 1ull << 63;
    return number == 1 ? replies{} : replies{as_datagram(answer)};
  });
  auto transport = transport_to(agent.where());
  const std::vector<endpoint> unwanted{second, {3, 4}};
  const auto host = transport.get_host(module_key, {.key = "user-42", .exclude = unwanted, .cost = 300});
  REQUIRE(host);
  CHECK(host->where == first);
  CHECK(host->call_id == 1ull << 63);
  const auto asked = agent.datagrams();
  REQUIRE(asked.size() == 2);
  for (const auto& datagram : asked) {
    const auto question = fake_agent::question(datagram);
    CHECK(question.pick_key == "user-42");
    CHECK(std::ranges::equal(question.exclude.hosts(), unwanted));
    CHECK(question.cost == 300);
    CHECK(question.features == wire::our_features);
  }
}

TEST_CASE("only the first excluded hosts are sent; a key over its limit is refused before sending") {
  fake_agent agent([](auto datagram, int) { return replies{host_answer(fake_agent::question(datagram), first)}; });
  auto transport = transport_to(agent.where());
  std::vector<endpoint> unwanted;
  for (std::uint32_t i = 1; i <= exclude_max + 4; ++i) unwanted.push_back({i, 80});
  const std::string key(wire::pick_key_limit, 'k');
  REQUIRE(transport.get_host(module_key, {.key = key, .exclude = unwanted}));
  const auto asked = agent.datagrams();
  const auto question = fake_agent::question(asked[0]);
  CHECK(question.pick_key == key);
  CHECK(std::ranges::equal(question.exclude.hosts(), std::span(unwanted).first(exclude_max)));

  const auto longer = key + 'k';
  CHECK(transport.get_host(module_key, {.key = longer}).error().code == errc::too_large);
  CHECK(agent.received() == 1);
}

TEST_CASE("the deadline of a call replaces that of the transport") {
  std::atomic<int> answered_from = 3;
  fake_agent agent([&](auto datagram, int number) {
    return number < answered_from ? replies{} : replies{host_answer(fake_agent::question(datagram), first)};
  });
  auto transport = transport_to(agent.where(), 2000ms);
  result<client::given_host> host = errc::cancelled;
  auto took = time_of([&] { host = transport.get_host(module_key, {}, 100ms); });
  REQUIRE_FALSE(host);
  CHECK(host.error().code == errc::timeout);
  CHECK(took >= 95ms);
  CHECK(took < 900ms);
  CHECK(agent.received() == 2);

  auto hasty = transport_to(agent.where(), 20ms);
  answered_from = 4;
  took = time_of([&] { host = hasty.get_host(module_key, {}, 600ms); });
  REQUIRE(host);
  CHECK(took >= 290ms);
  CHECK(took < 600ms);
}

TEST_CASE("a deadline that is over already asks once and does not wait") {
  fake_agent agent([](auto, int) { return replies{}; });
  auto transport = transport_to(agent.where(), 2000ms);
  for (const auto deadline : {0ms, -5ms}) {
    result<client::given_host> host = errc::cancelled;
    CHECK(time_of([&] { host = transport.get_host(module_key, {}, deadline); }) < 500ms);
    CHECK(host.error().code == errc::timeout);
  }
}

TEST_CASE("a lost datagram is asked again after half the deadline") {
  fake_agent agent([](auto datagram, int number) {
    return number == 1 ? replies{} : replies{host_answer(fake_agent::question(datagram), first)};
  });
  auto transport = transport_to(agent.where());
  result<client::given_host> host = errc::cancelled;
  const auto took = time_of([&] { host = transport.get_host(module_key); });
  REQUIRE(host);
  CHECK(took >= 190ms);
  CHECK(took < 400ms);
  CHECK(agent.received() == 2);
}

TEST_CASE("the late answer to a question given up is not taken for the next one's") {
  std::string late;
  fake_agent agent([&late](auto datagram, int number) {
    const auto question = fake_agent::question(datagram);
    if (number == 1) {
      late = host_answer(question, first);
      return replies{};
    }
    return replies{late, host_answer(question, second)};
  });
  auto transport = transport_to(agent.where());
  const auto host = transport.get_host(module_key);
  REQUIRE(host);
  CHECK(host->where == second);
}

TEST_CASE("garbage, other messages and answers to other questions are skipped") {
  fake_agent agent([](auto datagram, int) {
    auto question = fake_agent::question(datagram);
    const auto right = host_answer(question, second);
    ++question.seq;
    const auto wrong_seq = host_answer(question, first);
    --question.seq;
    question.key.cmdid += 3;
    const auto wrong_module = host_answer(question, first);
    auto wrong_id = right;
    wrong_id[0] = 4;
    auto wrong_length = right;
    wrong_length[4] = 3;
    return replies{
        std::string(), "x",  std::string(700, '\xff'), right.substr(0, 12), wrong_seq, wrong_module, wrong_id,
        wrong_length,  right};
  });
  auto transport = transport_to(agent.where());
  const auto host = transport.get_host(module_key);
  REQUIRE(host);
  CHECK(host->where == second);
  CHECK(agent.received() == 1);
}

TEST_CASE("a silent agent costs the deadline, not more, and two questions") {
  fake_agent agent([](auto, int) { return replies{}; });
  auto transport = transport_to(agent.where(), 200ms);
  result<client::given_host> host = errc::cancelled;
  const auto took = time_of([&] { host = transport.get_host(module_key); });
  REQUIRE_FALSE(host);
  CHECK(host.error().code == errc::timeout);
  CHECK(took >= 195ms);
  CHECK(took < 900ms);
  CHECK(agent.received() == 2);
}

TEST_CASE("a closed port is reported at once") {
  const auto gone = nobody_listens();
  auto transport = transport_to(gone, 2000ms);
  // Reports first: what the network says of them is not to be taken for an answer to the question after them.
  CHECK(transport.report(module_key, first, 0));
  CHECK(transport.report(module_key, first, 0));
  CHECK(transport.check_delivery().error().code == errc::connection_refused);
  CHECK(transport.check_delivery());
  result<client::given_host> host = errc::cancelled;
  CHECK(time_of([&] { host = transport.get_host(module_key); }) < 500ms);
  REQUIRE_FALSE(host);
  CHECK(host.error().code == errc::connection_refused);
  CHECK(host.error().detail == "no agent answers at " + base::format_endpoint(gone) + ": connection refused");
  result<std::vector<endpoint>> route = errc::cancelled;
  CHECK(time_of([&] { route = transport.get_route(module_key); }) < 500ms);
  CHECK(route.error().code == errc::connection_refused);
  CHECK_FALSE(transport.agent_was_here());
}

TEST_CASE("a report that was refused does not make a later question fail") {
  const auto where = nobody_listens();
  auto transport = transport_to(where, 2000ms);
  CHECK(transport.report(module_key, first, 0));
  fake_agent agent(gives_first, where.port);
  CHECK(transport.get_host(module_key));
}

TEST_CASE("an agent that was there and restarts is waited for, and asked as soon as it is back") {
  std::optional<fake_agent> agent(std::in_place, gives_first);
  const auto where = agent->where();
  auto transport = transport_to(where, 2000ms);
  REQUIRE(transport.get_host(module_key));
  CHECK(transport.agent_was_here());
  agent.reset();
  std::thread restart([&] {
    // Past the moment, half the deadline, at which a lost datagram is asked again.
    std::this_thread::sleep_for(1200ms);
    agent.emplace(gives_first, where.port);
  });
  result<client::given_host> host = errc::cancelled;
  const auto took = time_of([&] { host = transport.get_host(module_key); });
  restart.join();
  CHECK(host);
  CHECK(took >= 1100ms);
  CHECK(took < 1800ms);
}

TEST_CASE("an agent that disappears costs the deadline") {
  std::optional<fake_agent> agent(std::in_place, gives_first);
  auto transport = transport_to(agent->where(), 400ms);
  REQUIRE(transport.get_host(module_key));
  agent.reset();
  for (const auto deadline : {400ms, 20ms}) {
    result<client::given_host> host = errc::cancelled;
    const auto took = time_of([&] { host = transport.get_host(module_key, {}, deadline); });
    CHECK(host.error().code == errc::connection_refused);
    CHECK(took >= deadline / 2);
    CHECK(took < deadline + 400ms);
  }
}

TEST_CASE("what one thread of a client heard, the others know") {
  std::optional<fake_agent> agent(std::in_place, gives_first);
  const auto where = agent->where();
  client::caller caller({.run_dir = {}, .agent = where, .deadline = 2000ms});
  const auto pick = [&caller] {
    client::call made;
    const auto why = caller.pick({.module = module_key, .key = {}, .exclude = {}, .deadline = {}}, made);
    return why ? *why : errc{};
  };
  REQUIRE(pick() == errc{});
  agent.reset();
  std::atomic<errc> newcomer{errc::cancelled};
  std::thread thread([&] { newcomer = pick(); });
  std::this_thread::sleep_for(300ms);
  agent.emplace(gives_first, where.port);
  thread.join();
  CHECK(newcomer.load() == errc{});

  agent.reset();
  client::caller fresh({.run_dir = {}, .agent = where, .deadline = 2000ms});
  client::call made;
  CHECK(time_of([&] {
          CHECK(fresh.pick({.module = module_key, .key = {}, .exclude = {}, .deadline = {}}, made) ==
                client::failure(errc::connection_refused));
        }) < 500ms);
}

TEST_CASE("an agent that sends nothing but garbage cannot hold a caller past its deadline") {
  std::atomic<bool> stop = false;
  fake_agent agent([&stop](auto, int number) { return number < 3 && !stop ? replies(20000, "garbage") : replies{}; });
  auto transport = transport_to(agent.where(), 200ms);
  result<client::given_host> host = errc::cancelled;
  CHECK(time_of([&] { host = transport.get_host(module_key); }) < 900ms);
  stop = true;
  CHECK(host.error().code == errc::timeout);
}

TEST_CASE("an unknown module is asked for three times more, 50 ms apart") {
  fake_agent agent([](auto datagram, int) { return replies{code_answer(fake_agent::question(datagram), 3)}; });
  auto transport = transport_to(agent.where());
  result<client::given_host> host = errc::cancelled;
  const auto took = time_of([&] { host = transport.get_host(module_key); });
  CHECK(host.error().code == errc::no_such_module);
  CHECK(agent.received() == 4);
  CHECK(took >= 150ms);
  CHECK(took < 900ms);
}

TEST_CASE("a route that arrives meanwhile is enough") {
  fake_agent agent([](auto datagram, int number) {
    const auto question = fake_agent::question(datagram);
    return replies{number < 3 ? code_answer(question, 3) : host_answer(question, first)};
  });
  auto transport = transport_to(agent.where());
  CHECK(transport.get_host(module_key));
  CHECK(agent.received() == 3);
}

TEST_CASE("overload and system errors are returned at once") {
  for (const auto& [code, meaning] :
       {std::pair{1, errc::overloaded}, {2, errc::system_error}, {99, errc::system_error}}) {
    fake_agent agent(
        [code = code](auto datagram, int) { return replies{code_answer(fake_agent::question(datagram), code)}; });
    auto transport = transport_to(agent.where());
    const auto host = transport.get_host(module_key);
    REQUIRE_FALSE(host);
    CHECK(host.error().code == meaning);
    CHECK(agent.received() == 1);
  }
}

TEST_CASE("success without a host is an answer that makes no sense") {
  fake_agent agent([](auto datagram, int) { return replies{code_answer(fake_agent::question(datagram), 0)}; });
  auto transport = transport_to(agent.where());
  CHECK(transport.get_host(module_key).error().code == errc::bad_message);
}

TEST_CASE("an answer that does not come from the agent's ports is not listened to") {
  // Every question is answered, but by another socket than the one that was asked.
  const int stranger = ::socket(AF_INET, SOCK_DGRAM, 0);
  REQUIRE(stranger >= 0);
  result<client::given_host> host = errc::cancelled;
  {
    fake_agent agent([](auto, int) { return replies{}; });
    agent.on_datagram([stranger](std::string_view datagram, const sockaddr_in& from) {
      const auto forged = host_answer(fake_agent::question(datagram), second);
      ::sendto(stranger, forged.data(), forged.size(), 0, reinterpret_cast<const sockaddr*>(&from), sizeof from);
    });
    auto transport = transport_to(agent.where(), 100ms);
    host = transport.get_host(module_key);
  }
  ::close(stranger);
  REQUIRE_FALSE(host);
  CHECK(host.error().code == errc::timeout);
}

TEST_CASE("a report reaches the agent as the wire has it") {
  fake_agent agent([](auto, int) { return replies{}; });
  auto transport = transport_to(agent.where());
  REQUIRE(transport.report(module_key, first, 1, 250, 1ull << 63));
  for (int i = 0; i < 200 && agent.received() == 0; ++i) std::this_thread::sleep_for(5ms);
  REQUIRE(agent.received() == 1);
  wire::frame frame;
  wire::report_request report;
  const auto datagrams = agent.datagrams();
  REQUIRE(wire::parse_datagram(datagrams[0], frame));
  CHECK(frame.id == 6);
  REQUIRE(wire::decode(frame.body, report));
  CHECK(report.key == module_key);
  CHECK(report.where == first);
  CHECK(report.code == 1);
  CHECK(report.latency_us == 250);
  CHECK(report.call_id == 1ull << 63);
  CHECK(report.features == wire::our_features);
}

TEST_CASE("a caller over UDP ends a call by its id, with the cost of its pick, and abandons one that is named") {
  std::atomic<std::uint64_t> call_id{1ull << 63};  // what the agent names calls, from its thread
  fake_agent agent([&call_id](auto datagram, int) {
    wire::frame frame;
    if (!wire::parse_datagram(datagram, frame) || frame.id != 4) return replies{};
    const auto question = fake_agent::question(datagram);
    wire::get_host_response answer{question.seq, question.key, 0, true, first};
    answer.call_id = call_id;
    std::array<char, wire::small_datagram_limit> room{};
    return replies{std::string(room.data(), wire::encode(answer, room))};
  });
  client::caller caller({.run_dir = {}, .agent = agent.where()});
  const auto said = [&](std::size_t number) {
    for (int i = 0; i < 400 && agent.datagrams().size() <= number; ++i) std::this_thread::sleep_for(5ms);
    wire::frame frame;
    wire::report_request report;
    REQUIRE(agent.datagrams().size() == number + 1);
    const auto datagrams = agent.datagrams();
    REQUIRE(wire::parse_datagram(datagrams[number], frame));
    REQUIRE(wire::decode(frame.body, report));
    return report;
  };
  client::call made;
  REQUIRE_FALSE(caller.pick({.module = module_key, .key = {}, .exclude = {}, .cost = 7, .deadline = {}}, made));
  caller.finish(made, 0);
  const auto finished = said(1);
  CHECK(finished.call_id == call_id);
  CHECK(finished.cost == 7);
  CHECK_FALSE(finished.abandoned);
  REQUIRE_FALSE(caller.pick({.module = module_key, .key = {}, .exclude = {}, .deadline = {}}, made));
  caller.abandon(made);
  const auto abandoned = said(3);
  CHECK(abandoned.call_id == call_id);
  CHECK(abandoned.abandoned);
  // An agent that names no calls would take it for a success.
  call_id = 0;
  REQUIRE_FALSE(caller.pick({.module = module_key, .key = {}, .exclude = {}, .deadline = {}}, made));
  caller.abandon(made);
  REQUIRE_FALSE(caller.pick({.module = module_key, .key = {}, .exclude = {}, .deadline = {}}, made));
  CHECK(agent.datagrams().size() == 6);
}

namespace {

std::string route_answer(route_key key, const std::vector<endpoint>& hosts) {
  std::vector<char> room(wire::datagram_limit);
  wire::caller_route_encoder encoder(room, key);
  for (const auto& where : hosts) REQUIRE(encoder.add(where));
  return {room.data(), encoder.finish()};
}

}  // namespace

TEST_CASE("a route with thousands of hosts arrives completely") {
  std::vector<endpoint> hosts;
  for (std::uint32_t i = 0; i < 3000; ++i) hosts.push_back({0xC0A80000 + i, 65535});
  const auto answer = route_answer(module_key, hosts);
  fake_agent agent([&](auto, int) { return replies{route_answer({9, 9}, {first}), answer}; });
  auto transport = transport_to(agent.where());
  const auto route = transport.get_route(module_key);
  REQUIRE(route);
  CHECK(*route == hosts);
  wire::frame frame;
  wire::caller_route_request question;
  const auto asked = agent.datagrams();
  REQUIRE(wire::parse_datagram(asked[0], frame));
  REQUIRE(wire::decode(frame.body, question));
  CHECK(question.features == wire::our_features);
}

TEST_CASE("an empty route is asked for again, then there is no such module") {
  const auto empty = route_answer(module_key, {});
  fake_agent agent([&](auto, int) { return replies{empty}; });
  auto transport = transport_to(agent.where());
  CHECK(transport.get_route(module_key).error().code == errc::no_such_module);
  CHECK(agent.received() == 4);
}

TEST_CASE("a transport that was moved still asks, and the one it was moved from may go") {
  fake_agent agent([](auto datagram, int) { return replies{host_answer(fake_agent::question(datagram), first)}; });
  auto transport = transport_to(agent.where());
  {
    auto other = std::move(transport);
    CHECK(other.get_host(module_key));
    transport = std::move(other);
  }
  CHECK(transport.get_host(module_key));
}

}  // namespace lars::udp_transport_test
