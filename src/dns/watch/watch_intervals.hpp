// How often the database is read. May change while the role runs.
#pragma once

#include <chrono>

namespace lars::dns {

struct watch_intervals {
  std::chrono::milliseconds poll{200};  // between polls for announced changes
  std::chrono::seconds reconcile{10};   // within which unannounced edits and deletes reach agents
};

}  // namespace lars::dns
