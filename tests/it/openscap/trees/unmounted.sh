# Nothing has a filesystem of its own.
printf '/dev/sda1 / ext4 defaults 0 1\n' >/etc/fstab
printf '/dev/sda1 / ext4 rw 0 0\n' >/proc/self/mounts
