# Values that are nearly those that are asked for, and other forms of the same.
cat >/etc/ssh/sshd_config <<'END'
PermitRootLogin=no
PermitEmptyPasswords = no
MaxAuthTries 04
ClientAliveInterval 5m
ClientAliveCountMax 01
LoginGraceTime 1m
MaxSessions 010
MaxStartups 10
X11Forwarding	no
Banner "/etc/issue.net"
LogLevel verbose
IgnoreRhosts shosts-only
AllowTcpForwarding local
UsePAM yes
UsePAM no
RekeyLimit default none
HostbasedAuthentication no yes
DenyUsers nobody
GSSAPIAuthentication no # never
IgnoreUserKnownHosts yes
StrictModes yes
PubkeyAuthentication yes
PermitUserEnvironment LANG
PrintLastLog no
END
