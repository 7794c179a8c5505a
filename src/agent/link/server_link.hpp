// The way to a list of servers: holds one connection at a time, heals it, carries frames out and in, and leaves a
// server that says that it does not do its work for one that does.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <lars/types.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/link/link_stats.hpp"
#include "agent/link/peer_watch.hpp"
#include "agent/link/server_choice.hpp"
#include "agent/link/server_moves.hpp"
#include "agent/link/server_question.hpp"
#include "base/random.hpp"
#include "log/throttle.hpp"
#include "net/tcp_connection.hpp"
#include "net/tcp_question.hpp"
#include "proto/codec.hpp"

namespace lars::agent {

// What the server at the other end says of itself.
struct server_report {
  bool well = true;
  // Its last complete look at the database began no earlier; none = it does not say when.
  std::optional<base::time_point> look;
};

// Who the link works for. Threads: the link's context.
class link_client {
public:
  virtual ~link_client() = default;

  // A new connection stands: what was sent before and not answered has to be sent again. `local` is our own end of it.
  virtual void on_connected(endpoint local) = 0;

  // The next requests as frames, about `limit` bytes of them; empty when there are none.
  virtual std::string take_requests(std::size_t limit) = 0;

  // The server said how it stands; never called for one that does not say so. Before any frame of its connection.
  virtual void on_told(const server_report&) {}

  // A frame other than Pong. False when its body is not what its id says; the frame then counts as not sent. Ids that
  // nobody knows are no mistake.
  virtual bool on_frame(const proto::frame& frame) = 0;
};

// What is known of the server at the other end.
enum class peer_kind {
  unknown,  // it has not said anything, and may still
  current,  // it announced what it understands
  old,      // it has had its time to answer a Ping and has not: a program already in the field, which knows none
};

// Immutable settings of a link.
struct link_config {
  const char* name = "";         // of the servers, for events: "agent.<name>_connected"
  bool silent_when_old = false;  // servers without Pong never say anything, and are served all the same
  server_moves_config moves = {};
};

// Lifetime: outlives run(). Threads: owner context only, save stats(). What waits to be sent is bounded: requests are
// taken from the client only as fast as the peer reads them.
class server_link {
public:
  // REQUIRES: `client` outlives run().
  server_link(boost::asio::io_context& context, link_client& client, link_config config);

  // Connects, serves, moves on, until stop(). Without servers it returns at once. `identity` tells this agent from
  // others.
  boost::asio::awaitable<void> run(std::vector<endpoint> servers, std::string identity);
  void stop();

  bool connected() const { return connection_ != nullptr; }
  endpoint server() const { return server_; }         // of the connection that stands, or of the last one
  const link_stats& stats() const { return stats_; }  // any thread

  // Of the connection that stands; unknown without one. What only some servers understand waits until it is known.
  peer_kind peer() const;

  // The client has requests.
  void pump();

private:
  struct sent_ping {
    std::uint64_t token;
    base::time_point when;
  };

  boost::asio::awaitable<void> run_connections();
  boost::asio::awaitable<void> run_moves();
  boost::asio::awaitable<void> take_step(server_step step);
  boost::asio::awaitable<void> run_doubts();
  void note_reaction(endpoint server, net::reaction shown);
  void wake_moves() { moves_timer_.cancel(); }
  void note_pong(const proto::pong& answer);
  boost::asio::awaitable<bool> serve(std::shared_ptr<net::tcp_connection> connection, server_attempt attempt);
  boost::asio::awaitable<void> run_connection(std::shared_ptr<net::tcp_connection> connection, errc& why);
  boost::asio::awaitable<void> run_watch();
  bool on_bytes(std::string_view bytes);
  bool read_frames();
  bool on_frame(const proto::frame& frame);
  void note_unreadable(std::int32_t id);
  void send_ping();
  void note_unreachable(const server_attempt& attempt, const std::string& reason);
  std::string event(const char* what) const;

  link_client& client_;
  link_stats stats_;
  const link_config config_;
  base::random_source random_;
  boost::asio::steady_timer timer_;  // waits between attempts, then between steps of the watch
  bool stopping_ = false;
  bool told_unreachable_ = false;
  log::throttle unreadable_lines_;
  std::map<endpoint, int> known_new_;  // servers that answered a Ping once: how often in a row since as old ones do
  std::optional<server_choice> choice_;
  std::optional<server_moves> moves_;
  boost::asio::steady_timer moves_timer_;  // waits between steps of the moves
  server_question question_;               // to a server that may be moved to
  std::optional<endpoint> moving_to_;      // the connection was closed to go there
  std::optional<endpoint> doubted_;        // known to be new, and it kept silent
  boost::asio::steady_timer doubts_timer_;
  net::tcp_question age_question_;  // to that one

  // Of the connection that stands:
  std::shared_ptr<net::tcp_connection> connection_;
  std::optional<peer_watch> watch_;
  std::optional<proto::frame_reader> reader_;
  base::time_point began_;
  endpoint server_;
  bool backlog_ = false;         // the client has more requests than the connection takes
  bool told_ = false;            // the server has said how it stands
  std::deque<sent_ping> pings_;  // not answered yet, the last few
};

}  // namespace lars::agent
