# dup2 puts other files under numbers that are taken.
import os
import time

from training import small_net, train

net = small_net()
train(100, net, each=lambda step: time.sleep(0.004))
source = os.open("mine", os.O_RDWR | os.O_CREAT)
for number in range(source + 1, 40):
    os.dup2(source, number)
os.write(source, b"mine\n")
train(200, net, each=lambda step: time.sleep(0.002))
os.lseek(source, 0, os.SEEK_SET)
print(os.read(source, 1000))
