#include "storage/sql/lock_view.hpp"

#include <soci/soci.h>

#include <set>

#include "storage/sql/status_statements.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

result<std::vector<base::agent_id>> find_locked_progress(soci::session& sql, std::span<const base::agent_id> agents) {
  std::set<std::string> free;
  std::string agent;
  unsigned long long seq = 0;
  soci::statement rows =
      (sql.prepare << progress_query(backend::mysql, agents) + " SKIP LOCKED", soci::into(agent), soci::into(seq));
  rows.execute();
  while (rows.fetch()) free.insert(agent);
  std::vector<base::agent_id> locked;
  for (const auto& each : agents)
    if (!free.contains(each.hex())) locked.push_back(each);
  return locked;
}

result<std::string> find_lock_holder(soci::session& sql) {
  std::string found;
  soci::indicator known = soci::i_null;
  sql << "SELECT CONCAT('connection ', t.trx_mysql_thread_id, ' of ', COALESCE(p.host, '?'), ', ',"
         " COALESCE(p.command, '?'), ' for ', COALESCE(p.time, 0), ' s')"
         " FROM information_schema.innodb_trx t"
         " LEFT JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id"
         " WHERE t.trx_mysql_thread_id <> CONNECTION_ID() AND t.trx_state <> 'LOCK WAIT'"
         " AND t.trx_rows_locked + t.trx_rows_modified > 0 ORDER BY t.trx_started LIMIT 1",
      soci::into(found, known);
  return sql.got_data() && known == soci::i_ok ? found : std::string();
}

}  // namespace lars::storage
