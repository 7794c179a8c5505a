#include "dns_fixture.hpp"

#include <poll.h>

#include <array>

#include <algorithm>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/clock.hpp"
#include "http/metric.hpp"

namespace lars::test {

namespace asio = boost::asio;
using base::clock;

running_dns::running_dns(const storage::storage_config& database, dns::dns_config config)
    : role_(std::make_unique<dns::role>(pool_, config, database)) {
  const auto bound = role_->listen();
  REQUIRE(bound);
  pool_.start();
  role_->start();
}

running_dns::~running_dns() {
  CHECK(stop() < 2400ms);
  pool_.stop();
  role_.reset();
}

double running_dns::metric(const std::string& name) const {
  const auto text = http::metrics_text(role_->metrics());
  const auto line = text.find('\n' + name + ' ');
  return line == std::string::npos ? -1 : std::stod(text.substr(line + name.size() + 2));
}

milliseconds running_dns::stop() {
  const auto started = clock::now();
  if (std::exchange(running_, false)) role_->stop();
  return std::chrono::duration_cast<milliseconds>(clock::now() - started);
}

dns::dns_config running_dns::quick() {
  dns::dns_config config;
  config.listen.port = 0;
  config.poll_interval = 20ms;
  config.reconcile_interval = 1s;
  return config;
}

dns_client::dns_client(std::uint32_t port, int receive_buffer) {
  socket_.open(asio::ip::tcp::v4());
  if (receive_buffer > 0) socket_.set_option(asio::socket_base::receive_buffer_size(receive_buffer));
  socket_.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
  socket_.set_option(asio::ip::tcp::no_delay(true));
}

void dns_client::send(const std::string& bytes) {
  boost::system::error_code ignored;  // a connection that was closed shows when it is read
  asio::write(socket_, asio::buffer(bytes), ignored);
}

bool dns_client::fill(milliseconds patience) {
  if (ended_) return false;
  pollfd watched{socket_.native_handle(), POLLIN, 0};
  if (::poll(&watched, 1, static_cast<int>(std::max(patience, 0ms).count())) <= 0) return false;
  std::array<char, 65536> bytes;
  boost::system::error_code failure;
  const std::size_t size = socket_.read_some(asio::buffer(bytes), failure);
  if (failure) ended_ = true;
  buffer_.append(bytes.data(), size);
  return !failure;
}

std::optional<std::string> dns_client::frame(milliseconds patience) {
  const auto deadline = clock::now() + patience;
  while (true) {
    if (buffer_.size() >= 8) {
      std::uint32_t length = 0;
      std::memcpy(&length, buffer_.data() + 4, 4);
      if (buffer_.size() >= 8 + length) {
        std::string whole = buffer_.substr(0, 8 + length);
        buffer_.erase(0, 8 + length);
        return whole;
      }
    }
    if (!fill(std::chrono::duration_cast<milliseconds>(deadline - clock::now()))) return std::nullopt;
  }
}

std::optional<proto::route_response> dns_client::response(milliseconds patience) {
  const auto whole = frame(patience);
  proto::route_response out;
  if (!whole || whole->front() != 2 || !proto::decode(std::string_view(*whole).substr(8), out)) return std::nullopt;
  return out;
}

proto::route_response dns_client::route(route_key key) {
  ask(key);
  while (true) {
    const auto got = response();
    REQUIRE(got);
    if (got->key == key) return *got;  // pushes of other modules may come before
  }
}

proto::pong dns_client::standing() {
  send(proto::encode(proto::ping{1, proto::our_features}));
  while (true) {
    const auto whole = frame();
    REQUIRE(whole);
    proto::pong answer;
    if (whole->front() != static_cast<char>(proto::message_id::pong)) continue;
    REQUIRE(proto::decode(std::string_view(*whole).substr(8), answer));
    return answer;
  }
}

bool dns_client::closed(milliseconds patience) {
  const auto deadline = clock::now() + patience;
  while (!ended_ && clock::now() < deadline) fill(std::chrono::duration_cast<milliseconds>(deadline - clock::now()));
  return ended_;
}

std::vector<endpoint> endpoints(const proto::route_response& response) {
  std::vector<endpoint> all;
  for (const auto& host : response.hosts) all.push_back(host.where);
  return all;
}

storage::route_row host_row(route_key key, std::uint32_t ip, std::uint32_t port, std::uint32_t weight) {
  return {0, key, {{ip, port}, weight, host_state::up}};
}

std::size_t memory_kb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kb = 0;
    if (word == name + ":" && status >> kb) return kb;
  }
  return 0;
}

}  // namespace lars::test
