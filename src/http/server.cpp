#include "http/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <utility>

#include "http/session.hpp"
#include "http/tcp_metrics.hpp"
#include "net/fence.hpp"

namespace lars::http {
namespace {

constexpr std::chrono::milliseconds cancel_limit{200};  // for the answers of cancelled handlers

net::tcp_server_config tcp_config(const server_config& config) {
  return {.where = config.listen,
          .max_connections = config.max_connections,
          .limits = {.write_queue_bytes = config.unread_bytes}};
}

asio::awaitable<errc> serve(std::shared_ptr<shared_state> server, std::shared_ptr<net::tcp_connection> connection,
                            std::size_t context) {
  session served(*server, std::move(connection), context);
  co_return co_await served.run();
}

}  // namespace

server::server(net::io_pool& pool, server_config config, router routes, net::network& from)
    : pool_(pool),
      state_(std::make_shared<shared_state>(config, std::move(routes), pool.size())),
      all_ended_(state_->all_ended.get_future()),
      listener_(pool, tcp_config(config), from) {}

server::~server() = default;

result<void> server::listen() { return listener_.listen(); }

std::uint32_t server::port() const { return listener_.port(); }

const server_stats& server::stats() const { return state_->stats; }

std::vector<metric> server::metrics() const {
  const auto& counters = state_->stats;
  std::vector<metric> all{
      counter_metric("lars_http_requests_total", "HTTP requests that were answered.", counters.requests),
      counter_metric("lars_http_refused_total", "HTTP requests that were malformed or too large, by reason.", "reason",
                     {{"malformed", counters.malformed}, {"oversize", counters.oversize}})};
  merge(all, tcp_metrics(listener_.stats(), "http"));
  return all;
}

void server::start() {
  listener_.start([state = state_](std::shared_ptr<net::tcp_connection> connection, std::size_t context) {
    return serve(state, std::move(connection), context);
  });
}

template <class F>
void server::for_each_session(F f) {
  for (std::size_t i = 0; i < pool_.size(); ++i)
    net::post(pool_.context(i), "stopping HTTP connections", [state = state_, i, f] {
      for (auto* const each : state->sessions[i]) f(*each);
    });
}

void server::begin_stop() {
  listener_.stop();
  state_->stopping = true;
  if (state_->open == 0) state_->tell_all_ended();
  for_each_session([](session& each) { each.stop(); });
}

void server::cancel_handlers() {
  for_each_session([](session& each) { each.stop_handlers(); });
}

void server::stop() {
  begin_stop();
  if (all_ended_.wait_for(state_->config.stop_limit) == std::future_status::ready) return;
  cancel_handlers();
  all_ended_.wait_for(cancel_limit);
}

}  // namespace lars::http
