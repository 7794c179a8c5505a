// Makes a fresh connection to MySQL or MariaDB behave alike on every server, and asks what is at its other end.
#pragma once

#include <soci/session.h>

#include <string>

#include "storage/sql/server_role.hpp"
#include "storage/sql/session_config.hpp"

namespace lars::storage {

// Sets whatever our statements rely on: defaults of the server, and what its init_connect did, change neither what is
// read nor what is written. Locks give up before `config.answer` is over. Blocking; throws as SOCI does.
void settle_mysql(soci::session& sql, const std::string& database, const session_config& config);

// Blocking; throws as SOCI does.
server_role read_role(soci::session& sql);

// Whether the server is a node of a Galera cluster. Blocking; throws as SOCI does.
bool is_cluster_node(soci::session& sql);

// Reads on such a node wait until it has applied what the cluster had committed when they began. Blocking.
void read_causally(soci::session& sql);

// Throws, as for a lost server, where such a node does not follow its cluster: it joins, gives its state to another, or
// was taken out or cut off. Blocking.
void require_synced(soci::session& sql);

// Whether the server ended the connection while nothing was asked: it speaks only when it is asked, so anything that
// waits to be read is its farewell. Does not block. REQUIRES: no answer is outstanding.
bool closed_while_idle(soci::session& sql);

}  // namespace lars::storage
