"""What /metrics tells is true, bounded, well-formed, documented, and a real Prometheus reads it."""

import json
import pathlib
import re
import shutil
import subprocess
import unittest
import urllib.request

import wire
from http_port import get, metrics
from lars import BINARY, PATIENCE, ROOT, environment, eventually, free_port, lars_test

PROMETHEUS = ROOT / "config" / "prometheus"


class truth_test(lars_test):
    def setUp(self):
        super().setUp()
        self.all = self.start("all", agent__report_interval_ms=50)
        self.http = self.all.port("http")
        for host in ("10.0.0.1:80", "10.0.0.2:80"):
            self.lars("route", "add", 1, 1, host, state__dir=self.dir / "state")
        self.caller_ = self.caller(self.all)
        self.route_becomes(self.caller_, (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)])

    def becomes(self, series, value):
        done, _ = eventually(lambda: metrics(self.http).get(series) == value)
        self.assertTrue(done, f"{series} is {metrics(self.http).get(series)}, not {value}")

    def test_picks_reports_and_isolation_are_counted(self):
        before = metrics(self.http)
        for _ in range(40):
            code, host = self.caller_.get_host(1, 1)
            if code == wire.SUCCESS:
                self.caller_.report(1, 1, host, 1 if host[0] == "10.0.0.1" else 0)
        self.caller_.get_host(9, 9)
        after = metrics(self.http)

        def grown(name):
            return after[name] - before[name]

        self.assertEqual(grown('lars_agent_picks_total{result="host"}') + grown('lars_agent_picks_total{result="overload"}'), 40)
        self.assertEqual(grown('lars_agent_picks_total{result="no_such_module"}'), 1)
        self.becomes('lars_agent_reports_total{result="judged"}', 40 + before['lars_agent_reports_total{result="judged"}'])
        self.assertEqual(after["lars_agent_isolated_hosts"], 1)
        self.assertEqual(after["lars_agent_isolations_total"], 1)
        self.assertEqual(after["lars_agent_hosts"], 2)
        # The way of the results: agent, reporter, database.
        self.assertTrue(eventually(lambda: metrics(self.http)["lars_reporter_rows_total"] > 0)[0])
        self.assertTrue(eventually(lambda: metrics(self.http)["lars_agent_batches_waiting"] == 0)[0])

    def test_changes_and_pushes_are_counted_and_timed(self):
        before = metrics(self.http)
        self.lars("route", "add", 1, 1, "10.0.0.3:80", state__dir=self.dir / "state")
        self.becomes("lars_dns_hosts", 3)
        self.becomes("lars_dns_pushes_total", before["lars_dns_pushes_total"] + 1)
        after = metrics(self.http)
        self.assertEqual(after["lars_dns_push_latency_seconds_count"], before["lars_dns_push_latency_seconds_count"] + 1)
        self.assertGreater(after["lars_dns_push_latency_seconds_sum"], before["lars_dns_push_latency_seconds_sum"])
        self.assertEqual(after["lars_dns_subscriptions"], 1)

    def test_rubbish_is_counted_by_reason(self):
        stranger = self.caller(self.all)
        stranger.send(b"123", stranger.agent_port)
        stranger.send(wire.frame(99, b""), stranger.agent_port)
        stranger.send(wire.frame(wire.GET_HOST, b"\xff\xff"), stranger.agent_port)
        for reason in ("size", "id", "body"):
            self.becomes(f'lars_agent_dropped_datagrams_total{{reason="{reason}"}}', 1)
        session = self.session(self.all)
        session.send(b"\1\0\0\0\xff\xff\xff\xff")
        self.becomes('lars_connections_dropped_total{port="dns",reason="bad_message"}', 1)

    def test_series_do_not_grow_with_modules_hosts_or_callers(self):
        before = set(metrics(self.http))
        rows = "".join(f"{m},1,10.1.{m}.{h},80\n" for m in range(1, 101) for h in range(1, 6))
        (self.dir / "routes.csv").write_text("modid,cmdid,ip,port\n" + rows)
        self.lars("route", "import", self.dir / "routes.csv", state__dir=self.dir / "state")
        for m in range(1, 101):
            self.host_of(self.caller_, (m, 1))
        self.becomes("lars_agent_modules", 100)
        self.assertEqual(set(metrics(self.http)), before)

    def test_the_other_paths_and_methods_are_refused(self):
        self.assertEqual(get(self.http, "/")[0], 404)
        self.assertEqual(get(self.http, "/metrics", "POST")[0], 405)
        self.assertEqual(get(self.http, "/metrics", "HEAD"), (200, ""))


class form_test(lars_test):
    def setUp(self):
        super().setUp()
        role = self.start("all")
        self.text = get(role.port("http"), "/metrics")[1]

    def test_promtool_has_nothing_against_it(self):
        told = subprocess.run(["promtool", "check", "metrics"], input=self.text, capture_output=True, text=True,
                              check=False)
        self.assertEqual((told.returncode, told.stdout, told.stderr), (0, "", ""))

    def test_every_name_is_ours_and_explained_in_the_manual(self):
        names = set(re.findall(r"^# TYPE (\S+)", self.text, re.M))
        self.assertGreater(len(names), 40)
        manual = (ROOT / "docs" / "operations.md").read_text()
        documented = set(re.findall(r"^\| `(lars_\w+)", manual, re.M))
        self.assertEqual(names, documented)

    def test_the_build_is_named(self):
        version = self.lars("version").stdout.split()[1]
        self.assertIn(f'lars_build_info{{version="{version}"}} 1\n', self.text)


