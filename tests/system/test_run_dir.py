"""The directory where programs find their agent: what becomes of it while the agent runs, and who may enter."""

import grp
import os
import shutil
import signal
import socket
import stat
import unittest

from lars import PATIENCE, eventually, free_port, slowness
from hunted import hunted
from test_sharing import HELLO, MESSAGE, OK, message, sharing_test

RESTORED = "run_dir_restored_total"


def foreign_group():
    """A group that is not ours first, where we may give files to one; else our own."""
    if os.geteuid() == 0:
        return "daemon"
    return grp.getgrgid(([os.getegid()] + [one for one in os.getgroups() if one != os.getegid()])[-1]).gr_name


class removed_test(sharing_test):
    """What is removed below a running agent is there again within a second, for programs that start then too."""

    def setUp(self):
        super().setUp()
        self.run_dir = self.dir / "run"
        self.socket = self.run_dir / "agent.sock"
        self.lock = self.run_dir / "agent.lock"

    def where(self):
        # Who does not find the socket finds nobody: no call goes over UDP unseen.
        return {"LARS_CLIENT_DIR": self.dir / "run", "LARS_CLIENT_UDP": f"127.0.0.1:{self.nobody}"}

    def start_agent(self, **more):
        self.nobody = free_port(3)
        return super().start_agent(**more)

    def newcomer_shares(self):
        before = self.metric("callers_attached_total{kind=\"new\"}")
        told = hunted(self, "each-module", 0, self.modules).figures()
        while told["failed"] and slowness() > 1.2:  # a program waits 100 ms for an agent that does not get a processor
            before = self.metric("callers_attached_total{kind=\"new\"}")
            told = hunted(self, "each-module", 0, self.modules).figures()
        self.assertEqual((told["made"], told["failed"]), (self.modules, 0))
        self.assertTrue(eventually(lambda: self.metric("callers_attached_total{kind=\"new\"}") > before)[0])

    def second_agent_is_refused(self):
        second = self.start("agent", state__dir=self.dir / "other", agent__run_dir=self.run_dir, **self.remotes)
        self.assertEqual(second.process.wait(PATIENCE), 1)
        self.assertIn("another agent already uses", second.log())

    def test_the_directory(self):
        agent = self.start_agent()
        self.assertEqual(stat.S_IMODE(self.run_dir.stat().st_mode), 0o750)
        caller = hunted(self, "calls", 2, self.modules, 200)
        self.becomes(lambda: self.metric("callers"), 1)
        for times in (1, 2):
            shutil.rmtree(self.run_dir)
            self.becomes(lambda: self.metric(RESTORED), times)
            self.assertEqual(stat.S_IMODE(self.run_dir.stat().st_mode), 0o750)
            self.assertEqual(stat.S_IMODE(self.socket.stat().st_mode), 0o660)
            self.newcomer_shares()
        self.second_agent_is_refused()
        # Who was taken in before has noticed nothing.
        self.assertEqual(caller.stop()["failed"], 0)
        self.assertEqual(agent.log().count("agent.run_dir_restored"), 2)
        self.assertEqual(self.metric("callers_dropped_total"), 0)
        # Another agent of this machine finds the lock free once this one is gone.
        agent.kill()
        self.start_agent()
        self.newcomer_shares()

    def test_the_directory_and_its_group(self):
        group = foreign_group()
        self.start_agent(agent__group=group)
        shutil.rmtree(self.run_dir)
        self.becomes(lambda: self.metric(RESTORED), 1)
        for path in (self.run_dir, self.socket):
            self.assertEqual(path.stat().st_gid, grp.getgrnam(group).gr_gid, path)

    def test_the_socket_or_the_lock_alone(self):
        self.start_agent()
        self.socket.unlink()
        self.becomes(lambda: self.metric(RESTORED), 1)
        self.newcomer_shares()
        self.lock.unlink()
        self.becomes(lambda: self.metric(RESTORED), 2)
        self.second_agent_is_refused()
        # A stranger's in its place.
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
            self.socket.unlink()
            stranger.bind(str(self.socket))
            self.becomes(lambda: self.metric(RESTORED), 3)
        self.newcomer_shares()

    def test_what_cannot_be_made_again_is_said_once_and_tried_until_it_can(self):
        agent = self.start_agent()
        shutil.rmtree(self.run_dir)
        self.run_dir.write_text("in the way")
        self.assertTrue(eventually(lambda: "agent.run_dir_lost" in agent.log())[0])
        self.assertFalse(eventually(lambda: agent.log().count("agent.run_dir_lost") > 1, 2.5)[0])
        self.assertEqual(self.metric(RESTORED), 0)
        self.run_dir.unlink()
        self.becomes(lambda: self.metric(RESTORED), 1)
        self.newcomer_shares()

    def test_an_agent_that_took_the_place_keeps_it_and_is_followed(self):
        first = self.start_agent()
        shutil.rmtree(self.run_dir)
        first_udp, self.udp = self.udp, free_port(3)
        first.signal(signal.SIGSTOP)  # the second one is there before it can look
        self.run_dir.mkdir()
        second = self.start("agent", state__dir=self.dir / "second", agent__run_dir=self.run_dir, agent__port=self.udp, **self.remotes)
        second.port("agent")
        first.signal(signal.SIGCONT)
        self.assertTrue(eventually(lambda: "agent.run_dir_lost" in first.log())[0])
        self.assertIn("another agent already uses", first.log())
        self.agent = second
        self.newcomer_shares()
        second.kill()
        self.agent, self.udp = first, first_udp
        self.becomes(lambda: self.metric(RESTORED), 1)
        self.newcomer_shares()

    def test_a_socket_that_could_not_be_made_at_the_start_is_made_when_it_can(self):
        self.run_dir.mkdir()
        self.socket.mkdir()
        agent = self.start_agent()
        self.assertTrue(eventually(lambda: "agent.nothing_shared" in agent.log())[0])
        self.socket.rmdir()
        self.becomes(lambda: self.metric(RESTORED), 1)
        self.newcomer_shares()
        self.assertNotIn("agent.run_dir_lost", agent.log())


