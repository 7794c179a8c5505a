// The connection of an editor: refuses a schema newer than ours, and serializes changes.
#pragma once

#include <type_traits>

#include "storage/sql/route_writer.hpp"
#include "storage/sql/session.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time. Lifetime: its editor's.
// Errors: those of session and of the bodies; errc::schema_mismatch where the schema is newer, or has
// no tables at all.
class edit_session {
public:
  explicit edit_session(const storage_config& config) : session_(config, {.causal = true}) {}

  // Runs `body(soci::session&, const schema_shape&)`, which returns a result, within one consistent snapshot.
  template <class F>
  auto read(F body) {
    using outcome = std::invoke_result_t<F&, soci::session&, const schema_shape&>;
    return session_.snapshot([&](soci::session& sql) -> outcome {
      if (auto ours = check_schema(sql); !ours) return ours.error();
      return body(sql, shape_);
    });
  }

  // Runs `body(soci::session&, const schema_shape&, route_writer&)` within one transaction, RouteVersion locked.
  template <class F>
  auto write(F body) {
    using outcome = std::invoke_result_t<F&, soci::session&, const schema_shape&, route_writer&>;
    return session_.write([&](soci::session& sql) -> outcome {
      if (auto ours = check_schema(sql); !ours) return ours.error();
      route_writer writer(sql, kind(), shape_);
      writer.lock_version();
      return body(sql, shape_, writer);
    });
  }

  backend kind() const { return session_.config().kind; }

private:
  result<void> check_schema(soci::session& sql);

  session session_;
  schema_shape shape_;
  std::uint32_t checked_generation_ = 0;  // the connection over which shape_ was read; 0 = none
};

}  // namespace lars::storage