class prometheus_test(lars_test):
    def test_the_files_are_right_and_the_alerts_fire_when_they_should(self):
        for command in (["check", "config", "prometheus.yml"], ["check", "rules", "lars.rules.yml"],
                        ["test", "rules", "lars.rules.test.yml"]):
            told = subprocess.run(["promtool", *command], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
            self.assertEqual(told.returncode, 0, told.stdout + told.stderr)

    def test_an_alert_that_never_fires_would_be_found(self):
        copy = self.dir / "rules"
        shutil.copytree(PROMETHEUS, copy)
        rules = (copy / "lars.rules.yml").read_text()
        alerts = re.findall(r"- alert: (\w+)\n", rules)
        self.assertGreater(len(alerts), 10)
        for alert in alerts:
            # It holds of nothing any more.
            broken = re.sub(rf"(- alert: {alert}\n.*?expr: )(?:>-\n.*?(?=\n        \w+:)|[^\n]*)", r"\1vector(1) < 0", rules, flags=re.S)
            self.assertNotEqual(broken, rules)
            (copy / "lars.rules.yml").write_text(broken)
            told = subprocess.run(["promtool", "test", "rules", "lars.rules.test.yml"], cwd=copy, capture_output=True,
                                  text=True, check=False)
            self.assertNotEqual(told.returncode, 0, alert)
            self.assertIn(f"alertname: {alert},", told.stdout + told.stderr)

    def test_alerts_name_only_metrics_that_there_are(self):
        role = self.start("all")
        names = set(re.findall(r"^# TYPE (\S+)", get(role.port("http"), "/metrics")[1], re.M))
        for name in re.findall(r"lars_\w+", "".join(re.findall(r"expr:(.*?)(?:for:|labels:)",
                                                               (PROMETHEUS / "lars.rules.yml").read_text(), re.S))):
            self.assertIn(re.sub("_bucket$", "", name), names)

    def prometheus(self, targets):
        """Debian's server with our configuration, quicker, and these ports in place of the defaults; returns ask(query)."""
        text = (PROMETHEUS / "prometheus.yml").read_text().replace("15s", "200ms")
        for role, port in (("dns", 7780), ("reporter", 7781), ("agent", 7782)):
            self.assertIn(f"127.0.0.1:{port}", text)
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{targets[role]}")
        (self.dir / "prometheus.yml").write_text(text)
        shutil.copy(PROMETHEUS / "lars.rules.yml", self.dir)
        web = f"127.0.0.1:{free_port()}"
        log = open(self.dir / "prometheus.log", "wb")
        server = subprocess.Popen(
            ["prometheus", f"--config.file={self.dir}/prometheus.yml", f"--storage.tsdb.path={self.dir}/tsdb",
             f"--web.listen-address={web}", "--log.level=warn"], stdout=log, stderr=log)

        def end():
            server.kill()
            server.wait()
            log.close()

        self.addCleanup(end)

        def ask(query, path="query?query="):
            try:
                with urllib.request.urlopen(f"http://{web}/api/v1/{path}{urllib.request.quote(query)}", timeout=2) as answer:
                    return json.load(answer)["data"]
            except OSError:
                return {"result": []}

        def values(query, label="process"):
            return {one["metric"].get(label): float(one["value"][1]) for one in ask(query)["result"]}

        up, _ = eventually(lambda: values("up") == {role: 1 for role in targets}, interval=0.2)
        self.assertTrue(up, f"{values('up')} {pathlib.Path(log.name).read_text()[-2000:]}")
        rules = ask("", "rules")["groups"][0]["rules"]
        self.assertGreater(len(rules), 10)
        self.assertEqual([rule["name"] for rule in rules if rule["health"] == "err"], [])
        return values

    def test_debians_prometheus_reads_every_role(self):
        roles = {name: self.start(name, state__dir=self.dir / "state") for name in ("dns", "reporter")}
        roles["agent"] = self.start("agent", agent__dns=f"127.0.0.1:{roles['dns'].port('dns')}",
                                    agent__reporter=f"127.0.0.1:{roles['reporter'].port('reporter')}")
        values = self.prometheus({name: role.port("http") for name, role in roles.items()})
        self.lars("route", "add", 1, 1, "10.0.0.1:80", state__dir=self.dir / "state")
        caller = self.caller(roles["agent"])
        self.host_of(caller, (1, 1))
        for _ in range(100):
            caller.get_host(1, 1)
        picked, _ = eventually(lambda: values('lars_agent_picks_total{result="host"}').get("agent", 0) >= 100, interval=0.2)
        self.assertTrue(picked)

    def test_debians_prometheus_watches_a_host_fail_in_the_running_demo(self):
        port = free_port()
        demo = subprocess.Popen([BINARY, "demo", "--set", f"http.port={port}"], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, env=environment(), text=True)

        def end():
            demo.terminate()
            demo.communicate(timeout=PATIENCE)

        self.addCleanup(end)
        values = self.prometheus({role: port for role in ("dns", "reporter", "agent")})
        self.assertTrue(eventually(lambda: values('lars_agent_picks_total{result="host"}').get("agent", 0) > 100, interval=0.2)[0])
        isolated, _ = eventually(lambda: values("max_over_time(lars_agent_isolated_hosts[1m])").get("agent") == 1, interval=0.2)
        self.assertTrue(isolated)
        self.assertTrue(eventually(lambda: values("lars_reporter_rows_total").get("reporter", 0) > 0, interval=0.2)[0])
        # Every role of the process is told of by its own name, whichever target it is read through.
        self.assertEqual(set(values('lars_ready{process="dns"}', "role")), {"dns", "reporter", "agent"})
        self.assertEqual(values('{exported_role!=""}', "exported_role"), {})


if __name__ == "__main__":
    unittest.main()
