#include "dns/sessions/request_handler.hpp"

#include <catch2/catch.hpp>

#include "../rows.hpp"

namespace lars::dns::request_handler_test {

namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using status = request_handler::status;
constexpr route_key key{1, 1};

std::shared_ptr<const route_table> small_table() {
  return route_table().with({answer(key, {row(1, key, 0x0a000001, 80)})}).table;
}

std::string plain_request(route_key of) { return proto::encode(proto::route_request{of, 0, 0}); }
std::string extended_request(route_key of, std::uint64_t known = 0) {
  return proto::encode(proto::route_request{of, known, proto::our_features});
}

struct conversation {
  std::shared_ptr<const route_table> table = small_table();
  request_handler answerer;
  answer_batch batch;
  storage::freshness::snapshot routes{150ms, storage::database_state::well, true};
  status say(std::string_view bytes) {
    answerer.feed(bytes);
    return answerer.answer(*table, routes, batch);
  }
};

}  // namespace

TEST_CASE("The golden request gets the golden answer") {
  conversation talk;
  CHECK(talk.say("\x01\0\0\0\x04\0\0\0\x08\x01\x10\x01"s) == status::idle);
  CHECK(talk.batch.bytes == "\x02\0\0\0\x0d\0\0\0\x08\x01\x10\x01\x1a\x07\x08\x81\x80\x80\x50\x10\x50"s);
  REQUIRE(talk.batch.answered.size() == 1);
  CHECK(talk.batch.answered[0].digest == talk.table->digest(key));
  CHECK_FALSE(talk.answerer.extended());
}

TEST_CASE("A module without hosts is answered without hosts, and subscribed") {
  conversation talk;
  talk.say(plain_request({5, 6}));
  CHECK(talk.batch.bytes == "\x02\0\0\0\x04\0\0\0\x08\x05\x10\x06"s);
  REQUIRE(talk.batch.answered.size() == 1);
  CHECK(talk.batch.answered[0].digest == empty_digest());
}

TEST_CASE("An agent keeps what it holds of an unusable module, and one in the field is told nothing; both follow it") {
  conversation talk;
  talk.table =
      std::make_shared<const route_table>(route_table::shard_list(shard_count), std::unordered_set<route_key>{key});
  talk.say(plain_request(key));
  CHECK(talk.batch.bytes.empty());
  REQUIRE(talk.batch.answered.size() == 1);
  CHECK(talk.batch.answered[0].digest == 0);
  for (const std::uint64_t held : {std::uint64_t{0}, std::uint64_t{77}}) {
    talk.say(extended_request(key, held));
    const auto response = decoded(talk.batch.bytes);
    CHECK(response.unchanged);
    CHECK(response.digest == held);
    CHECK(response.hosts.empty());
    REQUIRE(talk.batch.answered.size() == 1);
    CHECK(talk.batch.answered[0].digest == 0);
  }
}

TEST_CASE("A frame of length 0 asks for module 0/0") {
  conversation talk;
  CHECK(talk.say("\x01\0\0\0\0\0\0\0"s) == status::idle);
  CHECK(talk.batch.bytes == "\x02\0\0\0\0\0\0\0"s);
  REQUIRE(talk.batch.answered.size() == 1);
  CHECK(talk.batch.answered[0].key == route_key{0, 0});
}

TEST_CASE("A peer that announces features gets extended answers, and unchanged when it holds the right one") {
  conversation talk;
  talk.say(extended_request(key));
  auto response = decoded(talk.batch.bytes);
  CHECK(response.hosts.size() == 1);
  CHECK(response.total_hosts == 1);
  CHECK(response.digest == talk.table->digest(key));
  CHECK(talk.answerer.extended());

  talk.say(extended_request(key, response.digest));
  response = decoded(talk.batch.bytes);
  CHECK(response.unchanged);
  CHECK(response.hosts.empty());
  CHECK(response.digest == talk.table->digest(key));
  CHECK(talk.batch.bytes.size() < 40);

  talk.say(extended_request(key, response.digest + 1));
  CHECK(decoded(talk.batch.bytes).hosts.size() == 1);
}

