# Arguments of the kernel that are overridden, or stand where the boot loader does not look.
sed -i 's/apparmor=1/apparmor=1 apparmor=0/; s/pti=on/pti=off/; s/page_poison=1/page_poison=10/' /etc/default/grub /boot/grub/grub.cfg /proc/cmdline
sed -i '/password/d' /boot/grub/grub.cfg
printf '# password_pbkdf2 boss grub.pbkdf2.sha512.10000.AA.BB\n' >>/boot/grub/grub.cfg
rm /boot/grub/user.cfg
