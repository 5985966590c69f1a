# The kernel that runs is set otherwise than the files say.
for path in /proc/sys/kernel/kptr_restrict /proc/sys/kernel/dmesg_restrict /proc/sys/kernel/randomize_va_space /proc/sys/fs/suid_dumpable \
    /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/tcp_syncookies /proc/sys/net/ipv4/conf/all/*redirects /proc/sys/net/ipv6/conf/all/* \
    /proc/sys/kernel/yama/ptrace_scope; do
    case $(cat $path) in 0) echo 1 ;; *) echo 0 ;; esac >$path.new
    mv $path.new $path
done
printf 'root=/dev/sda1 ro\n' >/proc/cmdline
