#include "dns/sessions/publisher.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "log/log.hpp"
#include "net/fence.hpp"

namespace lars::dns {
namespace {

namespace asio = boost::asio;

// The answer for one module, made into shareable bytes at most once per form however many connections get it.
class shared_answer {
public:
  shared_answer(const route_table& table, route_key key) : key_(key) { has_hosts_ = table.find(key, found_); }

  std::uint64_t digest() const { return has_hosts_ ? found_.digest : empty_digest(); }

  const net::shared_bytes& bytes(bool extended) {
    net::shared_bytes& made = extended ? extended_ : plain_;
    if (!made) made = std::make_shared<const std::string>(extended ? extended_text() : plain_text());
    return made;
  }

private:
  std::string extended_text() const { return has_hosts_ ? std::string(found_.extended) : empty_extended_answer(key_); }
  std::string plain_text() const { return has_hosts_ ? std::string(found_.plain) : empty_plain_answer(key_); }

  const route_key key_;
  bool has_hosts_ = false;
  stored_answer found_;
  net::shared_bytes plain_;
  net::shared_bytes extended_;
};

}  // namespace

publisher::publisher(net::io_pool& pool, publisher_limits limits, time_source time)
    : pool_(pool),
      limits_(limits),
      time_(std::move(time)),
      contexts_(pool.size()),
      subscriptions_(limits.max_subscriptions_per_connection, limits.max_subscriptions) {}

void publisher::publish(std::shared_ptr<const route_table> table) {
  master_ = std::move(table);
  note_table();
  distribute();
  stats_.loaded = true;
}

std::vector<route_change> publisher::apply(std::vector<module_answer> answers, base::time_point looked) {
  auto update = master_->with(std::move(answers));
  if (!update.table) return {};
  master_ = std::move(update.table);
  note_table();
  // The contexts get the table before the pushes: no later answer on a connection is older than a push on it.
  distribute();
  const std::size_t pushed = push(update.changed, looked);
  log::info("dns.changed", {{"modules", update.changed.size()}, {"pushed", pushed}});
  return std::move(update.changed);
}

void publisher::note_table() {
  stats_.modules = master_->modules();
  stats_.hosts = master_->hosts();
}

void publisher::distribute() {
  for (std::size_t i = 0; i < contexts_.size(); ++i)
    net::post(pool_.context(i), "taking a new table", [self = shared_from_this(), i, table = master_]() mutable {
      self->contexts_[i].table = std::move(table);
    });
}

bool publisher::enter(std::size_t context, const std::shared_ptr<net::tcp_connection>& connection, connection_id& id) {
  if (stopping_) return false;
  id = ++last_id_;
  contexts_[context].open.emplace(id, connection);
  ++open_;
  return true;
}

void publisher::leave(std::size_t context, connection_id id) {
  contexts_[context].open.erase(id);
  --open_;
  net::post(pool_.context(0), "forgetting a subscriber", [self = shared_from_this(), id] {
    self->subscriptions_.remove(id);
    self->stats_.subscriptions = self->subscriptions_.total();
  });
}

void publisher::subscribe(connection_id id, const std::shared_ptr<net::tcp_connection>& connection, bool extended,
                          std::vector<answered_route> answered) {
  asio::post(pool_.context(0), [self = shared_from_this(), id, connection, extended, answered = std::move(answered)] {
    // Half subscribed it would miss changes without knowing.
    if (!net::fenced("subscribing a peer", [&] { self->on_subscribe(id, connection, extended, answered); }))
      connection->close_from_anywhere();
  });
}

void publisher::on_subscribe(connection_id id, const std::shared_ptr<net::tcp_connection>& connection, bool extended,
                             const std::vector<answered_route>& answered) {
  subscriptions_.note(id, connection, extended);
  outbox late;
  for (const auto& [key, digest] : answered) {
    if (!subscribe_one(id, key)) break;
    // The table may have moved on between the answer and this registration.
    if (master_->is_unusable(key)) continue;
    shared_answer current(*master_, key);
    if (current.digest() != digest) late[id].push_back(current.bytes(extended));
  }
  stats_.subscriptions = subscriptions_.total();
  send(std::move(late), std::nullopt);
}

// Where all together follow more modules than they may, the connection with the most has to go. False: it was this one.
bool publisher::subscribe_one(connection_id id, route_key key) {
  while (true) {
    const auto outcome = subscriptions_.add(id, key);
    if (outcome == subscriptions::outcome::added) return true;
    const auto goes = outcome == subscriptions::outcome::full ? id : subscriptions_.largest();
    drop(goes);
    if (goes == id) return false;
  }
}

void publisher::drop(connection_id id) {
  ++stats_.refused;
  if (const auto* const known = subscriptions_.find(id))
    if (const auto connection = known->connection.lock()) {
      log::warn("dns.subscription_refused", {{"peer", connection->peer()}, {"modules", known->modules.size()}});
      connection->close_from_anywhere();
    }
  subscriptions_.remove(id);
}

std::size_t publisher::push(std::span<const route_change> changes, base::time_point looked) {
  outbox box;
  std::size_t pushed = 0;
  for (const auto& [key, plain_differs] : changes) {
    shared_answer answer(*master_, key);
    for (const connection_id id : subscriptions_.of(key)) {
      const bool extended = subscriptions_.find(id)->extended;
      if (!extended && !plain_differs) continue;
      box[id].push_back(answer.bytes(extended));
      ++pushed;
    }
  }
  send(std::move(box), looked);
  stats_.changes += changes.size();
  stats_.pushes += pushed;
  return pushed;
}

void publisher::send(outbox box, std::optional<base::time_point> looked) {
  for (auto& [id, list] : box) {
    const auto* const to = subscriptions_.find(id);
    auto connection = to == nullptr ? nullptr : to->connection.lock();
    if (!connection) continue;  // it had to go, or is about to leave
    const auto executor = connection->executor();
    asio::post(
        executor, [self = shared_from_this(), connection = std::move(connection), list = std::move(list), looked] {
          const auto push = [&] {
            for (const auto& bytes : list) connection->send(bytes);
            if (looked)
              self->stats_.push_seconds.observe(std::chrono::duration<double>(self->time_.now() - *looked).count());
          };
          if (!net::fenced("pushing a change", push)) connection->close(errc::system_error);
        });
  }
}

void publisher::close_all() {
  stopping_ = true;
  for (std::size_t i = 0; i < contexts_.size(); ++i)
    net::post(pool_.context(i), "closing connections", [self = shared_from_this(), i] {
      for (const auto& [id, open] : self->contexts_[i].open)
        if (const auto connection = open.lock()) connection->close();
    });
}

}  // namespace lars::dns
