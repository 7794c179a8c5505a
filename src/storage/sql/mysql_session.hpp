// Sets up a new connection to MySQL or MariaDB so that every server behaves alike, and asks which server it is.
#pragma once

#include <soci/session.h>

#include <string>

#include "storage/sql/server_role.hpp"
#include "storage/sql/session_config.hpp"

namespace lars::storage {

// Sets every variable that our statements rely on, so that the server's defaults and its init_connect have no effect.
// Lock waits time out before `config.answer`. Blocking; throws as SOCI does.
void set_up_mysql(soci::session& sql, const std::string& database, const session_config& config);

// Blocking; throws as SOCI does.
server_role read_role(soci::session& sql);

// Whether the server is a node of a Galera cluster. Blocking; throws as SOCI does.
bool is_cluster_node(soci::session& sql);

// Reads on such a node wait until it has applied what the cluster had committed when they began. Blocking.
void read_causally(soci::session& sql);

// Throws, as for a lost server, if such a node is not in sync with its cluster: it is joining, donating its state,
// taken out, or cut off. Blocking.
void require_synced(soci::session& sql);

// Whether the server closed the connection while it was idle: a server sends nothing unasked, so readable input means
// that it closed. Does not block. REQUIRES: no answer is outstanding.
bool closed_while_idle(soci::session& sql);

}  // namespace lars::storage