class access_test(sharing_test):
    """Who may enter what the agent makes."""

    def setUp(self):
        super().setUp()
        self.dir.chmod(0o755)
        self.group = foreign_group()
        self.gid = grp.getgrnam(self.group).gr_gid

    def status_of_hello(self, gid):
        """What a process of another user and of this group hears from the agent; -1 where it cannot come there."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            status = 255
            try:
                os.setgroups([])
                os.setgid(gid)
                os.setuid(65534)
                with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as one:
                    one.connect(str(self.dir / "run" / "agent.sock"))
                    one.send(message(HELLO))
                    status = MESSAGE.unpack(one.recv(64))[3]
            finally:
                os.write(write, bytes([status]))
                os._exit(0)
        os.close(write)
        os.waitpid(child, 0)
        status = os.read(read, 1)[0]
        os.close(read)
        return -1 if status == 255 else status

    @unittest.skipIf(os.geteuid() != 0, "only root may become somebody else")
    def test_a_directory_that_is_made_lets_the_group_in_and_nobody_else(self):
        self.start_agent(agent__group=self.group)
        self.assertEqual((self.dir / "run").stat().st_gid, self.gid)
        self.assertEqual(self.status_of_hello(self.gid), OK)
        self.assertEqual(self.status_of_hello(65534), -1)
        self.assertNotIn("agent.run_dir_closed", self.agent.log())

    def test_a_directory_that_is_there_is_left_as_it_is_and_named_where_it_keeps_the_group_out(self):
        (self.dir / "run").mkdir(mode=0o700)
        self.start_agent(agent__group=self.group)
        self.assertEqual(stat.S_IMODE((self.dir / "run").stat().st_mode), 0o700)
        self.assertTrue(eventually(lambda: "agent.run_dir_closed" in self.agent.log())[0])
        self.assertIn(f"dir={self.dir / 'run'} group={self.group}", self.agent.log())

    def test_directories_of_roles_are_for_their_owner_and_group_alone(self):
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        new = self.dir / "new"
        self.start("all", state__dir=new / "state", agent__run_dir=new / "run", storage__url=f"sqlite3://{new / 'data' / 'lars.db'}").port("agent")
        made = [path for path in new.rglob("*") if path.is_dir()]
        self.assertEqual(sorted(path.name for path in made), ["data", "run", "state", "status"])
        for path in made:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o750, path)


if __name__ == "__main__":
    unittest.main()