TEST_CASE(
    "An agent that holds no hosts is told that this is right; one that knows nothing is told that there are none") {
  conversation talk;
  talk.say(extended_request({9, 9}));
  auto response = decoded(talk.batch.bytes);
  CHECK_FALSE(response.unchanged);
  CHECK(response.digest == empty_digest());
  talk.say(extended_request({9, 9}, response.digest));
  CHECK(decoded(talk.batch.bytes).unchanged);
  talk.say(extended_request(key, response.digest));
  CHECK_FALSE(decoded(talk.batch.bytes).unchanged);
}

TEST_CASE("A known digest means nothing to a peer without features") {
  conversation talk;
  talk.say(proto::encode(proto::route_request{key, talk.table->digest(key), 0}));
  CHECK(talk.batch.bytes.size() == 21);
}

TEST_CASE("A ping is answered with its token, and to a peer that understands with the age of the routes") {
  conversation talk;
  CHECK(talk.say(proto::encode(proto::ping{77, proto::our_features})) == status::idle);
  CHECK(talk.batch.bytes == proto::encode(proto::pong{77, proto::our_features, 150}));
  talk.routes = {72s, storage::database_state::lost, true};
  talk.say(proto::encode(proto::ping{78, proto::our_features}));
  CHECK(talk.batch.bytes ==
        proto::encode(proto::pong{78, proto::our_features, 72'000, proto::server_state::storage_lost}));
  talk.say(proto::encode(proto::ping{79, proto::feature_routes | proto::feature_ping}));
  CHECK(talk.batch.bytes == proto::encode(proto::pong{79, proto::our_features}));
}

TEST_CASE("Requests are answered whatever pieces they arrive in") {
  const std::string bytes = plain_request(key) + plain_request({2, 2});
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    conversation talk;
    talk.say(bytes.substr(0, cut));
    std::string got = talk.batch.bytes;
    talk.say(bytes.substr(cut));
    got += talk.batch.bytes;
    CHECK(got == std::string(answer(key, {row(1, key, 0x0a000001, 80)}).plain) + empty_plain_answer({2, 2}));
  }
}

TEST_CASE("Frames with an unknown id are skipped and counted") {
  conversation talk;
  CHECK(talk.say("\x63\0\0\0\x03\0\0\0\xff\xff\xff"s + plain_request(key)) == status::idle);
  CHECK(talk.batch.skipped == 1);
  CHECK(talk.batch.answered.size() == 1);
}

TEST_CASE("A body that is no message costs that message, not the connection") {
  for (const auto& bytes : {"\x01\0\0\0\x03\0\0\0\xff\xff\xff"s, "\x0c\0\0\0\x03\0\0\0\xff\xff\xff"s}) {
    conversation talk;
    CHECK(talk.say(plain_request(key) + bytes + plain_request(key)) == status::idle);
    CHECK(talk.batch.unreadable == 1);
    CHECK(talk.batch.answered.size() == 2);
  }
}

TEST_CASE("A negative length and a huge length end the connection") {
  const std::vector<std::string> bad{"\x01\0\0\0\xff\xff\xff\xff"s, "\x01\0\0\0\xf8\xff\0\0"s};
  for (const auto& bytes : bad) {
    conversation talk;
    CHECK(talk.say(plain_request(key) + bytes) == status::bad);
    CHECK(talk.batch.answered.size() == 1);  // what came before is answered
  }
}

TEST_CASE("Many requests for a large module come in batches of bounded size") {
  std::vector<storage::route_row> rows;
  for (std::uint32_t i = 0; i < 4000; ++i) rows.push_back(row(i + 1, key, 0x0a000000 + i, 80));
  conversation talk;
  talk.table = route_table().with({answer(key, rows)}).table;
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += plain_request(key);
  std::size_t answered = 0;
  talk.answerer.feed(requests);
  for (auto now = status::more; now == status::more;) {
    now = talk.answerer.answer(*talk.table, talk.routes, talk.batch);
    answered += talk.batch.answered.size();
    CHECK(talk.batch.bytes.size() < request_handler::batch_bytes + 100'000);
  }
  CHECK(answered == 200);
}

}  // namespace lars::dns::request_handler_test
