#include "dns/table/route_table.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace lars::dns {
namespace {

bool in_shard_order(const module_answer& a, const module_answer& b) { return shard_order()(a.key, b.key); }

// Brings the changes of one shard together and into its order, and keeps the last of several answers for one module.
void normalize(std::vector<module_answer>& answers) {
  std::stable_sort(answers.begin(), answers.end(), in_shard_order);
  std::reverse(answers.begin(), answers.end());
  const auto end = std::unique(answers.begin(), answers.end(),
                               [](const module_answer& a, const module_answer& b) { return a.key == b.key; });
  answers.erase(end, answers.end());
  std::reverse(answers.begin(), answers.end());
}

}  // namespace

route_table::route_table(shard_list shards, std::unordered_set<route_key> unusable)
    : route_table(std::move(shards), std::make_shared<const module_set>(std::move(unusable))) {}

route_table::route_table(shard_list shards, std::shared_ptr<const module_set> unusable)
    : shards_(std::move(shards)), unusable_(std::move(unusable)) {
  for (const auto& shard : shards_) {
    if (!shard) continue;
    modules_ += shard->modules();
    hosts_ += shard->hosts();
  }
}

bool route_table::find(route_key key, stored_answer& out) const {
  const auto& shard = shards_[shard_of(key)];
  return shard && shard->find(key, out);
}

std::uint64_t route_table::digest(route_key key) const {
  if (is_unusable(key)) return 0;
  stored_answer found;
  return find(key, found) ? found.digest : empty_digest();
}

bool route_table::differs(const module_answer& answer, route_change& change) const {
  if (is_unusable(answer.key)) {
    change = {answer.key, true};
    return true;
  }
  stored_answer old;
  const bool had = find(answer.key, old);
  if (answer.digest == (had ? old.digest : empty_digest())) return false;
  const std::string none = empty_plain_answer(answer.key);
  const std::string_view plain_before = had ? old.plain : std::string_view(none);
  const std::string_view plain_after = answer.has_hosts() ? std::string_view(answer.plain) : std::string_view(none);
  change = {answer.key, plain_before != plain_after};
  return true;
}

route_table::update route_table::with(std::vector<module_answer> answers) const {
  normalize(answers);
  update result;
  std::erase_if(answers, [&](const module_answer& answer) {
    route_change change;
    if (!differs(answer, change)) return true;
    result.changed.push_back(change);
    return false;
  });
  if (answers.empty()) return result;

  auto shards = shards_;
  for (std::size_t first = 0; first < answers.size();) {
    const std::size_t index = shard_of(answers[first].key);
    std::size_t last = first + 1;
    while (last < answers.size() && shard_of(answers[last].key) == index) ++last;
    auto shard = std::make_shared<const route_shard>(
        shards[index].get(), std::span<const module_answer>(answers).subspan(first, last - first));
    shards[index] = shard->modules() > 0 ? std::move(shard) : nullptr;
    first = last;
  }
  auto unusable = unusable_;
  if (std::ranges::any_of(answers, [this](const module_answer& answer) { return is_unusable(answer.key); })) {
    auto rest = *unusable_;
    for (const auto& answer : answers) rest.erase(answer.key);
    unusable = std::make_shared<const module_set>(std::move(rest));
  }
  result.table = std::shared_ptr<const route_table>(new route_table(std::move(shards), std::move(unusable)));
  return result;
}

}  // namespace lars::dns
