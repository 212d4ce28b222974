# sys.exit with words.
import sys

from training import train

train(10)
sys.exit("nothing more to do")
