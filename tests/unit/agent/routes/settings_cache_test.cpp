#include "agent/routes/settings_cache.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "balance/table/heap_arena.hpp"

namespace lars::settings_cache_test {

using namespace lars::agent;
using settings = base::module_settings;

namespace {

// A module with one host, and the cache that provides its rules.
struct ruled {
  explicit ruled(const balance::health_config& base = {}) : cache({{}, base}) {
    one.apply(std::vector<host>{{{1, 80}}}, now);
  }

  // Failures in a row until the host is out; it is well again afterwards. At most 100.
  int patience() {
    const auto isolated = index.stats().isolations.load();
    int failures = 0;
    for (; failures < 100 && index.stats().isolations == isolated; ++failures)
      one.report({{1, 80}}, balance::outcome::failure, now);
    for (int i = 0; i < 2000 && index.stats().isolated > 0; ++i) one.report({{1, 80}}, balance::outcome::success, now);
    return failures;
  }

  base::time_point now;
  balance::heap_arena memory{1u << 24};
  settings_cache cache{{}};
  service_index index{memory, memory};
  service_state& one = index.add({1, 1}, cache.defaults().health);
};

settings limit(const std::string& count) { return {"", {}, {{"contin_err_limit", count}}, 0}; }

}  // namespace

TEST_CASE("a module uses its settings at once, and the configuration again once they are removed") {
  ruled all;
  CHECK(all.patience() == 15);
  CHECK(all.cache.apply(all.one, limit("4")).changed);
  CHECK(all.patience() == 4);
  CHECK(all.cache.modules() == 1);
  CHECK_FALSE(all.cache.apply(all.one, limit("4")).changed);
  CHECK(all.cache.apply(all.one, {}).changed);
  CHECK(all.patience() == 15);
  CHECK(all.cache.modules() == 0);
  CHECK_FALSE(all.cache.apply(all.one, {}).changed);
}

TEST_CASE("new settings keep the counts") {
  ruled all;
  for (int i = 0; i < 3; ++i) all.one.report({{1, 80}}, balance::outcome::failure, all.now);
  all.cache.apply(all.one, limit("4"));
  CHECK(all.patience() == 1);
}

TEST_CASE("settings stay on top when the configuration changes") {
  ruled all;
  auto& other = all.index.add({2, 2}, all.cache.defaults().health);
  all.cache.apply(all.one, {"p2c", {}, {{"err_rate", "1"}, {"contin_err_limit", "4"}}, 0});
  balance::health_config base;
  base.contin_err_limit = 7;
  all.cache.rebase({{}, base}, all.index);
  CHECK(all.patience() == 4);
  all.cache.apply(all.one, {});
  CHECK(all.patience() == 7);
  CHECK(all.cache.defaults().health.contin_err_limit == 7);
  CHECK_FALSE(all.cache.apply(other, {}).changed);
}

TEST_CASE("invalid settings are reported once, and the last good ones stay") {
  ruled all;
  all.cache.apply(all.one, limit("4"));
  const settings newer{"p4c", {{"kappa", "2"}}, {}, 0};
  const auto told = all.cache.apply(all.one, newer);
  CHECK_FALSE(told.changed);
  CHECK(told.refused.starts_with("policy is 'p4c', allowed: "));
  CHECK(all.cache.apply(all.one, newer).refused.empty());
  CHECK(all.cache.apply(all.one, {"p5c", {}, {}, 0}).refused.starts_with("policy is 'p5c', allowed: "));
  CHECK(all.cache.is_refused({1, 1}));
  CHECK(all.cache.refused() == 1);
  CHECK(all.cache.settings({1, 1}) == limit("4"));
  CHECK(all.patience() == 4);
  CHECK_FALSE(all.cache.apply(all.one, limit("4")).changed);
  CHECK_FALSE(all.cache.is_refused({1, 1}));
  CHECK(all.cache.refused() == 0);
}

TEST_CASE("a module whose first settings are invalid has none") {
  ruled all;
  CHECK_FALSE(all.cache.apply(all.one, {"p4c", {}, {}, 0}).refused.empty());
  CHECK(all.cache.modules() == 0);
  CHECK(all.patience() == 15);
  balance::health_config base;
  base.contin_err_limit = 7;
  all.cache.rebase({{}, base}, all.index);
  CHECK(all.patience() == 7);
  CHECK_FALSE(all.cache.apply(all.one, {}).changed);
  CHECK(all.cache.refused() == 0);
}

TEST_CASE("a forgotten module has no entry and uses rules that stay valid") {
  ruled all;
  auto& other = all.index.add({2, 2}, all.cache.defaults().health);
  all.cache.apply(all.one, limit("4"));
  all.cache.apply(other, {"p4c", {}, {}, 0});
  all.cache.forget(all.one);
  all.cache.forget(other);
  CHECK(all.cache.modules() == 0);
  CHECK(all.cache.refused() == 0);
  CHECK(all.cache.settings({1, 1}).empty());
  CHECK_FALSE(all.cache.is_refused({2, 2}));
  // Rules before these go while it is in nobody's index any more.
  other.apply(std::vector<host>{{{1, 80}}}, all.now);
  all.cache.rebase({{}, {}}, service_index(all.memory, all.memory));
  CHECK(other.report({{1, 80}}, balance::outcome::failure, all.now).known);
  all.cache.forget(other);
}

}  // namespace lars::settings_cache_test
