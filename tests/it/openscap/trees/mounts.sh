# Mounted without what is asked for, and fstab says so too.
sed -i -e 's/nosuid,nodev,noexec/nosuidx,exec/' /etc/fstab /proc/self/mounts
