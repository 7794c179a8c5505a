"""A private MariaDB for tests: its own directory, a free port on loopback, removed with the test."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

from lars import free_port, freeze

# The schema already in the field, as its own programs made it.
OLD_SCHEMA = """
CREATE TABLE RouteData (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT, modid INT UNSIGNED NOT NULL, cmdid INT UNSIGNED NOT NULL,
  serverip INT UNSIGNED NOT NULL, serverport INT UNSIGNED NOT NULL, PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
CREATE TABLE RouteVersion (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT, version INT UNSIGNED NOT NULL, PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
INSERT INTO RouteVersion (version) VALUES (0);
CREATE TABLE RouteChange (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT, modid INT UNSIGNED NOT NULL, cmdid INT UNSIGNED NOT NULL,
  version BIGINT UNSIGNED NOT NULL, PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
CREATE TABLE ServerCallStatus (
  modid INT NOT NULL, cmdid INT NOT NULL, ip INT NOT NULL, port INT NOT NULL, caller INT NOT NULL,
  succ_cnt INT NOT NULL, err_cnt INT NOT NULL, ts BIGINT NOT NULL, overload CHAR(1) NOT NULL,
  PRIMARY KEY (modid, cmdid, ip, port, caller), KEY mlb_index (modid, cmdid, ip, port, caller)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
CREATE TABLE ModIDConfig (
  id INT NOT NULL AUTO_INCREMENT, modid INT NOT NULL, content VARCHAR(1024), PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
CREATE TABLE CmdIDConfig (
  id INT NOT NULL AUTO_INCREMENT, cmdid INT NOT NULL, content VARCHAR(1024), PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
"""


class mariadb:
    """Starts on construction. stop() ends it and removes its files."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lars-mariadb-"))
        self.dir.chmod(0o755)
        self.port = free_port()
        self.data = self.dir / "data"
        self.socket = self.dir / "socket"
        self.process = None
        self.as_user = []
        if os.getuid() == 0:
            user = pwd.getpwnam("mysql")
            os.chown(self.dir, user.pw_uid, user.pw_gid)
            self.as_user = ["--user=mysql"]
        try:
            # A server deletes temporary tables that it finds in its tmpdir, so each has one of its own.
            installed = subprocess.run(
                ["mariadb-install-db", "--no-defaults", *self.as_user, f"--datadir={self.data}",
                 f"--tmpdir={self.dir}", "--auth-root-authentication-method=normal", "--skip-test-db"],
                capture_output=True, text=True,
            )
            if installed.returncode:
                raise RuntimeError(f"mariadb-install-db: exit {installed.returncode}\n{installed.stdout}{installed.stderr}")
            self.start()
            self.sql("CREATE USER lars@'%' IDENTIFIED BY 'lars pass'; GRANT ALL ON *.* TO lars@'%'; FLUSH PRIVILEGES")
        except BaseException:
            self.stop()
            raise

    def start(self):
        program = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        self.log = open(self.dir / "log", "ab")
        self.process = subprocess.Popen(
            [program, "--no-defaults", *self.as_user, f"--datadir={self.data}", f"--socket={self.socket}",
             f"--port={self.port}", "--bind-address=127.0.0.1", "--skip-log-bin", "--innodb-buffer-pool-size=64M",
             "--innodb-log-file-size=16M", f"--pid-file={self.dir}/pid", f"--tmpdir={self.dir}", "--skip-name-resolve"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
        )
        for _ in range(600):
            if self.process.poll() is not None:
                break
            if self.socket.exists() and self.client("SELECT 1", check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("MariaDB did not start:\n" + (self.dir / "log").read_text()[-2000:])

    def kill(self):
        """kill -9."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process:
            self.log.close()
        self.process = None
        self.socket.unlink(missing_ok=True)

    def freeze(self):
        freeze(self.process)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def client(self, statements, database="", check=True):
        return subprocess.run(
            ["mariadb", "--no-defaults", "-uroot", f"--socket={self.socket}", "-N", "-B", database],
            input=statements, text=True, capture_output=True, check=check,
        )

    def sql(self, statements, database=""):
        """Runs statements as any other program would; returns the rows as lists of texts."""
        done = self.client(statements, database, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def create(self, name, schema=""):
        """A fresh database; returns its storage URL."""
        self.sql(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}")
        if schema:
            self.sql(schema, name)
        return self.url(name)

    def url(self, name):
        return f"mysql://db={name} user=lars password='lars pass' host=127.0.0.1 port={self.port}"
