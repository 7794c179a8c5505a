// The answer to GET /explain?modid=M&cmdid=C: an explanation of the module's next pick.
#pragma once

#include "agent/service/service_index.hpp"
#include "base/random.hpp"
#include "http/message.hpp"

namespace lars::agent {

// The problem type for a module without hosts on this agent.
inline constexpr const char* no_such_module_type = "tag:lars,2026:no-such-module";

// JSON. A problem with status 400 if the query names no module, 404 if this agent has no route for it.
// Contains only the first 2,000 hosts, because the whole answer is built in memory.
// Threads: any thread.
http::response explain_answer(const service_index& modules, const http::request& request, base::random_source draw,
                              base::time_point now);

}  // namespace lars::agent
