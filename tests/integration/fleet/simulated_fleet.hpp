// A fleet in one process and in virtual time: a dns, two agents, a reporter, a database and callers. All of its chance
// comes from one seed, so the same seed gives the same bytes.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/role.hpp"
#include "base/random.hpp"
#include "dns/role.hpp"
#include "reporter/role.hpp"
#include "simulated_caller.hpp"
#include "storage/sql/open_storage.hpp"
#include "support/memory_network.hpp"
#include "support/simulated_loop.hpp"
#include "support/sqlite_clock.hpp"
#include "support/temp_dir.hpp"

namespace lars::test {

// Bytes that were sent.
struct sent_bytes {
  base::duration at;  // since the start of the simulation
  endpoint from;
  endpoint to;
  std::string bytes;
  bool operator==(const sent_bytes&) const = default;
};

// The seeds of every generator of the process, from one seed. Lifetime: one at a time.
class simulated_seeds final : public base::seed_source {
public:
  explicit simulated_seeds(std::uint64_t seed) : random_(seed) { use(true); }
  ~simulated_seeds() override { use(false); }

  std::uint64_t draw() noexcept override { return random_(); }

  // False: the operating system seeds generators.
  void use(bool used) { base::process_seeds = used ? this : nullptr; }

private:
  base::random_source random_;
};

// Lifetime: one at a time. Threads: one.
class simulated_fleet {
public:
  // `stray`: a planted fault; the operating system seeds the second agent.
  explicit simulated_fleet(std::uint64_t seed, bool stray = false);
  ~simulated_fleet();

  // Lets time pass.
  void run_for(base::duration length) { loop_.run_for(length); }

  // Changes a route: a host comes, goes or gets another weight.
  void edit_routes();
  // Calls to some host fail from now on, or succeed again.
  void change_hosts();

  // Nothing connects to a server any more, and its connections are reset.
  void cut(endpoint server);
  void mend(endpoint server) { network_.hang(server, false); }

  void stop_dns();
  void start_dns();
  void stop_reporter();
  void start_reporter();
  void stop_agent(std::size_t number);
  void start_agent(std::size_t number);

  // Ends the calls and lets everything reach its destination.
  void finish_calls();

  std::uint64_t reported() const;  // calls, by the callers
  base::call_sums counted();       // calls, in the database
  bool routes_agree();             // agents know the hosts that are in the database
  const std::vector<sent_bytes>& record() const { return record_; }
  base::duration elapsed() const { return loop_.time.now() - start_; }

  static constexpr endpoint dns_address{0x0A000001, 7778};
  static constexpr endpoint reporter_address{0x0A000002, 7779};

private:
  static constexpr std::size_t agents = 2;

  std::vector<storage::route_row> rows();

  simulated_loop loop_;
  const base::time_point start_ = loop_.time.now();
  simulated_seeds seeds_;
  sqlite_clock sql_time_;
  base::random_source random_;
  const bool stray_;
  memory_network network_;
  std::vector<sent_bytes> record_;
  temp_dir directory_;
  const storage::storage_config database_;
  std::unique_ptr<storage::route_editor> editor_;
  std::set<endpoint> failing_;
  std::unique_ptr<dns::role> dns_;
  std::unique_ptr<reporter::role> reporter_;
  std::vector<std::unique_ptr<agent::role>> agents_;
  std::vector<std::unique_ptr<simulated_caller>> callers_;
};

}  // namespace lars::test
