// Serves one agent's connection.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <lars/error.hpp>
#include <memory>
#include <string_view>

#include "dns/sessions/agent_connections.hpp"
#include "dns/sessions/connection_id.hpp"
#include "dns/sessions/publisher.hpp"
#include "dns/sessions/request_handler.hpp"
#include "net/message_deadline.hpp"
#include "net/tcp_connection.hpp"

namespace lars::dns {

// Answers requests from the table of the connection's own context.
// Threads: that context only. Lifetime: run_agent_session's frame.
class agent_session {
public:
  // While more than this waits to be sent to the agent, its requests wait too.
  static constexpr std::size_t max_queued = 1u << 20;

  agent_session(std::shared_ptr<publisher> routes, std::shared_ptr<net::tcp_connection> connection, std::size_t context,
                connection_id id);
  ~agent_session() { release_unread(); }
  agent_session(const agent_session&) = delete;
  agent_session& operator=(const agent_session&) = delete;

  // Returns false if the agent sent bytes that are no frame.
  bool on_bytes(std::string_view bytes);

  // Everything queued has been written: the agent has read its answers, so requests that waited are answered.
  void on_written();

  // Requests wait until the agent has read its answers.
  bool is_waiting() const { return waiting_; }

private:
  bool answer_requests();
  bool must_wait() const;
  void wait();
  void mark_joined();
  void deliver(answer_batch batch);
  void count_unreadable(std::size_t frames);
  void release_unread();

  const std::shared_ptr<publisher> routes_;
  const std::shared_ptr<net::tcp_connection> connection_;
  const std::size_t context_;
  const connection_id id_;
  request_handler handler_;
  net::message_deadline deadline_;
  std::size_t unread_ = 0;  // answer bytes since the agent had read everything
  bool waiting_ = false;
};

// Answers requests on the connection's own context until the connection ends; returns why it ended.
boost::asio::awaitable<errc> run_agent_session(std::shared_ptr<publisher> routes,
                                               std::shared_ptr<agent_connections> connections,
                                               std::shared_ptr<net::tcp_connection> connection, std::size_t context);

}  // namespace lars::dns
