#include "app/run_roles.hpp"

#include "app/application.hpp"
#include "app/process.hpp"
#include "app/refusal.hpp"
#include "app/service_manager.hpp"
#include "app/standard_output.hpp"
#include "cli/command.hpp"
#include "log/log.hpp"
#include "net/fence.hpp"
#include "proto/codec.hpp"

namespace lars::app {
namespace {

// Returns the changed keys that need a restart, as "dns.port agent.dns".
std::string waiting_keys(const setting_table& before, const setting_table& after) {
  std::string names;
  for (const key_spec& key : all_keys()) {
    if (key.live || before.value(key.section, key.name) == after.value(key.section, key.name)) continue;
    names += (names.empty() ? "" : " ") + std::string(key.section) + '.' + std::string(key.name);
  }
  return names;
}

result<void> reload(const setting_sources& sources, const setting_table& at_start, application& roles) {
  const auto table = gather(sources);
  if (!table) return table.error();
  const auto changed = load_settings(*table, sources);
  if (!changed) return changed.error();
  if (auto opened = log::configure(changed->log); !opened) return opened;
  roles.use(*changed);
  const std::string waiting = waiting_keys(at_start, *table);
  if (waiting.empty())
    log::info("app.reloaded");
  else
    log::warn("app.reloaded", {{"needs_restart", waiting}});
  return {};
}

// An invalid configuration, an exception or a lack of memory leaves the running process unchanged and is logged.
void reload_or_log(const setting_sources& sources, const setting_table& at_start, application& roles) {
  result<void> done = error{errc::system_error, "an exception interrupted it; see the log event net.exception"};
  net::fenced("reloading the configuration", [&] { done = reload(sources, at_start, roles); });
  if (!done) log::error("app.reload_failed", {{"reason", done.error().text()}});
}

settings fitted(settings configuration) {
  const std::size_t files = raise_open_files();
  if (fit_connections(configuration, files))
    log::warn("app.max_connections_lowered", {{"open_files", files},
                                              {"dns", configuration.dns.max_connections},
                                              {"reporter", configuration.reporter.max_connections}});
  return configuration;
}

// A failed write is only logged: the roles serve without the announcement.
void announce(const application& roles, std::ostream& out) try {
  for (const application::listener& listener : roles.listeners())
    out << "listening role=" << listener.name << " port=" << listener.port << '\n';
  out << std::flush;
} catch (const output_failed& failure) {
  out.clear();
  log::warn("app.ports_not_announced", {{"reason", failure.what()}});
}

}  // namespace

int run_roles(const setting_sources& sources, const settings& configuration, std::ostream& out, std::ostream& err) {
  hold_signals();
  proto::silence_library();
  if (const auto opened = log::configure(configuration.log); !opened) return refuse_start(opened.error(), err);
  const auto at_start = gather(sources);
  if (!at_start) return refuse_configuration(at_start.error(), err);

  service_manager manager(sources.environment);
  application roles(fitted(configuration));
  if (const auto bound = roles.listen(); !bound) return refuse_start(bound.error(), err);
  announce(roles, out);
  const auto watched = manager.watchdog();
  // Beat four times as often as required, so that a late beat is harmless.
  roles.start(watched ? std::optional(*watched / 4) : std::nullopt, [&manager] { manager.alive(); });
  manager.ready("serving");

  wait_for_stop(
      [&] {
        manager.reloading();
        reload_or_log(sources, *at_start, roles);
        manager.ready("serving");
      },
      [&] { manager.retry(); });
  manager.stopping();
  log::info("app.stopping");
  roles.stop();
  log::info("app.stopped");
  return cli::exit_done;
}

}  // namespace lars::app
