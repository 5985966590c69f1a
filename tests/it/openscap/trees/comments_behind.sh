# A comment behind each line.
settings 's/$/ # as agreed/'
