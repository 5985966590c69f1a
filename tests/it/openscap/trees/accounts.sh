# Accounts that should not be.
cat >>/etc/passwd <<'END'
toor:x:0:0::/root:/bin/sh
twin:x:1000:1000::/home/anna:/bin/sh
anna:x:1001:1000::/home/second:/bin/sh
plain:x:1002:7777::/home/gone:/bin/sh
empty::1003:1000::/home/empty:/bin/sh
service:x:200:200::/:/bin/bash
END
cat >>/etc/shadow <<'END'
toor:$6$salt$hash:19700:0:99999:7:::
twin::19700:0:99999:7:::
plain:$1$salt$hash:99999:0:99999:7:::
empty::19700:0:99999:7:::
service:$6$salt$hash:19700:0:99999:7:::
END
printf 'again:x:1000:\nsudo:x:28:\n' >>/etc/group
mkdir -p /home/empty
printf 'host user\n' >/home/anna/.rhosts
printf '+ +\n' >/etc/hosts.equiv
touch /home/anna/.netrc /home/anna/.forward
touch /home/anna/.profile
chmod 0666 /home/anna/.profile /home/anna/.netrc
