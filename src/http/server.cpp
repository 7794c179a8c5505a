#include "http/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <utility>

#include "http/tcp_metrics.hpp"
#include "net/fence.hpp"

namespace lars::http {
namespace {

namespace asio = boost::asio;

net::tcp_server_config tcp_config(const server_config& config) {
  return {.where = config.listen,
          .max_connections = config.max_connections,
          .limits = {.write_queue_bytes = config.unread_bytes}};
}

void count_refusal(server_stats& stats, unsigned status) {
  ++(status == 413 || status == 431 ? stats.oversize : stats.malformed);
}

}  // namespace

// State that a server shares with its connections. It does not contain the listener, because the coroutine of a
// connection is destroyed with its context, which may be after the listener.
struct shared_state {
  shared_state(server_config settings, router table) : config(settings), routes(std::move(table)) {}

  const server_config config;
  const router routes;
  server_stats stats;
};

namespace {

// One connection: answers its requests in order. Threads: the context of the connection only.
class session {
public:
  session(shared_state& server, std::shared_ptr<net::tcp_connection> connection)
      : server_(server), connection_(std::move(connection)), reader_(server.config.limits) {}

  asio::awaitable<errc> run() {
    connection_->close_after(server_.config.request_deadline);
    co_return co_await connection_->run([this](std::string_view bytes) { return on_bytes(bytes); });
  }

private:
  bool on_bytes(std::string_view bytes) {
    if (ended_) return true;  // the last answer is being written; ignore further input
    // The deadline is for a whole request, so that a peer that sends a byte per second is closed too.
    if (idle_ && !bytes.empty()) connection_->close_after(server_.config.request_deadline);
    idle_ = false;
    reader_.feed(bytes);
    request asked;
    while (!ended_ && connection_->is_open()) {
      switch (reader_.next(asked)) {
        case request_reader::status::need_more:
          return true;
        case request_reader::status::bad:
          refuse(reader_.refusal());
          return true;
        case request_reader::status::ready:
          answer(asked);
          break;
      }
    }
    return true;
  }

  void answer(const request& asked) {
    ++server_.stats.requests;
    connection_->prove();
    response given = problem(500, "the server could not answer; see its log");
    net::fenced("answering over HTTP", [&] { given = server_.routes.answer(asked); });
    connection_->send(format_response(given, asked.keep_alive, asked.method != "HEAD"));
    if (!asked.keep_alive) return end();
    idle_ = true;
    connection_->close_after(server_.config.idle_limit, errc::cancelled);
  }

  void refuse(unsigned status) {
    count_refusal(server_.stats, status);
    connection_->send(format_response(problem(status, "invalid request"), false, true));
    end();
  }

  void end() {
    ended_ = true;
    connection_->close_when_written();
  }

  shared_state& server_;
  const std::shared_ptr<net::tcp_connection> connection_;
  request_reader reader_;
  bool idle_ = false;  // between two requests
  bool ended_ = false;
};

asio::awaitable<errc> serve(std::shared_ptr<shared_state> server, std::shared_ptr<net::tcp_connection> connection) {
  session served(*server, std::move(connection));
  co_return co_await served.run();
}

}  // namespace

server::server(net::io_pool& pool, server_config config, router routes)
    : state_(std::make_shared<shared_state>(config, std::move(routes))), listener_(pool, tcp_config(config)) {}

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
  listener_.start([state = state_](std::shared_ptr<net::tcp_connection> connection, std::size_t) {
    return serve(state, std::move(connection));
  });
}

void server::stop() { listener_.stop(); }

}  // namespace lars::http
