// A connection to one of several servers: reconnects after failures, sends and receives frames, and switches from a
// server that reports to be unhealthy to a healthy one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
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
#include "net/network.hpp"
#include "net/tcp_connection.hpp"
#include "net/tcp_question.hpp"
#include "net/timer.hpp"
#include "proto/codec.hpp"

namespace lars::agent {

// A server's report about itself.
struct server_report {
  bool healthy = true;
  // The server's last complete poll of the database began at this time or later; none = not reported.
  std::optional<base::time_point> last_poll;
};

// The link's user. Threads: the link's context.
class link_client {
public:
  virtual ~link_client() = default;

  // A new connection is established: unanswered requests have to be sent again. `local` is this end's address.
  virtual void on_connected(endpoint local) = 0;

  // The next requests as frames, about `limit` bytes of them; empty if there are none.
  virtual std::string next_requests(std::size_t limit) = 0;

  // The server reported its state. The first report precedes any frame of the connection. Never called for servers
  // that do not report.
  virtual void on_server_report(const server_report&) {}

  // A frame other than Pong. False if the body does not match its id; the frame is then ignored. Return true for
  // unknown ids.
  virtual bool on_frame(const proto::frame& frame) = 0;
};

// The protocol generation of the connected server.
enum class peer_kind {
  unknown,  // it has sent nothing so far
  current,  // it announced its features
  old,      // it did not answer a Ping in time: a program of an older generation, which does not know Ping
};

// Immutable settings of a link.
struct link_config {
  const char* name = "";         // of the servers, for events: "agent.<name>_connected"
  bool silent_when_old = false;  // old servers of this kind never send anything, but are used all the same
  server_moves_config moves = {};
};

// Lifetime: outlives run(). Threads: owner context only, except stats(). The send queue is bounded: requests are taken
// from the client only as fast as the peer reads them.
class server_link {
public:
  // REQUIRES: `client` and `network` outlive run().
  server_link(boost::asio::io_context& context, link_client& client, link_config config,
              net::network& network = net::system_network());

  // Connects and reconnects until stop(). Returns at once if there are no servers. `identity` is unique to this agent.
  boost::asio::awaitable<void> run(std::vector<endpoint> servers, std::string identity);
  void stop();

  bool connected() const { return connection_ != nullptr; }
  endpoint server() const { return server_; }         // the connected server, or the last one
  const link_stats& stats() const { return stats_; }  // any thread

  // The connected server's generation; unknown while disconnected. Wait until it is known before sending messages that
  // only some servers understand.
  peer_kind peer() const;

  // Sends the client's requests.
  void pump();

private:
  struct sent_ping {
    std::uint64_t token;
    base::time_point sent;
  };

  boost::asio::awaitable<void> run_connections();
  boost::asio::awaitable<void> run_moves();
  boost::asio::awaitable<void> perform(server_step step);
  boost::asio::awaitable<void> run_age_checks();
  void on_reaction(endpoint server, net::reaction reaction);
  void wake_moves() { moves_timer_.cancel(); }
  void on_pong(const proto::pong& answer);
  boost::asio::awaitable<bool> serve(std::shared_ptr<net::tcp_connection> connection, server_attempt attempt);
  boost::asio::awaitable<void> run_connection(std::shared_ptr<net::tcp_connection> connection, errc& why);
  boost::asio::awaitable<void> run_watch();
  bool on_bytes(std::string_view bytes);
  bool read_frames();
  bool on_frame(const proto::frame& frame);
  void on_unreadable(std::int32_t id);
  void send_ping();
  void on_unreachable(const server_attempt& attempt, const std::string& reason);
  std::string event(const char* what) const;

  link_client& client_;
  link_stats stats_;
  const link_config config_;
  net::network& network_;
  base::random_source random_;
  net::timer timer_;  // waits between attempts, then between steps of the watch
  bool stopping_ = false;
  bool unreachable_logged_ = false;
  log::throttle unreadable_lines_;
  std::map<endpoint, int> current_servers_;  // servers that answered a Ping, with consecutive signs of being old since
  std::optional<server_choice> choice_;
  std::optional<server_moves> moves_;
  net::timer moves_timer_;             // waits between steps of the moves
  server_question question_;           // asks a candidate server for its state
  std::optional<endpoint> moving_to_;  // the connection was closed to switch to this server
  std::optional<endpoint> suspect_;    // answered Pings before, but kept silent on the last connection
  net::timer age_check_timer_;
  net::tcp_question age_question_;  // asks the suspect

  // State of the current connection:
  std::shared_ptr<net::tcp_connection> connection_;
  std::optional<peer_watch> watch_;
  std::optional<proto::frame_reader> reader_;
  base::time_point began_;
  endpoint server_;
  bool backlog_ = false;         // the client has more requests than the connection accepts
  bool state_known_ = false;     // the server has reported its state
  std::deque<sent_ping> pings_;  // the last few unanswered pings
};

}  // namespace lars::agent
