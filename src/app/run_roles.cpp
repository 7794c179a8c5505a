#include "app/run_roles.hpp"

#include "app/application.hpp"
#include "app/process.hpp"
#include "app/refusal.hpp"
#include "cli/command.hpp"
#include "log/log.hpp"

namespace lars::app {
namespace {

// A configuration that has become wrong changes nothing: a running process is not ended by an editor's slip.
void reload_log(const setting_sources& sources) {
  const auto table = gather(sources);
  const auto done = table ? log::configure(make_log_config(*table)) : result<void>(table.error());
  if (!done)
    log::error("app.reload_failed", {{"reason", done.error().text()}});
  else
    log::info("app.reloaded");
}

}  // namespace

int run_roles(const setting_sources& sources, const settings& configuration, std::ostream& out, std::ostream& err) {
  hold_signals();
  raise_open_files();
  if (const auto opened = log::configure(configuration.log); !opened) return refuse_start(opened.error(), err);

  application roles(configuration);
  if (const auto bound = roles.listen(); !bound) return refuse_start(bound.error(), err);
  for (const application::listener& one : roles.listeners())
    out << "listening role=" << role_name(one.role) << " port=" << one.port << '\n';
  out << std::flush;
  roles.start();

  wait_for_stop([&] { reload_log(sources); });
  log::info("app.stopping");
  roles.stop();
  log::info("app.stopped");
  return cli::exit_done;
}

}  // namespace lars::app
