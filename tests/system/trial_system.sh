# A throw-away copy of this system: its files under an overlay that goes with the mount namespace, a network of its own
# with loopback alone. Sourced by bash run as: unshare --mount --net --pid --fork; sets root, wants directory.
root=$directory/root
clean=(/usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/srv DEBIAN_FRONTEND=noninteractive)

inside() { chroot "$root" "${clean[@]}" "$@"; }
exec_as_lars() {
  exec chroot "$root" "${clean[@]}" setpriv --reuid=lars --regid=lars --init-groups env STATE_DIRECTORY=/var/lib/lars "$@"
}

mkdir -p "$directory/over" "$root"
mount -t tmpfs -o mode=755 lars-trial "$directory/over"
mkdir "$directory/over/up" "$directory/over/work"
mount -t overlay -o "lowerdir=/,upperdir=$directory/over/up,workdir=$directory/over/work" lars-trial "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs lars-trial "$root/tmp"
python3 -c '
import fcntl, socket, struct
with socket.socket() as one:
    fcntl.ioctl(one, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS, up and running'
