#include "storage/edit_session.hpp"

#include "storage/schema.hpp"

namespace lars::storage {

result<void> edit_session::check_schema(soci::session& sql) {
  if (checked_generation_ == session_.generation()) return {};
  const schema_history history = read_history(sql, kind());
  switch (judge(history, kind())) {
    case schema_verdict::older:
      return {errc::schema_mismatch, "it is older than this program; run `lars migrate`"};
    case schema_verdict::newer:
      return {errc::schema_mismatch, "it is newer than this program; use the newer program"};
    case schema_verdict::current:
      break;
  }
  shape_ = read_shape(sql, kind());
  checked_generation_ = session_.generation();
  return {};
}

}  // namespace lars::storage
