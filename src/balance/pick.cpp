#include "balance/pick.hpp"

#include "balance/policy/registry.hpp"
#include "balance/policy/round_robin.hpp"

namespace lars::balance {
namespace {

// What the policy chooses among hosts with one verdict.
[[gnu::always_inline]] inline std::uint32_t choose(const choice& of) {
  const auto& policy = *of.own.policy;
  if (of.allowed.wanted == verdict::ejected && !policy.own_trials) [[unlikely]]
    return round_robin_next(of, of.own.turns.next_trial);
  return policy.next(of);
}

// The population as a picker that is alone sees it: the published numbers do not contain its own failures.
[[gnu::noinline]] population count_alone(const table_view& table, const picker_counts& own) {
  population hosts;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const auto one = table.candidate_at(i);
    if (one.takes_calls()) ++(verdict_on(one, own) == verdict::idle ? hosts.idle : hosts.ejected);
  }
  return hosts;
}

// Small enough for a register.
struct decision {
  pick_code code = pick_code::no_hosts;
  bool trial = false;
  std::uint32_t index = 0;  // of the member picked
};

// After a search that found no host. An excluded host is better than none. Counts and slots change one by one, so
// there may be no ejected host any more; an idle one is then picked instead of a trial.
[[gnu::noinline]] decision search_again(const module_view& module, const choice& of) {
  auto& own = of.own;
  const auto& exclude = of.allowed.exclude;
  const auto find = [&](verdict wanted, std::span<const endpoint> without) {
    const choice other{of.table, {wanted, without, of.allowed.own}, of.own, of.bits, of.draw};
    const auto chosen = choose(other);
    return decision{chosen == nobody ? pick_code::all_ejected : pick_code::picked, wanted == verdict::ejected, chosen};
  };
  const bool excludes = !exclude.empty();
  if (of.allowed.wanted == verdict::ejected) {
    if (const auto idle = find(verdict::idle, exclude); idle.code == pick_code::picked) {
      // Every ejected host is excluded: the trial stays due.
      if (excludes) own.turns.picks = static_cast<std::uint32_t>(module.probe_num());
      return idle;
    }
    if (excludes)
      if (const auto tried = find(verdict::ejected, {}); tried.code == pick_code::picked) return tried;
  }
  // Where nothing is excluded this search was made before.
  return excludes ? find(verdict::idle, {}) : decision{pick_code::all_ejected, false, nobody};
}

// Decides by one table, which may be overwritten meanwhile.
[[gnu::always_inline]] inline decision decide(const module_view& module, cursor& own, const pick_request& request) {
  const auto& table = own.table;
  const auto hosts = request.own.alone ? count_alone(table, request.own) : module.hosts();
  if (table.size() == 0 || (hosts.idle == 0 && hosts.ejected == 0)) [[unlikely]]
    return {};
  auto wanted = verdict::idle;
  if (hosts.ejected > 0) [[unlikely]] {
    const bool trial = own.turns.picks >= module.probe_num();
    own.turns.picks = trial ? 0 : own.turns.picks + 1;
    if (trial) wanted = verdict::ejected;
  }
  base::random_source draw(request.draw);
  const choice of{table, {wanted, request.exclude, request.own}, own, request.draw, draw};
  const auto chosen = choose(of);
  if (chosen == nobody) [[unlikely]]
    return search_again(module, of);
  return {pick_code::picked, wanted == verdict::ejected, chosen};
}

// By the score cache; null after a miss.
inline const picker_entry* find_cached(cursor& own, const pick_request& request) {
  auto& hosts = own.scores;
  if (request.own.round == 0 || !request.exclude.empty() || !hosts.serves()) return nullptr;
  const auto counter = hosts.fill_and_pick(own.table, request.own, request.draw, own.turns.next);
  if (counter == score_cache::miss) return nullptr;
  hosts.pass_turn(own.turns.next);
  return &hosts.entry_at(counter);
}

// Reads another table than that of the last pick.
[[gnu::noinline]] void read_table(const module_view& module, cursor& own, const picker_counts& counts) {
  own.table = table_view(module);
  own.policy = &policy_of(own.table.policy());
  const auto cached = own.policy->cached;
  own.scores.begin(own.table, counts, cached == nullptr ? cacheable::no : cached(own.table.policy()));
}

}  // namespace

found_host find_host(const module_view& module, cursor& own, const pick_request& request) {
  if (module.record == nullptr) return {};
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    if (!module.is_here()) [[unlikely]]
      return {module.is_gone() ? pick_code::gone : pick_code::elsewhere};
    if (!own.table.shows(module)) [[unlikely]]
      read_table(module, own, request.own);
    if (const auto* const cached = find_cached(own, request))
      return {pick_code::picked, false, cached->where, cached->seen.id};
    const auto decided = decide(module, own, request);
    found_host found{decided.code, decided.trial};
    if (decided.code == pick_code::picked) own.table.read(decided.index, found.where, found.id);
    if (own.table.intact()) [[likely]]
      return found;
    own.forget_table();
  }
  return {pick_code::unreadable};
}

pick_result pick(const module_view& module, cursor& own, const pick_request& request) {
  const auto found = find_host(module, own, request);
  return {found.code, {{high_of(found.where), low_of(found.where)}, high_of(found.id), low_of(found.id)}, found.trial};
}

}  // namespace lars::balance
