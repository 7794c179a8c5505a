#include "http/event_stream.hpp"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "http/run_until.hpp"
#include "net/as_result.hpp"
#include "net/timer.hpp"

namespace lars::http {
namespace {

// A field of one line. A line end in the value would begin another field.
std::string event_field(const char* name, std::string_view value) {
  std::string out = std::string(name) + ": ";
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  return out + '\n';
}

asio::awaitable<void> send_comments(event_writer& events, std::chrono::milliseconds silence) {
  net::timer pause(co_await asio::this_coro::executor);
  do {
    pause.expires_after(silence);
    co_await pause.async_wait(net::as_result);
  } while (co_await events.keep_alive());
}

asio::awaitable<void> run_events(const event_source& source, std::chrono::milliseconds silence, response_writer& out) {
  event_writer events(out);
  co_await run_until(source(events), send_comments(events, silence));
}

}  // namespace

std::string format_event(const event& one) {
  std::string out;
  if (!one.id.empty()) out += event_field("id", one.id);
  if (!one.name.empty()) out += event_field("event", one.name);
  std::string_view rest = one.data;
  while (true) {
    const auto end = rest.find('\n');
    out += event_field("data", rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return out + '\n';
}

asio::awaitable<bool> event_writer::send(const event& one) {
  const auto bytes = format_event(one);
  sending_ = true;
  const bool taken = co_await out_.write(bytes);
  sending_ = false;
  sent_ = true;
  co_return taken;
}

asio::awaitable<bool> event_writer::keep_alive() {
  if (std::exchange(sent_, false) || sending_) co_return true;
  co_return co_await out_.write(":\n\n");
}

response event_stream(event_source source, std::chrono::milliseconds silence) {
  response given{200, {}, "text/event-stream"};
  given.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  given.stream = [source = std::move(source), silence](response_writer& out) {
    return run_events(source, silence, out);
  };
  return given;
}

std::string_view last_event_id(const request& asked) { return asked.field("last-event-id"); }

}  // namespace lars::http
