// What a connection to MySQL leads to, and whether that is still who we want to talk to. Behind a virtual address or a
// proxy the server changes without notice.
#pragma once

#include <optional>
#include <string>

namespace lars::storage {

struct server_role {
  std::string server;  // which one: no two servers share it
  bool read_only = false;
};

// Pure. A server that was read-only from the start is a replica that somebody chose. Once a writable server has been
// seen, a read-only one is a server that was demoted, or a replica in its place: what it holds may be old for good.
// Lifetime: its session's. Threads: owner context only.
class server_watch {
public:
  enum class verdict {
    same,     // as before
    another,  // what was learned over earlier connections may not hold
    demoted,  // not to be read nor written
  };

  verdict on_connected(const server_role& role) {
    if (role.read_only && was_writable_) return verdict::demoted;
    was_writable_ = was_writable_ || !role.read_only;
    const bool same = server_ == role.server;
    server_ = role.server;
    return same ? verdict::same : verdict::another;
  }

  // The server was lost: even the same one may have become another by restarting on other data.
  void on_lost() { server_.reset(); }

private:
  std::optional<std::string> server_;
  bool was_writable_ = false;
};

}  // namespace lars::storage
