#include "storage/sql/edit_session.hpp"

#include "storage/sql/schema.hpp"

namespace lars::storage {

result<void> edit_session::check_schema(soci::session& sql) {
  if (checked_generation_ == session_.generation()) return {};
  const schema_history history = read_history(sql, kind());
  if (judge(history) == schema_verdict::newer)
    return {errc::schema_mismatch, "it is newer than this program; use the newer program"};
  // An older schema can be edited as far as its tables go; callers that need more check for it.
  if (history.empty) return not_migrated();
  shape_ = read_shape(sql, kind());
  checked_generation_ = session_.generation();
  return {};
}

}  // namespace lars::storage
