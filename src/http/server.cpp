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

// What the connections of one server share with it. The listener is none of it: a connection's frame may go with its
// context, after the listener's.
struct server_parts {
  server_parts(server_config settings, router table) : config(settings), routes(std::move(table)) {}

  const server_config config;
  const router routes;
  server_stats stats;
};

namespace {

// One connection: requests in, answers out, in order. Threads: the connection's context only.
class session {
public:
  session(server_parts& server, std::shared_ptr<net::tcp_connection> connection)
      : server_(server), connection_(std::move(connection)), reader_(server.config.limits) {}

  asio::awaitable<errc> run() {
    connection_->close_after(server_.config.request_deadline);
    co_return co_await connection_->run([this](std::string_view bytes) { return on_bytes(bytes); });
  }

private:
  bool on_bytes(std::string_view bytes) {
    if (ended_) return true;  // the last answer is on its way; what else comes is not read
    // Slow peers are told by whole requests, not by bytes: one that sends a byte a second is slow.
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

  server_parts& server_;
  const std::shared_ptr<net::tcp_connection> connection_;
  request_reader reader_;
  bool idle_ = false;  // between two requests
  bool ended_ = false;
};

asio::awaitable<errc> serve(std::shared_ptr<server_parts> server, std::shared_ptr<net::tcp_connection> connection) {
  session served(*server, std::move(connection));
  co_return co_await served.run();
}

}  // namespace

server::server(net::io_pool& pool, server_config config, router routes)
    : parts_(std::make_shared<server_parts>(config, std::move(routes))), listener_(pool, tcp_config(config)) {}

server::~server() = default;

result<void> server::listen() { return listener_.listen(); }

std::uint32_t server::port() const { return listener_.port(); }

const server_stats& server::stats() const { return parts_->stats; }

std::vector<metric> server::metrics() const {
  const auto& seen = parts_->stats;
  std::vector<metric> all{
      counter_metric("lars_http_requests_total", "HTTP requests that were answered.", seen.requests),
      counter_metric("lars_http_refused_total", "HTTP requests that were malformed or too large, by reason.", "reason",
                     {{"malformed", seen.malformed}, {"oversize", seen.oversize}})};
  merge(all, tcp_metrics(listener_.stats(), "http"));
  return all;
}

void server::start() {
  listener_.start([parts = parts_](std::shared_ptr<net::tcp_connection> connection, std::size_t) {
    return serve(parts, std::move(connection));
  });
}

void server::stop() { listener_.stop(); }

}  // namespace lars::http
