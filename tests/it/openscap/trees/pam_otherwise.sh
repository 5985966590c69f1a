# Modules with another control, in another place, with arguments that override their files.
sed -i -e 's/requisite\(.*pam_pwquality\)/optional\1/' -e 's/retry=3/retry=3 minlen=4 minclass=0/' -e 's/requisite\(.*pam_pwhistory\)/optional\1/' -e 's/remember=24/remember=2/' -e 's/ rounds=100000//' -e 's/yescrypt/nullok md5/' /etc/pam.d/common-password
sed -i -e 's/\(pam_faillock.so preauth\)/\1 deny=99 unlock_time=1 fail_interval=1/' -e '/authfail/d' -e 's/pam_unix.so/pam_unix.so nullok/' /etc/pam.d/common-auth
sed -i 's/pam_wheel.so use_uid/pam_wheel.so/' /etc/pam.d/su
sed -i 's/delay=4000000/delay=1/' /etc/pam.d/login
