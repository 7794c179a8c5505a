// Which MySQL server a connection leads to, and whether it may be used. Behind a virtual address or a proxy the server
// can change without notice.
#pragma once

#include <optional>
#include <string>

namespace lars::storage {

struct server_role {
  std::string server;  // identifies the server
  bool read_only = false;
};

// Pure. A server that is read-only from the start is a replica that somebody chose. After a writable server, a
// read-only one is a server that was demoted, or a replica at its address: its data may stay old for ever. Lifetime:
// its session's. Threads: owner context only.
class server_watch {
public:
  enum class verdict {
    same,     // as before
    another,  // forget what was learned over earlier connections
    demoted,  // do not read or write
  };

  verdict on_connected(const server_role& role) {
    if (role.read_only && was_writable_) return verdict::demoted;
    was_writable_ = was_writable_ || !role.read_only;
    const bool same = server_ == role.server;
    server_ = role.server;
    return same ? verdict::same : verdict::another;
  }

  // The server was lost: even the same server may come back with other data.
  void on_lost() { server_.reset(); }

private:
  std::optional<std::string> server_;
  bool was_writable_ = false;
};

}  // namespace lars::storage
