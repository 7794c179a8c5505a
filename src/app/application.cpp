#include "app/application.hpp"

#include "app/state_dir.hpp"
#include "base/endpoint.hpp"

namespace lars::app {
namespace {

constexpr std::uint32_t loopback = 0x7f000001;

error for_role(role_kind role, const error& cause) {
  return {cause.code,
          std::string("role ") + role_name(role) + ": " + (cause.detail.empty() ? cause.text() : cause.detail)};
}

}  // namespace

application::application(settings configuration) : settings_(std::move(configuration)), pool_(settings_.threads) {}

application::~application() { stop(); }

result<void> application::listen() {
  // The dns binds first: a port that is taken is found out before a directory or a database is made.
  if (settings_.runs(role_kind::dns))
    if (auto bound = listen_dns(); !bound) return bound;
  if (settings_.needs_state_dir())
    if (auto made = make_state_dir(settings_.state_dir); !made) return made;
  if (settings_.runs(role_kind::dns) && settings_.storage.kind == storage::backend::sqlite)
    if (auto opened = open_sqlite(settings_.storage); !opened) return opened;
  if (settings_.runs(role_kind::agent)) return listen_agent();
  return {};
}

result<void> application::listen_dns() {
  dns_ = std::make_unique<dns::role>(pool_, settings_.dns, settings_.storage);
  if (const auto bound = dns_->listen(); !bound) return for_role(role_kind::dns, bound.error());
  return {};
}

result<void> application::listen_agent() {
  agent_ = std::make_unique<agent::role>(pool_, settings_.agent);
  if (dns_ && !settings_.agent_dns_is_set) {
    const std::uint32_t ip = settings_.dns.listen.ip == 0 ? loopback : settings_.dns.listen.ip;
    agent_->use_dns({endpoint{ip, dns_->port()}});
  }
  if (const auto bound = agent_->listen(); !bound) return for_role(role_kind::agent, bound.error());
  return {};
}

std::vector<application::listener> application::listeners() const {
  std::vector<listener> all;
  if (dns_) all.push_back({role_kind::dns, dns_->port()});
  if (agent_) all.push_back({role_kind::agent, agent_->port()});
  return all;
}

void application::start() {
  running_ = true;
  pool_.start();
  if (dns_ && settings_.storage.kind == storage::backend::mysql)
    mysql_ = std::make_unique<mysql_opening>(settings_.storage);
  if (dns_) dns_->start();
  if (agent_) agent_->start();
}

void application::stop() {
  if (mysql_) mysql_->ask_to_stop();
  // A role that never started has nothing on the pool to wait for.
  if (running_ && agent_) agent_->stop();
  if (running_ && dns_) dns_->stop();
  running_ = false;
  pool_.stop();
  agent_.reset();
  dns_.reset();
  mysql_.reset();
}

}  // namespace lars::app
