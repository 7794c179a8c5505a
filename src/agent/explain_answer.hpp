// The answer to GET /explain?modid=M&cmdid=C: why the module's next pick is what it is.
#pragma once

#include "agent/service/service_index.hpp"
#include "base/random.hpp"
#include "http/message.hpp"

namespace lars::agent {

// The type of the problem that tells of a module without hosts here.
inline constexpr const char* no_such_module_type = "tag:lars,2026:no-such-module";

// JSON; a problem of status 400 where the query names no module, of 404 where this agent has no route of it.
// At most 2,000 hosts are told of, the first of the membership: an answer waits in memory for its reader.
// Threads: any thread.
http::response explain_answer(const service_index& modules, const http::request& asked, base::random_source draw,
                              base::time_point now);

}  // namespace lars::agent
