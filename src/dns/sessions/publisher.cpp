#include "dns/sessions/publisher.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "log/log.hpp"
#include "net/fence.hpp"

namespace lars::dns {
namespace {

namespace asio = boost::asio;

// One module's answer, copied into shareable bytes at most once per form, however many connections get it.
class shared_answer {
public:
  shared_answer(const route_table& table, route_key key) : key_(key) { has_hosts_ = table.find(key, stored_); }

  std::uint64_t digest() const { return has_hosts_ ? stored_.digest : empty_digest(); }

  const net::shared_bytes& bytes(bool extended) {
    net::shared_bytes& cached = extended ? extended_ : plain_;
    if (!cached) cached = std::make_shared<const std::string>(extended ? extended_text() : plain_text());
    return cached;
  }

private:
  std::string extended_text() const { return has_hosts_ ? std::string(stored_.extended) : empty_extended_answer(key_); }
  std::string plain_text() const { return has_hosts_ ? std::string(stored_.plain) : empty_plain_answer(key_); }

  const route_key key_;
  bool has_hosts_ = false;
  stored_answer stored_;
  net::shared_bytes plain_;
  net::shared_bytes extended_;
};

}  // namespace

publisher::publisher(net::io_pool& pool, publisher_limits limits, time_source time)
    : pool_(pool),
      limits_(limits),
      time_(std::move(time)),
      tables_(pool.size()),
      subscriptions_(limits.max_subscriptions_per_connection, limits.max_subscriptions, stats_) {}

void publisher::publish(std::shared_ptr<const route_table> table) {
  set_current(std::move(table));
  stats_.loaded = true;
}

void publisher::apply(std::vector<module_answer> answers, base::time_point polled_at) {
  auto update = current_->with(std::move(answers));
  if (!update.table) return;
  // The contexts get the table before the pushes: no later answer on a connection is older than a push on it.
  set_current(std::move(update.table));
  const std::size_t pushed = push(update.changed, polled_at);
  log::info("dns.changed", {{"modules", update.changed.size()}, {"pushed", pushed}});
  changes_.report(std::move(update.changed));
}

void publisher::set_current(std::shared_ptr<const route_table> table) {
  current_ = std::move(table);
  stats_.modules = current_->modules();
  stats_.hosts = current_->hosts();
  for (std::size_t i = 0; i < tables_.size(); ++i)
    net::post(pool_.context(i), "replacing the route table",
              [self = shared_from_this(), i, table = current_]() mutable { self->tables_[i] = std::move(table); });
}

void publisher::subscribe(connection_id id, const std::shared_ptr<net::tcp_connection>& connection, bool extended,
                          std::vector<answered_route> answered) {
  asio::post(pool_.context(0), [self = shared_from_this(), id, connection, extended, answered = std::move(answered)] {
    // A connection subscribed to a part of its modules would miss changes without knowing.
    if (!net::fenced("subscribing a peer", [&] { self->on_subscribe(id, connection, extended, answered); }))
      connection->close_from_anywhere();
  });
}

void publisher::unsubscribe(connection_id id) {
  net::post(pool_.context(0), "removing a subscriber",
            [self = shared_from_this(), id] { self->subscriptions_.remove(id); });
}

void publisher::on_subscribe(connection_id id, const std::shared_ptr<net::tcp_connection>& connection, bool extended,
                             const std::vector<answered_route>& answered) {
  subscriptions_.update_client(id, connection, extended);
  outbox outdated;
  for (const auto& [key, digest] : answered) {
    if (!subscriptions_.add(id, key)) break;
    // The table may have changed between the answer and this subscription.
    if (current_->is_unusable(key)) continue;
    shared_answer current(*current_, key);
    if (current.digest() != digest) outdated[id].push_back(current.bytes(extended));
  }
  send(std::move(outdated), std::nullopt);
}

std::size_t publisher::push(std::span<const route_change> changes, base::time_point polled_at) {
  outbox box;
  std::size_t pushed = 0;
  for (const auto& [key, plain_differs] : changes) {
    shared_answer answer(*current_, key);
    for (const connection_id id : subscriptions_.subscribers_of(key)) {
      const bool extended = subscriptions_.find(id)->extended;
      if (!extended && !plain_differs) continue;
      box[id].push_back(answer.bytes(extended));
      ++pushed;
    }
  }
  send(std::move(box), polled_at);
  stats_.changes += changes.size();
  stats_.pushes += pushed;
  return pushed;
}

void publisher::send(outbox box, std::optional<base::time_point> polled_at) {
  for (auto& [id, frames] : box) {
    const auto* const client = subscriptions_.find(id);
    auto connection = client == nullptr ? nullptr : client->connection.lock();
    if (!connection) continue;  // dropped over a limit, or ended meanwhile
    const auto executor = connection->executor();
    asio::post(executor, [self = shared_from_this(), connection = std::move(connection), frames = std::move(frames),
                          polled_at] {
      const auto push = [&] {
        for (const auto& bytes : frames) connection->send(bytes);
        if (polled_at)
          self->stats_.push_seconds.observe(std::chrono::duration<double>(self->time_.now() - *polled_at).count());
      };
      if (!net::fenced("pushing a change", push)) connection->close(errc::system_error);
    });
  }
}

}  // namespace lars::dns
