#include "dns/sessions/agent_connections.hpp"

#include "net/fence.hpp"

namespace lars::dns {

std::optional<connection_id> agent_connections::add(std::size_t context,
                                                    const std::shared_ptr<net::tcp_connection>& connection) {
  if (closing_) return std::nullopt;
  const connection_id id = ++last_id_;
  contexts_[context].emplace(id, connection);
  ++open_;
  return id;
}

void agent_connections::remove(std::size_t context, connection_id id) {
  contexts_[context].erase(id);
  --open_;
}

void agent_connections::close_all() {
  closing_ = true;
  for (std::size_t i = 0; i < contexts_.size(); ++i)
    net::post(pool_.context(i), "closing connections", [self = shared_from_this(), i] {
      for (const auto& [id, open] : self->contexts_[i])
        if (const auto connection = open.lock()) connection->close();
    });
}

}  // namespace lars::dns
